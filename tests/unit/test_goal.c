// SPDX-License-Identifier: GPL-2.0-only
/* Goals: what is one, what is none, and when an endpoint reaches it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "loadgen/goal.h"
#include "user/base/types.h"
#include "user/model/metrics.h"

/* 99 answers of 10 ms, one of 100 ms, 2 errors of 102 requests. */
static void fill(struct endpoint *e)
{
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(hist_record(&e->latency_ns, HIST_CLIENT_SUB_BITS,
					     (i ? 10 : 100) * NSEC_PER_MSEC),
				 0);
	e->attempted = 102;
	e->answered = 100;
	e->rate = 50;
	assert_int_equal(tally_add(&e->errors, "reset", 2), 0);
}

static bool reaches(const struct endpoint *e, const char *text)
{
	struct goals goals = { 0 };
	struct err err = { 0 };
	double value;

	assert_int_equal(goals_parse(&goals, text, &err), 0);
	return goals_first_missed(&goals, e, &value) == NULL;
}

static void goals_are_judged(void **state)
{
	struct endpoint e = { 0 };

	(void)state;
	fill(&e);
	assert_true(reaches(&e, "p50<11ms"));
	assert_false(reaches(&e, "p50<9ms"));
	assert_true(reaches(&e, "p99<11ms"));
	assert_false(reaches(&e, "p99.9<11ms"));
	assert_true(reaches(&e, "max<=100ms"));
	assert_false(reaches(&e, "max<100ms"));
	assert_true(reaches(&e, "mean<10.91ms"));
	assert_false(reaches(&e, "mean<10.89ms"));
	assert_true(reaches(&e, "errors<3,errors<=2,errors>1"));
	assert_false(reaches(&e, "errors<2"));
	assert_true(reaches(&e, "errors<2%"));
	assert_false(reaches(&e, "errors<1.9%"));
	assert_true(reaches(&e, "rate>=50,rate>49.9"));
	assert_false(reaches(&e, "rate>50"));
	assert_false(reaches(&e, "p50<11ms,rate>50"));
	metrics_release(ENTITY_ENDPOINT, &e);
}

static void no_answer_reaches_nothing(void **state)
{
	struct endpoint e = { 0 };

	(void)state;
	assert_false(reaches(&e, "p99<1h"));
	assert_false(reaches(&e, "max>=0s"));
	assert_false(reaches(&e, "mean<1h"));
	assert_false(reaches(&e, "errors<100%"));
}

static void other_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"p99",
		"p99<",
		"p99=5ms",
		"p99<5xs",
		"p99<-5ms",
		"p0<1ms",
		"p100<1ms",
		"p<1ms",
		"pp<1ms",
		"p9x<1ms",
		"errors<x",
		"errors<5%%",
		"rate>5%",
		"rate>5ms",
		"speed<1",
		"p99<5ms,",
		",p99<5ms",
		"p99<<5ms",
		"max<1e",
		"<5ms",
		"errors<-1",
		"rate>inf",
		"p99<5ms errors<1",
		"p1e1<1ms<2",
		"rate>nan",
		"p99=<5ms",
		"errors<0x1p3%z",
		"p99<0000000000000000000000000000000000000000000000000005ms",
	};
	struct goals goals = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = { 0 };

		goals.nr = 0;
		if (goals_parse(&goals, bad[i], &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, EXIT_USAGE);
	}
}

static void there_is_room_for_so_many(void **state)
{
	struct goals goals = { 0 };
	struct err err = { 0 };
	int i;

	(void)state;
	for (i = 0; i < GOALS_MAX; i++)
		assert_int_equal(goals_parse(&goals, "p50<1s", &err), 0);
	assert_int_equal(goals_parse(&goals, "p50<1s", &err), -1);
	assert_int_equal(goals.nr, GOALS_MAX);
}

static void misses_are_explained(void **state)
{
	struct goals goals = { 0 };
	struct err err = { 0 };
	char text[2 * GOAL_TEXT];

	(void)state;
	assert_int_equal(goals_parse(&goals, "p99<50ms,errors<1%,rate>100", &err), 0);
	assert_string_equal(goal_explain(&goals.goal[0], 61.2e6, text, sizeof(text)),
			    "p99 is 61.2ms, not <50ms");
	assert_string_equal(goal_explain(&goals.goal[1], 0.025, text, sizeof(text)),
			    "errors is 2.5%, not <1%");
	assert_string_equal(goal_explain(&goals.goal[2], 99.5, text, sizeof(text)),
			    "rate is 99.5, not >100");
	assert_string_equal(goal_explain(&goals.goal[0], NAN, text, sizeof(text)),
			    "p99 is unknown, not <50ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goals_are_judged),
		cmocka_unit_test(no_answer_reaches_nothing),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(misses_are_explained),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
