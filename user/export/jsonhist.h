/* SPDX-License-Identifier: GPL-2.0-only */
/* A histogram as JSON, both ways, and its figures as every export names them. Pure functions. */
#ifndef SITU_EXPORT_JSONHIST_H
#define SITU_EXPORT_JSONHIST_H

#include <jansson.h>

#include "user/model/hist.h"

struct quantile {
	const char *name;
	double q;
};

#define EXPORT_QUANTILES 4

extern const struct quantile export_quantiles[EXPORT_QUANTILES]; /* p50, p90, p99, p999 */

/*
 * @h as {sub_bits,count,sum,min,max,p50,p90,p99,p999,buckets:[[upper,count],...]}: what is unknown
 * is null, as are the buckets of one that has only a mean and the upper bound of the open bucket.
 * NULL without memory, or when a number of @h is above what a JSON integer holds (2^63 - 1).
 */
json_t *hist_to_json(const struct hist *h);

/*
 * Fills the empty @h from what hist_to_json() made. NULL on success, else what is wrong with
 * @json in a few words ("has buckets that do not add up to its count"), with @h empty.
 */
const char *hist_from_json(struct hist *h, const json_t *json);

/* @value as a JSON integer, NULL when it is above 2^63 - 1 or without memory. */
json_t *u64_to_json(u64 value);

/* Reads an integer of at least 0 into *@value. 0, or -1 for anything else. */
int u64_from_json(u64 *value, const json_t *json);

#endif
