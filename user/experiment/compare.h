/* SPDX-License-Identifier: GPL-2.0-only */
/* Two placements of a run held against each other, metric by metric. Pure: no I/O. */
#ifndef SITU_EXPERIMENT_COMPARE_H
#define SITU_EXPERIMENT_COMPARE_H

#include "user/model/metrics.h"

enum verdict { VERDICT_BETTER, VERDICT_WORSE, VERDICT_EQUIVALENT, VERDICT_UNDECIDED };

/* One metric of one thing (endpoint, service, edge, disk) in both placements. */
struct difference {
	enum metric_entity entity;
	const struct metric *metric;
	char *subject;	  /* "cart", "web > cart", "GET /api/...", "redis vda write" */
	const char *stat; /* "value", "mean", "p50", "p99" */
	unsigned int trials_a, trials_b; /* trials in which the value exists */
	double a, b;  /* medians over the trials; NAN where there is none: an N/A row */
	double ratio; /* b / a, from the pairs of trials (Hodges-Lehmann); NAN when unknown */
	double ratio_low, ratio_high; /* 95 % bootstrap interval; NAN with fewer than 3 pairs */
	double p_value;	      /* sign-flip permutation test over the pairs; NAN when unknown */
	enum verdict verdict; /* of b against a */
};

struct comparison {
	char *placement_a, *placement_b;
	unsigned int trials_a, trials_b;
	struct difference *difference; /* biggest |log ratio| first within its verdict's rank */
	size_t nr;
};

/*
 * Compares placement @b with @a of @run over all trials of phase "measure". @margin: ratios
 * within 1 +- margin count as equivalent (0.03). @seed makes the bootstrap repeatable. The trial
 * is the unit; the verdict is VERDICT_UNDECIDED where the trials cannot tell.
 * 0 or -ENOMEM; the caller frees with comparison_free().
 */
int compare_placements(const struct run *run, const char *a, const char *b, double margin, u64 seed,
		       struct comparison *comparison);
void comparison_free(struct comparison *comparison);

#endif
