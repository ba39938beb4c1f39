/* SPDX-License-Identifier: GPL-2.0-only */
/* Two placements of a run held against each other, metric by metric. Pure: no I/O. */
#ifndef SITU_EXPERIMENT_COMPARE_H
#define SITU_EXPERIMENT_COMPARE_H

#include "user/model/metrics.h"

enum verdict { VERDICT_BETTER, VERDICT_WORSE, VERDICT_EQUIVALENT, VERDICT_UNDECIDED };

/*
 * One metric of one thing (endpoint, service, edge, disk) in both placements.
 *
 * The thing is known by name alone, wherever it runs: replicas of a service, and connections of
 * one edge to several addresses, are added up. @stat says how a trial becomes one number:
 *   "value"        a gauge or a rate as it is
 *   "per request"  a counter over the requests answered in the phase ("all" endpoints), so that a
 *                  placement which answers more is not blamed for doing more; an endpoint's own
 *                  counters over its attempted requests: shares
 *   "per second"   a counter over the phase's duration, in a run without a load
 *   "mean" "p50" "p99"  of the trial's histogram; a quantile only where at least one value lies
 *                  beyond it (100 values for p99), else it would be the maximum under a new name
 */
struct difference {
	enum metric_entity entity;
	const struct metric *metric;
	char *subject; /* "cart", "web > cart", "GET /api/...", "redis vda write" */
	const char *stat;
	unsigned int trials_a, trials_b; /* trials in which the value exists */
	unsigned int pairs;		 /* trials by whose number it exists in both */
	double a, b;  /* medians over the trials; NAN where there is none: an N/A row */
	double ratio; /* b / a, from the pairs (Hodges-Lehmann); NAN when unknown or one is 0 */
	double ratio_low, ratio_high; /* 95 % bootstrap interval; NAN with fewer than 3 pairs */
	double p_value;	      /* sign-flip permutation test over the pairs; NAN when unknown */
	enum verdict verdict; /* of b against a */
};

struct comparison {
	char *placement_a, *placement_b;
	unsigned int trials_a, trials_b;
	/*
	 * Better and worse first, then undecided (those whose interval excludes "no change" before
	 * the rest), then equivalent, then N/A rows; within each the biggest |log ratio| first.
	 */
	struct difference *difference;
	size_t nr;
};

/*
 * Compares placement @b with @a of @run over all trials of phase "measure", in every metric that
 * has a direction. @margin: ratios within 1 +- margin count as equivalent (0.03). @seed makes the
 * bootstrap repeatable. The trial is the unit; the verdict is VERDICT_UNDECIDED where the trials
 * cannot tell. Each row is tested by itself: of many undecidable ones about 5 % look decided.
 * What did not happen in any trial (no reset, no error) has no row.
 * 0, -ENOMEM, or -EINVAL for histograms of two resolutions; the caller frees with
 * comparison_free() in any case.
 */
int compare_placements(const struct run *run, const char *a, const char *b, double margin, u64 seed,
		       struct comparison *comparison);
void comparison_free(struct comparison *comparison);

/* "better", "worse", "equivalent" or "undecided". */
const char *verdict_name(enum verdict verdict);

#endif
