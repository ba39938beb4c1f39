/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a series of values over time changes its level. Pure. */
#ifndef SITU_EXPERIMENT_INFER_TREND_H
#define SITU_EXPERIMENT_INFER_TREND_H

#include "user/base/types.h"

/* The fewest values between two changes. */
#define TREND_LEAST	 3
/* The fewest values of which a change can be told: of 6 or 7 in random order too many have one. */
#define TREND_LEAST_RUNS 8
/* Shuffles of the permutation test. */
#define TREND_SHUFFLES	 1999

struct trend_change {
	size_t at;	/* index of the first value of the new level */
	double before;	/* median of the values back to the change before, or the start */
	double after;	/* median of the values up to the next change, or the end */
	double p_value; /* by how many of the shuffled series it is outdone, within its stretch */
};

/*
 * Finds the changes of level in @value[@nr], none NAN, by binary segmentation (Scott & Knott,
 * Biometrics 30, 1974): the split of a stretch at which the mean ranks of its two sides, each of
 * TREND_LEAST values at least, differ most (Pettitt, J. R. Stat. Soc. C 28, 1979, standardised); it
 * is kept, and each side searched in turn at half the level, when fewer than 5 % of
 * TREND_SHUFFLES random orders of the stretch, drawn with @seed, have a split as good. Ranks, so
 * that one wild value is no change.
 * Fills @change, with room for @nr, in order; *@found is set to how many. 0 or -ENOMEM.
 */
int infer_trend(const double *value, size_t nr, u64 seed, struct trend_change *change,
		size_t *found);

#endif
