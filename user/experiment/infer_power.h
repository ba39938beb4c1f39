/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much an experiment can see, and how many blocks it takes: pure functions of a spread.
 *
 * The sums are those of the paired t test, to which the sign-flip test is close for what is not
 * wildly skewed; tests/unit/test_infer_power.c simulates the test itself against them.
 */
#ifndef SITU_EXPERIMENT_INFER_POWER_H
#define SITU_EXPERIMENT_INFER_POWER_H

#include "user/base/types.h"

#define INFER_POWER	  0.8  /* the chance to find what is there */
#define INFER_MOST_BLOCKS 1000 /* beyond, an experiment is not worth planning */

/* The @p quantile of Student's t with @df degrees of freedom (0 < @p < 1, @df from 1). */
double infer_student(double p, unsigned int df);

/*
 * The fewest pairs with which the sign-flip test can decide one of @family hypotheses at
 * INFER_LEVEL after Holm's adjustment: 2/2^n < level/@family. 6 for one, 8 for five.
 */
unsigned int infer_least_pairs(size_t family);

/*
 * The smallest true difference, as a log ratio, that @nr pairs of standard deviation @spread find
 * with INFER_POWER as one of @family hypotheses. NAN for fewer than infer_least_pairs(@family).
 */
double infer_detectable(double spread, size_t nr, size_t family);

/* What is asked of further blocks. */
struct infer_goal {
	double distance; /* |estimate|: how far from "no change" the truth seems to be */
	double spread;	 /* standard deviation of the pairs */
	double margin;	 /* of equivalence, on the scale of the estimate; 0: none */
	size_t family;	 /* hypotheses that Holm adjusts for */
};

/*
 * About how many blocks in all decide @goal with INFER_POWER, one way or the other, if the truth
 * is what was seen: at least infer_least_pairs(). 0 when more than INFER_MOST_BLOCKS would not
 * do, or the spread is unknown.
 */
unsigned int infer_blocks(const struct infer_goal *goal);

#endif
