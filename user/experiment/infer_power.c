// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdbool.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_power.h"

/* P(|T| <= t): Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4. */
static double student_within(double t, unsigned int df)
{
	double angle = atan(t / sqrt(df)), c = cos(angle), term, sum;
	unsigned int k;

	if (df % 2 == 0) {
		for (term = sum = 1, k = 2; k < df; k += 2) {
			term *= c * c * (k - 1) / k;
			sum += term;
		}
		return sin(angle) * sum;
	}
	for (term = c, sum = 0, k = 3; k <= df; k += 2) {
		sum += term;
		term *= c * c * (k - 1) / k;
	}
	return M_2_PI * (angle + sin(angle) * sum);
}

double infer_student(double p, unsigned int df)
{
	double within = fabs(2 * p - 1), low = 0, high = 1;
	int i;

	while (student_within(high, df) < within && high < 1e9)
		high *= 2;
	for (i = 0; i < 80; i++) {
		double middle = (low + high) / 2;

		if (student_within(middle, df) < within)
			low = middle;
		else
			high = middle;
	}
	return p < 0.5 ? -high : high;
}

unsigned int infer_least_pairs(size_t family)
{
	unsigned int nr = INFER_LEAST_PAIRS;

	while (ldexp(2, -(int)nr) * (double)family >= INFER_LEVEL)
		nr++;
	return nr;
}

/* How many standard errors from 0 the truth must be for INFER_POWER to find it. */
static double reach(size_t nr, size_t family)
{
	unsigned int df = (unsigned int)nr - 1;

	return infer_student(1 - INFER_LEVEL / 2 / (double)family, df) +
	       infer_student(INFER_POWER, df);
}

double infer_detectable(double spread, size_t nr, size_t family)
{
	if (nr < infer_least_pairs(family))
		return NAN;
	return reach(nr, family) * spread / sqrt((double)nr);
}

/*
 * Whether @nr blocks are enough to show equivalence: the interval must end within both limits,
 * the nearer of which takes most of the risk.
 */
static bool shows_equivalence(const struct infer_goal *goal, size_t nr)
{
	unsigned int df = (unsigned int)nr - 1;
	double each = (1 + INFER_POWER) / 2;

	return goal->margin - goal->distance >=
	       (infer_student(1 - INFER_LEVEL / 2, df) + infer_student(each, df)) * goal->spread /
		       sqrt((double)nr);
}

/* What @nr blocks decide, more of them decide, too: every bound above falls with their number. */
static bool decides(const struct infer_goal *goal, unsigned int nr)
{
	/* Nothing is detectable, which is NAN, by fewer than infer_least_pairs(). */
	return shows_equivalence(goal, nr) ||
	       goal->distance >= infer_detectable(goal->spread, nr, goal->family);
}

unsigned int infer_blocks(const struct infer_goal *goal)
{
	unsigned int low = INFER_LEAST_PAIRS, high = INFER_MOST_BLOCKS, middle;

	if (!isfinite(goal->spread) || !isfinite(goal->distance) || !decides(goal, high))
		return 0;
	while (low < high) {
		middle = (low + high) / 2;
		if (decides(goal, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}
