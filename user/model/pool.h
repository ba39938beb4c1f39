/* SPDX-License-Identifier: GPL-2.0-only */
/* Trials of one placement added up to one phase. */
#ifndef SITU_MODEL_POOL_H
#define SITU_MODEL_POOL_H

#include "user/model/run.h"

/*
 * Adds all phases of @run whose placement and phase name are @placement and @phase_name into the
 * empty @pooled, by name of service, edge and endpoint: counters and durations add, histograms
 * merge from full buckets (never averaged), gauges and rates are averaged over the trials that
 * have them. pooled->trial is the number of phases found. 0 or -ENOMEM.
 */
int pool_placement(const struct run *run, const char *placement, const char *phase_name,
		   struct phase *pooled);

#endif
