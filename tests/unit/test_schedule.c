// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loadgen/schedule.h"

static const struct schedule even = {
	.seed = 1, .rate = 150, .nr_max = SCHEDULE_NEVER, .end_ns = 8 * NSEC_PER_SEC
};

static u64 count_due(const struct schedule *s, u64 first, u64 step)
{
	struct schedule_cursor at = schedule_start(s, first, step);
	u64 nr = 0;

	for (; at.due_ns != SCHEDULE_NEVER; schedule_next(&at))
		nr++;
	return nr;
}

static void test_constant_rate(void **state)
{
	struct schedule_cursor at = schedule_start(&even, 0, 1);

	(void)state;
	assert_int_equal(at.due_ns, 0);
	schedule_next(&at);
	assert_int_equal(at.due_ns, 6666666);
	schedule_next(&at);
	assert_int_equal(at.due_ns, 13333333);
	/* The one at exactly eight seconds is not in the eight seconds. */
	assert_int_equal(count_due(&even, 0, 1), 1200);
}

/* 0..100/s over 2 s: request n is due when t^2 * 25 = n; then 10 at 10/s. */
static void test_stages(void **state)
{
	static const struct schedule_stage stages[] = {
		{ 0, 100, 2 * NSEC_PER_SEC },
		{ 10, 10, NSEC_PER_SEC },
		{ 0, 0, NSEC_PER_SEC },
		{ 100, 0, 2 * NSEC_PER_SEC },
	};
	struct schedule s = {
		.stages = stages, .nr_stages = 4, .nr_max = SCHEDULE_NEVER, .end_ns = SCHEDULE_NEVER
	};
	struct schedule_cursor at = schedule_start(&s, 25, 1);
	u64 before_ns = 0;

	(void)state;
	assert_true(schedule_is_open(&s));
	assert_int_equal(at.due_ns, NSEC_PER_SEC);
	at = schedule_start(&s, 0, 1);
	assert_int_equal(at.due_ns, 0);
	for (; at.due_ns != SCHEDULE_NEVER; schedule_next(&at)) {
		double got = schedule_expected(&s, at.due_ns);

		assert_true(fabs(got - (double)at.index) < 1e-4);
		assert_true(at.due_ns >= before_ns);
		assert_false(at.due_ns >= 3 * NSEC_PER_SEC && at.due_ns < 4 * NSEC_PER_SEC);
		before_ns = at.due_ns;
	}
	assert_int_equal(at.index, 210);
	assert_true(fabs(schedule_expected(&s, 3 * NSEC_PER_SEC) - 110) < 1e-9);
	assert_true(fabs(schedule_expected(&s, 100 * NSEC_PER_SEC) - 210) < 1e-9);
	/* Two threads have together what one has. */
	assert_int_equal(count_due(&s, 0, 2) + count_due(&s, 1, 2), 210);
}

/* A Poisson ramp: as many in each half as the areas say, within five standard deviations. */
static void test_poisson_stages(void **state)
{
	static const struct schedule_stage ramp = { 0, 2000, 10 * NSEC_PER_SEC };
	struct schedule s = { .seed = 7,
			      .poisson = true,
			      .stages = &ramp,
			      .nr_stages = 1,
			      .nr_max = SCHEDULE_NEVER,
			      .end_ns = SCHEDULE_NEVER };
	double all = (double)count_due(&s, 0, 1), half;

	(void)state;
	s.end_ns = 5 * NSEC_PER_SEC;
	half = (double)count_due(&s, 0, 1);
	assert_true(fabs(all - 10000) < 500);
	assert_true(fabs(half - 2500) < 250);
}

static void test_ends(void **state)
{
	struct schedule s = even;
	struct schedule_cursor at;

	(void)state;
	s.nr_max = 101;
	assert_int_equal(count_due(&s, 0, 1), 101);
	s.nr_max = 0;
	assert_int_equal(count_due(&s, 0, 1), 0);
	s = even;
	s.end_ns = 0;
	assert_int_equal(count_due(&s, 0, 1), 0);
	/* At the end it stays there. */
	s = even;
	s.nr_max = 1;
	at = schedule_start(&s, 0, 1);
	schedule_next(&at);
	schedule_next(&at);
	assert_int_equal(at.index, 1);
	assert_int_equal(at.due_ns, SCHEDULE_NEVER);
}

static void test_closed_loop_is_due_at_once(void **state)
{
	struct schedule s = { .seed = 1, .nr_max = 7, .end_ns = SCHEDULE_NEVER };
	struct schedule_cursor at = schedule_start(&s, 0, 1);

	(void)state;
	for (; at.due_ns != SCHEDULE_NEVER; schedule_next(&at))
		assert_int_equal(at.due_ns, 0);
	assert_int_equal(at.index, 7);
}

/* Threads that share a schedule send the same requests at the same times as one does. */
static void check_shares(const struct schedule *s)
{
	struct schedule_cursor one = schedule_start(s, 0, 1), share[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		share[i] = schedule_start(s, i, 3);
	for (i = 0; one.due_ns != SCHEDULE_NEVER; i = (i + 1) % 3) {
		assert_int_equal(share[i].index, one.index);
		assert_int_equal(share[i].due_ns, one.due_ns);
		schedule_next(&one);
		schedule_next(&share[i]);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(share[i].due_ns, SCHEDULE_NEVER);
}

static void test_threads_share(void **state)
{
	struct schedule s = even;

	(void)state;
	check_shares(&s);
	s.poisson = true;
	check_shares(&s);
}

/* 100,003 gaps: their mean is within 1 % (3 sigma) of 1/rate, 1/e of them are longer than it. */
static void test_poisson_gaps(void **state)
{
	struct schedule s = {
		.seed = 7, .rate = 1000, .poisson = true, .nr_max = 100003, .end_ns = SCHEDULE_NEVER
	};
	struct schedule_cursor at = schedule_start(&s, 0, 1);
	u64 before = 0, longer = 0;

	(void)state;
	for (; at.due_ns != SCHEDULE_NEVER; schedule_next(&at)) {
		assert_true(at.due_ns >= before);
		longer += at.due_ns - before > NSEC_PER_MSEC;
		before = at.due_ns;
	}
	assert_in_range(before, 99000 * NSEC_PER_MSEC, 101000 * NSEC_PER_MSEC);
	assert_in_range(longer, (u64)(100003 / M_E) - 500, (u64)(100003 / M_E) + 500);
}

static void test_seed_decides(void **state)
{
	struct schedule a = even, b = even;
	const u64 cumulated[] = { 1, 2, 3, 4 };
	unsigned int same = 0, i;

	(void)state;
	b.seed = 2;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(schedule_pick(&a, i, cumulated, 4),
				 schedule_pick(&even, i, cumulated, 4));
		same += schedule_pick(&a, i, cumulated, 4) == schedule_pick(&b, i, cumulated, 4);
	}
	/* By chance a quarter of them. */
	assert_in_range(same, 200, 300);
}

/* Expected 1:2:4 of 70,000; each count is within 5 sigma (at most 132 each) of its share. */
static void test_weights(void **state)
{
	const u64 cumulated[] = { 1, 3, 7 };
	u64 nr[3] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 70000; i++)
		nr[schedule_pick(&even, i, cumulated, 3)]++;
	assert_in_range(nr[0], 10000 - 500, 10000 + 500);
	assert_in_range(nr[1], 20000 - 600, 20000 + 600);
	assert_in_range(nr[2], 40000 - 660, 40000 + 660);
}

static void test_draws_cover_their_range(void **state)
{
	unsigned int seen[10] = { 0 }, i, v;

	(void)state;
	for (i = 0; i < 10000; i++) {
		u64 value = schedule_draw(&even, i, 3, 10);

		assert_true(value < 10);
		seen[value]++;
	}
	for (v = 0; v < 10; v++)
		assert_in_range(seen[v], 850, 1150);
	assert_int_equal(schedule_draw(&even, 1, 0, 1), 0);
	/* Purposes are independent of each other, and of the choice of the endpoint. */
	for (i = v = 0; i < 1000; i++)
		v += schedule_draw(&even, i, 0, 2) == schedule_draw(&even, i, 1, 2);
	assert_in_range(v, 400, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant_rate),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_poisson_stages),
		cmocka_unit_test(test_closed_loop_is_due_at_once),
		cmocka_unit_test(test_threads_share),
		cmocka_unit_test(test_poisson_gaps),
		cmocka_unit_test(test_seed_decides),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_draws_cover_their_range),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
