/* SPDX-License-Identifier: GPL-2.0-only */
/* Two placements of a run held against each other, metric by metric. Pure: no I/O. */
#ifndef SITU_EXPERIMENT_COMPARE_H
#define SITU_EXPERIMENT_COMPARE_H

#include "user/experiment/infer.h"
#include "user/experiment/kpi.h"

#define COMPARE_MARGIN 0.03
#define COMPARE_SEED   1 /* of the bootstrap: the same store gives the same intervals */

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
	const struct kpi *kpi; /* of the options; NULL: an exploratory row */
	char *subject;	       /* "cart", "web > cart", "GET /api/...", "redis vda write" */
	const char *stat;
	unsigned int trials_a, trials_b; /* trials in which the value exists */
	unsigned int pairs;		 /* blocks in which it exists in both */
	double a, b;		/* medians over the trials; NAN where there is none: an N/A row */
	struct inference found; /* of log(b/a), or of b - a where a 0 allows no ratio */
	bool has_ratio;
	double ratio; /* b / a, from the pairs (Hodges-Lehmann); NAN when unknown or one is 0 */
	double ratio_low, ratio_high; /* 95 % bootstrap interval; NAN with fewer than 3 pairs */
	double p_value;	      /* sign-flip permutation test over the pairs; NAN when unknown */
	double p_adjusted;    /* of a KPI: by Holm over its family, else p_value */
	double delta;	      /* Cliff's, of b against a */
	enum verdict verdict; /* of b against a */
	unsigned int more;    /* blocks that would about decide it; 0: decided, or not to be had */
};

struct comparison {
	char *placement_a, *placement_b;
	unsigned int trials_a, trials_b;
	/*
	 * KPIs first, in their order. Then the others: better and worse first, then undecided
	 * (those whose interval excludes "no change" before the rest), then equivalent, then N/A
	 * rows; within each the biggest |log ratio| first.
	 */
	struct difference *difference;
	size_t nr;
	size_t nr_kpis; /* rows that are KPIs */
};

struct compare_options {
	const struct kpi_list *kpis; /* must outlive the comparison */
	double margin;		     /* ratios within 1 +- margin count as equivalent */
	u64 seed;		     /* makes the bootstrap repeatable */
	bool kpis_only;		     /* no exploratory rows */
	const char *endpoint;	     /* whose time is attributed; NULL: that of all */
};

/*
 * Compares placement @b with @a of @run over all trials of phase "measure", in @options->kpis and
 * in every metric that has a direction. The trial is the unit. What did not happen in any trial
 * (no reset, no error) has no row. Exploratory rows are judged each by itself: of many undecidable
 * ones about 5 % look decided. KPIs are undecided until compare_judge(). 0, -ENOMEM, or -EINVAL for
 * histograms of two resolutions; the caller frees with comparison_free() in any case.
 */
int compare_placements(const struct run *run, const char *a, const char *b,
		       const struct compare_options *options, struct comparison *comparison);

/*
 * Judges the KPIs of @list[@nr] as one family: p values adjusted by Holm over all of them,
 * verdicts, and how many more blocks would decide the undecided. 0 or -ENOMEM.
 */
int compare_judge(struct comparison *list, size_t nr, const struct compare_options *options);

/* KPI rows of @list[@nr] that were tested, at least 1: what Holm adjusts for. */
size_t compare_family(const struct comparison *list, size_t nr);

void comparison_free(struct comparison *comparison);

/* "better", "worse", "equivalent" or "not enough data". */
const char *verdict_name(enum verdict verdict);

/* Whether both placements have a value. */
bool difference_is_pair(const struct difference *difference);

#endif
