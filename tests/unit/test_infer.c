// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics against published numbers.
 *
 * Depression: Hamilton scale of nine patients before and after a tranquillizer (Hollander & Wolfe,
 * Nonparametric Statistical Methods, 1973, table 3.1; the example of R's wilcox.test): the
 * Hodges-Lehmann estimate of the change is -0.46.
 * Maize: Darwin's fifteen pairs of cross- and self-fertilised plants, differences in eighths of an
 * inch; of the 32768 sign patterns 1726 are at least as extreme (Fisher, The Design of
 * Experiments, 1935, section 21).
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_power.h"

#define NEAR(got, want, by) assert_true(fabs((got) - (want)) <= (by))

static const double maize[] = { 49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48 };

static void medians(void **state)
{
	double odd[] = { 5, 1, 4, 2, 3 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };
	double ties[] = { 2, 2, 1, 2, 2, 9, 2 }, down[] = { 6, 5, 4, 3, 2, 1 };

	(void)state;
	NEAR(infer_median(odd, 5), 3, 0);
	NEAR(infer_median(even, 4), 2.5, 0);
	NEAR(infer_median(one, 1), 7, 0);
	NEAR(infer_median(ties, 7), 2, 0);
	NEAR(infer_median(down, 6), 3.5, 0);
	assert_true(isnan(infer_median(NULL, 0)));
}

static int ascending(const void *a, const void *b)
{
	double l = *(const double *)a, r = *(const double *)b;

	return (l > r) - (l < r);
}

static void medians_agree_with_sorting(void **state)
{
	struct infer_random random = { 42 };
	int round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		double value[40], sorted[40];
		size_t nr = 1 + infer_random_next(&random) % 40, i;

		for (i = 0; i < nr; i++)
			sorted[i] = value[i] = (double)(infer_random_next(&random) % 16);
		qsort(sorted, nr, sizeof(*sorted), ascending);
		NEAR(infer_median(value, nr), (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2, 0);
	}
}

static void the_generator_is_splitmix64(void **state)
{
	struct infer_random random = { 1234567 };

	(void)state;
	/* First outputs for this seed as the algorithm's reference prints them. */
	assert_true(infer_random_next(&random) == 6457827717110365317ULL);
	assert_true(infer_random_next(&random) == 3203168211198807973ULL);
	assert_true(infer_random_next(&random) == 9817491932198370423ULL);
}

static void hodges_lehmann_of_the_depression_data(void **state)
{
	static const double before[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	static const double after[] = { 0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	double change[9], estimate;
	size_t i;

	(void)state;
	for (i = 0; i < 9; i++)
		change[i] = after[i] - before[i];
	assert_int_equal(infer_hodges_lehmann(change, 9, &estimate), 0);
	NEAR(estimate, -0.46, 1e-9);
	assert_int_equal(infer_hodges_lehmann(change, 0, &estimate), -EINVAL);
}

static void hodges_lehmann_by_hand(void **state)
{
	/* Walsh averages of 1, 2, 10: 1, 1.5, 2, 5.5, 6, 10: median (2 + 5.5) / 2. */
	static const double value[] = { 10, 1, 2 };
	double estimate;

	(void)state;
	assert_int_equal(infer_hodges_lehmann(value, 3, &estimate), 0);
	NEAR(estimate, 3.75, 1e-12);
}

static void sign_flip_of_the_maize_data(void **state)
{
	(void)state;
	NEAR(infer_sign_flip(maize, 15, 1), 1726.0 / 32768, 1e-12);
}

static void sign_flip_of_few_pairs_cannot_be_small(void **state)
{
	static const double up[] = { 0.3, 0.5, 0.4, 0.2, 0.6, 0.1 };
	size_t nr;

	(void)state;
	for (nr = 1; nr <= 6; nr++)
		NEAR(infer_sign_flip(up, nr, 1), 2 / pow(2, (double)nr), 1e-12);
	assert_true(infer_sign_flip(up, INFER_LEAST_PAIRS, 1) < INFER_LEVEL);
	assert_false(infer_sign_flip(up, INFER_LEAST_PAIRS - 1, 1) < INFER_LEVEL);
	assert_true(isnan(infer_sign_flip(up, 0, 1)));
}

static void sign_flip_counts_ties_and_no_change_is_one(void **state)
{
	/* 0.1 + 0.2 - 0.3 is not 0 in binary: the pattern still ties with the ones like it. */
	static const double balanced[] = { 0.1, 0.2, -0.3 }, none[] = { 0, 0, 0 };

	(void)state;
	NEAR(infer_sign_flip(balanced, 3, 1), 1, 1e-12);
	NEAR(infer_sign_flip(none, 3, 1), 1, 1e-12);
}

static void drawn_sign_flips_agree_with_exact_ones(void **state)
{
	double padded[17];
	size_t i;

	(void)state;
	for (i = 0; i < 15; i++)
		padded[i] = maize[i];
	/* Two pairs without a difference change no sum, but push n beyond the exact range. */
	padded[15] = padded[16] = 0;
	NEAR(infer_sign_flip(padded, 17, 7), 1726.0 / 32768, 0.004);
	assert_true(infer_sign_flip(padded, 17, 7) == infer_sign_flip(padded, 17, 7));
}

static void the_bootstrap_repeats_with_its_seed(void **state)
{
	double low, high, low2, high2, estimate;

	(void)state;
	assert_int_equal(infer_hodges_lehmann(maize, 15, &estimate), 0);
	assert_int_equal(infer_bootstrap(maize, 15, 3, &low, &high), 0);
	assert_int_equal(infer_bootstrap(maize, 15, 3, &low2, &high2), 0);
	assert_true(low == low2 && high == high2);
	assert_true(low < estimate && estimate < high);
	assert_int_equal(infer_bootstrap(maize, 15, 4, &low2, &high2), 0);
	assert_true(low != low2 || high != high2);
	assert_int_equal(infer_bootstrap(maize, 2, 3, &low, &high), -EINVAL);
}

static void the_interval_of_equal_values_is_that_value(void **state)
{
	static const double same[] = { 0.7, 0.7, 0.7, 0.7 };
	double low, high;

	(void)state;
	assert_int_equal(infer_bootstrap(same, 4, 1, &low, &high), 0);
	NEAR(low, 0.7, 1e-12);
	NEAR(high, 0.7, 1e-12);
}

/* A number from about N(0, 1): the sum of twelve uniform ones. */
static double normal(struct infer_random *random)
{
	double sum = -6;
	int i;

	for (i = 0; i < 12; i++)
		sum += (double)(infer_random_next(random) >> 11) * 0x1p-53;
	return sum;
}

/* How many of @rounds intervals of @nr values of about N(0, 1) hold the truth. */
static int covered(size_t nr, int rounds, struct infer_random *random)
{
	int round, hits = 0;

	for (round = 0; round < rounds; round++) {
		double value[10], low, high;
		size_t i;

		for (i = 0; i < nr; i++)
			value[i] = normal(random);
		assert_int_equal(infer_bootstrap(value, nr, round, &low, &high), 0);
		hits += low <= 0 && high >= 0;
	}
	return hits;
}

static void intervals_cover_what_they_say(void **state)
{
	struct infer_random random = { 2024 };
	size_t nr;

	(void)state;
	/* 95 %, give or take what the bootstrap of few values is off and 3 standard errors. */
	for (nr = 6; nr <= 10; nr++)
		assert_in_range(covered(nr, 500, &random), 455, 495);
}

static void verdicts_are_rarely_wrong(void **state)
{
	struct infer_random random = { 2024 };
	int round, wrong = 0, found = 0;

	(void)state;
	for (round = 0; round < 400; round++) {
		struct inference same, slower;
		double value[10];
		int i;

		for (i = 0; i < 10; i++)
			value[i] = 0.05 * normal(&random);
		assert_int_equal(infer_pairs(value, 10, round, &same), 0);
		wrong += infer_change(&same, same.p_value, 0) != INFER_UNDECIDED;
		for (i = 0; i < 10; i++)
			value[i] += log(1.2);
		assert_int_equal(infer_pairs(value, 10, round, &slower), 0);
		found += infer_change(&slower, slower.p_value, 0.03) == INFER_LARGER;
	}
	/* 5 % and 3 standard errors. */
	assert_in_range(wrong, 0, 33);
	assert_in_range(found, 400 * 99 / 100, 400);
}

static void holm_steps_down(void **state)
{
	/* p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") of R, and by hand. */
	double p[] = { 0.03, 0.01, 0.05, NAN, 0.02, 0.04 }, adjusted[6], high[] = { 0.9, 0.8 };

	(void)state;
	assert_int_equal(infer_holm(p, 6, adjusted), 0);
	NEAR(adjusted[1], 0.05, 1e-12);
	NEAR(adjusted[4], 0.08, 1e-12);
	NEAR(adjusted[0], 0.09, 1e-12);
	NEAR(adjusted[5], 0.09, 1e-12);
	NEAR(adjusted[2], 0.09, 1e-12);
	assert_true(isnan(adjusted[3]));
	assert_int_equal(infer_holm(high, 2, high), 0);
	assert_true(high[0] == 1 && high[1] == 1);
	assert_int_equal(infer_holm(NULL, 0, NULL), 0);
}

static void cliff_counts_pairs(void **state)
{
	/* Of the 12 pairs 9 are larger, 2 smaller, 1 is equal. */
	static const double a[] = { 1, 3, 5 }, b[] = { 4, 6, 3, 9 };

	(void)state;
	NEAR(infer_cliff(a, 3, b, 4), (9 - 2) / 12.0, 1e-12);
	NEAR(infer_cliff(b, 4, a, 3), -(9 - 2) / 12.0, 1e-12);
	NEAR(infer_cliff(a, 1, b, 4), 1, 0);
	assert_true(isnan(infer_cliff(a, 0, b, 4)));
}

static void few_pairs_decide_nothing(void **state)
{
	double value[] = { 0.7, 0.7, 0.7, 0.7, 0.7, 0.7 };
	struct inference found;

	(void)state;
	assert_int_equal(infer_pairs(value, 0, 1, &found), 0);
	assert_true(isnan(found.estimate) && isnan(found.low) && isnan(found.p_value));
	assert_int_equal(infer_change(&found, found.p_value, 0.03), INFER_UNDECIDED);
	assert_int_equal(infer_pairs(value, 2, 1, &found), 0);
	NEAR(found.estimate, 0.7, 1e-12);
	assert_true(isnan(found.low));
	assert_int_equal(infer_pairs(value, 5, 1, &found), 0);
	assert_int_equal(infer_change(&found, found.p_value, 0.03), INFER_UNDECIDED);
	assert_int_equal(infer_pairs(value, 6, 1, &found), 0);
	assert_int_equal(infer_change(&found, found.p_value, 0.03), INFER_LARGER);
}

static void the_margin_means_equivalent(void **state)
{
	const struct inference slightly = { 10, 0.01, 0.005, 0.015, 0.01, 0.002 };
	const struct inference straddles = { 10, 0.02, 0.01, 0.05, 0.01, 0.002 };
	const struct inference wide = { 10, 0.02, -0.1, 0.12, 0.1, 0.6 };
	const struct inference less = { 10, -0.3, -0.4, -0.2, 0.1, 0.002 };

	(void)state;
	assert_int_equal(infer_change(&slightly, slightly.p_value, 0.03), INFER_SAME);
	assert_int_equal(infer_change(&slightly, slightly.p_value, 0), INFER_LARGER);
	assert_int_equal(infer_change(&straddles, straddles.p_value, 0.03), INFER_LARGER);
	assert_int_equal(infer_change(&wide, wide.p_value, 0.03), INFER_UNDECIDED);
	assert_int_equal(infer_change(&less, less.p_value, 0.03), INFER_SMALLER);
}

static void print_values(const char *what, const double *value, size_t nr)
{
	size_t i;

	printf("%s", what);
	for (i = 0; i < nr; i++)
		printf("%c%.17g", i ? ' ' : ',', value[i]);
}

/* For tests/cli/statistics.t: data and what we make of them, one line per data set and statistic:
 * name,values,more values or parameters,results. */
static int print_statistics(void)
{
	struct infer_random random = { 99 };
	int round;

	for (round = 0; round < 40; round++) {
		size_t nr = 6 + (size_t)round % 10, i;
		double x[16], y[16], p[8], adjusted[8], estimate, low, high;
		unsigned int df = 1 + (unsigned int)(infer_random_next(&random) % 40);
		double share = (double)(1 + infer_random_next(&random) % 998) / 1000;

		for (i = 0; i < ARRAY_SIZE(x); i++) {
			x[i] = 0.3 + normal(&random);
			y[i] = normal(&random);
		}
		for (i = 0; i < ARRAY_SIZE(p); i++)
			p[i] = (double)(infer_random_next(&random) % 1000) / 5000;
		if (infer_hodges_lehmann(x, nr, &estimate) ||
		    infer_bootstrap(x, nr, (u64)round, &low, &high) || infer_holm(p, 8, adjusted))
			return 1;
		print_values("hodges_lehmann", x, nr);
		printf(",0,%.17g\n", estimate);
		print_values("sign_flip", x, nr);
		printf(",0,%.17g\n", infer_sign_flip(x, nr, 1));
		print_values("bootstrap", x, nr);
		printf(",0,%.17g %.17g\n", low, high);
		print_values("cliff", x, nr);
		print_values("", y, 16);
		printf(",%.17g\n", infer_cliff(x, nr, y, 16));
		print_values("holm", p, 8);
		print_values(",0", adjusted, 8);
		printf("\nstudent,%.17g,%u,%.17g\n", share, df, infer_student(share, df));
		printf("detectable,%zu,%d,%.17g\n", nr + 6, 1 + round % 5,
		       infer_detectable(1, nr + 6, 1 + (size_t)round % 5));
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians),
		cmocka_unit_test(medians_agree_with_sorting),
		cmocka_unit_test(the_generator_is_splitmix64),
		cmocka_unit_test(hodges_lehmann_of_the_depression_data),
		cmocka_unit_test(hodges_lehmann_by_hand),
		cmocka_unit_test(sign_flip_of_the_maize_data),
		cmocka_unit_test(sign_flip_of_few_pairs_cannot_be_small),
		cmocka_unit_test(sign_flip_counts_ties_and_no_change_is_one),
		cmocka_unit_test(drawn_sign_flips_agree_with_exact_ones),
		cmocka_unit_test(the_bootstrap_repeats_with_its_seed),
		cmocka_unit_test(the_interval_of_equal_values_is_that_value),
		cmocka_unit_test(intervals_cover_what_they_say),
		cmocka_unit_test(verdicts_are_rarely_wrong),
		cmocka_unit_test(holm_steps_down),
		cmocka_unit_test(cliff_counts_pairs),
		cmocka_unit_test(few_pairs_decide_nothing),
		cmocka_unit_test(the_margin_means_equivalent),
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		return print_statistics();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
