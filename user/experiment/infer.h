/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statistics of a comparison: pure functions over a few doubles, one per pair of trials.
 *
 * The pairs are log ratios log(b/a) where the values allow it: the log makes "twice" and "half"
 * equally far from "same", and turns a mean of ratios into one that does not depend on which side
 * is called a.
 */
#ifndef SITU_EXPERIMENT_INFER_H
#define SITU_EXPERIMENT_INFER_H

#include "user/base/types.h"

#define INFER_LEVEL	  0.05	/* of the tests; the intervals cover 1 - INFER_LEVEL */
#define INFER_RESAMPLES	  2000	/* of the bootstrap */
#define INFER_EXACT_PAIRS 16	/* up to here all 2^n sign patterns are tried */
#define INFER_FLIPS	  65536 /* sign patterns drawn beyond that */

/*
 * The fewest pairs with which the two-sided sign-flip test can reach p < INFER_LEVEL: all n
 * differences of one sign give p = 2/2^n, which is 0.0625 with 5 pairs and 0.03125 with 6.
 */
#define INFER_LEAST_PAIRS 6

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): any seed is good. Not for secrets. */
struct infer_random {
	u64 state;
};
u64 infer_random_next(struct infer_random *random);

/* Median of @value[@nr], which is reordered; the mean of the middle two when @nr is even. NAN for
 * none. */
double infer_median(double *value, size_t nr);

/*
 * One-sample Hodges-Lehmann estimate: the median of the n(n+1)/2 Walsh averages (x_i + x_j)/2,
 * i <= j (Hodges & Lehmann, Ann. Math. Stat. 34, 1963). Fills *@estimate. 0, -EINVAL for none,
 * -ENOMEM.
 */
int infer_hodges_lehmann(const double *value, size_t nr, double *estimate);

/*
 * Expanded percentile bootstrap interval of the Hodges-Lehmann estimate at 1 - INFER_LEVEL
 * (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69(4),
 * 2015, section 3.3), from INFER_RESAMPLES resamples of the pairs drawn with @seed. The tails cut
 * off are those that make up for the resamples' too small spread, Phi(-sqrt(n/(n-1)) t(n-1)),
 * instead of 2.5 %. Simulated coverage at n = 6 and 10 of normal, t(3), Laplace, exponential and
 * contaminated values: 93..95 % and 96..97 %; plain percentile 86..89 % and 91..93 %, BCa the
 * same. 0, -EINVAL for fewer than 3 values, -ENOMEM.
 */
int infer_bootstrap(const double *value, size_t nr, u64 seed, double *low, double *high);

/*
 * Two-sided p value of "the differences @value[@nr] are symmetric around 0" by flipping signs: the
 * share of the 2^n sign patterns whose sum is at least as far from 0 as the one seen (Fisher, The
 * Design of Experiments, 1935, section 21). Exact up to INFER_EXACT_PAIRS; beyond, from INFER_FLIPS
 * patterns drawn with @seed as (hits + 1) / (drawn + 1) (Phipson & Smyth, 2010). NAN for none.
 */
double infer_sign_flip(const double *value, size_t nr, u64 seed);

/*
 * Holm's step-down adjustment of the @nr p values @p into @adjusted (Scand. J. Stat. 6, 1979): the
 * chance that any of them falls below the level, with no difference anywhere, is at most the
 * level. NAN stays NAN and does not count. @adjusted may be @p. 0 or -ENOMEM.
 */
int infer_holm(const double *p, size_t nr, double *adjusted);

/*
 * Cliff's delta (Psychological Bulletin 114, 1993): how much more often a value of @b[@nr_b] is
 * above one of @a[@nr_a] than below it, -1..1; 1: every one is. NAN when a side is empty.
 */
double infer_cliff(const double *a, size_t nr_a, const double *b, size_t nr_b);

/* What @nr log ratios say; NAN for what so few of them cannot. */
struct inference {
	size_t nr;
	double estimate;  /* Hodges-Lehmann, still a log; from 1 pair on */
	double low, high; /* its bootstrap interval; from 3 pairs on */
	double spread;	  /* standard deviation of the values; from 2 pairs on */
	double p_value;	  /* sign flip */
};

/* Fills @found from the log ratios @value[@nr]. 0 or -ENOMEM. */
int infer_pairs(const double *value, size_t nr, u64 seed, struct inference *found);

enum infer_change { INFER_UNDECIDED, INFER_SAME, INFER_SMALLER, INFER_LARGER };

/*
 * INFER_SAME when the whole interval of the ratio lies within 1 +- @margin (equivalence by
 * interval inclusion: Schuirmann 1987), else smaller or larger when @p_value, the test's own or
 * one adjusted for its family, rejects "no change" and the interval excludes 1. INFER_UNDECIDED
 * otherwise, and below INFER_LEAST_PAIRS always.
 */
enum infer_change infer_change(const struct inference *found, double p_value, double margin);

#endif
