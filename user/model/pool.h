/* SPDX-License-Identifier: GPL-2.0-only */
/* Phases added up: trials of one placement, intervals of a live view, replicas of a service. */
#ifndef SITU_MODEL_POOL_H
#define SITU_MODEL_POOL_H

#include <stdbool.h>

#include "user/model/run.h"

enum pool_key {
	POOL_BY_HOST,	 /* a service or an edge is the same only on the same hosts */
	POOL_BY_NAME,	 /* wherever it runs: what two placements have in common */
	POOL_BY_ADDRESS, /* as by host, an edge also by its address */
};

/* Whether two edges are added up to one by @key. */
bool pool_same_edge(const struct edge *a, const struct edge *b, enum pool_key key);

/*
 * Adds all of @src to @dst: services, edges and endpoints by @key (an edge by its address only
 * where that says so), programs and disks by name. Counters, gauges, rates and durations add, of
 * map_fill the higher stays, histograms merge from full buckets. 0, -ENOMEM, or -EINVAL for
 * histograms of two resolutions.
 */
int pool_add(struct phase *dst, const struct phase *src, enum pool_key key);

/*
 * Adds all phases of @run whose placement and phase name are @placement and @phase_name into the
 * empty @pooled, by name of service, edge and endpoint: counters and durations add, histograms
 * merge from full buckets (never averaged), gauges and rates are averaged over the trials that
 * have them, map_fill is the highest. pooled->trial is the number of phases found. 0, -ENOMEM or
 * -EINVAL; the caller frees @pooled with phase_free() in any case.
 */
int pool_placement(const struct run *run, const char *placement, const char *phase_name,
		   struct phase *pooled);

/* The same by @key. */
int pool_placement_by(const struct run *run, const char *placement, const char *phase_name,
		      enum pool_key key, struct phase *pooled);

#endif
