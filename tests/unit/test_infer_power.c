// SPDX-License-Identifier: GPL-2.0-only
/* How much an experiment can see: the sums against a table, and against the test itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_power.h"

#define NEAR(got, want, by) assert_true(fabs((got) - (want)) <= (by))

/* Any printed table of Student's t. */
static void student_is_the_table(void **state)
{
	static const struct {
		double p;
		unsigned int df;
		double t;
	} table[] = {
		{ 0.975, 1, 12.706 }, { 0.975, 2, 4.303 },  { 0.975, 5, 2.571 },
		{ 0.975, 9, 2.262 },  { 0.95, 10, 1.812 },  { 0.99, 4, 3.747 },
		{ 0.995, 30, 2.750 }, { 0.9995, 7, 5.408 }, { 0.975, 120, 1.980 },
		{ 0.025, 9, -2.262 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		NEAR(infer_student(table[i].p, table[i].df), table[i].t, 0.0006);
	NEAR(infer_student(0.5, 7), 0, 1e-9);
}

static void more_hypotheses_take_more_pairs(void **state)
{
	(void)state;
	assert_int_equal(infer_least_pairs(1), INFER_LEAST_PAIRS);
	assert_int_equal(infer_least_pairs(2), 7);   /* 2/2^6 * 2 = 0.0625 */
	assert_int_equal(infer_least_pairs(3), 7);   /* 2/2^7 * 3 = 0.047 */
	assert_int_equal(infer_least_pairs(5), 8);   /* 2/2^8 * 5 = 0.039 */
	assert_int_equal(infer_least_pairs(15), 10); /* 2/2^10 * 15 = 0.029 */
	assert_true(isnan(infer_detectable(0.1, 7, 5)));
	assert_true(infer_detectable(0.1, 8, 5) > infer_detectable(0.1, 8, 1));
	assert_true(infer_detectable(0.1, 20, 5) < infer_detectable(0.1, 8, 5));
}

/* A number from about N(0, 1). */
static double normal(struct infer_random *random)
{
	double sum = -6;
	int i;

	for (i = 0; i < 12; i++)
		sum += (double)(infer_random_next(random) >> 11) * 0x1p-53;
	return sum;
}

/* How many of 300 experiments of @nr blocks with the true log ratio @shift end in @change. */
static int decided(size_t nr, double shift, double spread, enum infer_change change,
		   struct infer_random *random)
{
	int round, hits = 0;

	for (round = 0; round < 300; round++) {
		double value[64];
		struct inference found;
		size_t i;

		assert_true(nr <= ARRAY_SIZE(value));
		for (i = 0; i < nr; i++)
			value[i] = shift + spread * normal(random);
		assert_int_equal(infer_pairs(value, nr, round, &found), 0);
		hits += infer_change(&found, found.p_value, 0.03) == change;
	}
	return hits;
}

static void what_is_detectable_is_found_4_times_out_of_5(void **state)
{
	struct infer_random random = { 7 };
	static const size_t blocks[] = { 8, 10, 16 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		double shift = infer_detectable(0.1, blocks[i], 1);

		/* 240 give or take 3 standard errors, and what the interval asks beyond the test.
		 */
		assert_in_range(decided(blocks[i], shift, 0.1, INFER_LARGER, &random), 200, 265);
	}
}

static void the_blocks_named_decide(void **state)
{
	const struct infer_goal differs = { log(1.1), 0.08, log(1.03), 1 };
	const struct infer_goal same = { 0, 0.03, log(1.03), 1 };
	const struct infer_goal nearly = { log(1.02), 0.01, log(1.03), 1 };
	struct infer_random random = { 8 };
	size_t blocks;

	(void)state;
	assert_in_range(decided(infer_blocks(&differs), differs.distance, differs.spread,
				INFER_LARGER, &random),
			200, 280);
	assert_in_range(decided(infer_blocks(&same), 0, same.spread, INFER_SAME, &random), 200,
			280);
	/* Between "same" and "different" either answer is one. */
	blocks = infer_blocks(&nearly);
	assert_in_range(decided(blocks, nearly.distance, nearly.spread, INFER_SAME, &random) +
				decided(blocks, nearly.distance, nearly.spread, INFER_LARGER,
					&random),
			220, 330);
}

/* The same by trying one number of blocks behind the other. */
static unsigned int tried(const struct infer_goal *goal)
{
	unsigned int nr;

	for (nr = INFER_LEAST_PAIRS; nr <= INFER_MOST_BLOCKS; nr++) {
		double error = goal->spread / sqrt(nr);
		double within = infer_student(1 - INFER_LEVEL / 2, nr - 1) +
				infer_student((1 + INFER_POWER) / 2, nr - 1);

		if (goal->margin - goal->distance >= within * error ||
		    goal->distance >= infer_detectable(goal->spread, nr, goal->family))
			return nr;
	}
	return 0;
}

static void the_blocks_named_are_the_fewest(void **state)
{
	struct infer_random random = { 9 };
	unsigned int blocks, few = 0, many = 0, none = 0, i;

	(void)state;
	for (i = 0; i < 24; i++) {
		struct infer_goal goal = { fabs(normal(&random)) * 0.05,
					   0.05 * exp(normal(&random)), log(1.03), 1 + i % 15 };

		blocks = infer_blocks(&goal);
		assert_int_equal(blocks, tried(&goal));
		few += blocks > 0 && blocks <= 20;
		many += blocks > 20;
		none += !blocks;
	}
	assert_true(few >= 4 && many >= 4 && none >= 1);
}

static void what_cannot_be_decided_is_said(void **state)
{
	const struct infer_goal hopeless = { 0.0301, 2, log(1.03), 1 };
	const struct infer_goal unknown = { 0.1, NAN, log(1.03), 1 };
	const struct infer_goal certain = { 0.5, 0, log(1.03), 5 };

	(void)state;
	assert_int_equal(infer_blocks(&hopeless), 0);
	assert_int_equal(infer_blocks(&unknown), 0);
	assert_int_equal(infer_blocks(&certain), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(student_is_the_table),
		cmocka_unit_test(more_hypotheses_take_more_pairs),
		cmocka_unit_test(what_is_detectable_is_found_4_times_out_of_5),
		cmocka_unit_test(the_blocks_named_decide),
		cmocka_unit_test(the_blocks_named_are_the_fewest),
		cmocka_unit_test(what_cannot_be_decided_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
