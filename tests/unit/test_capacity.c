// SPDX-License-Identifier: GPL-2.0-only
/* The search for a capacity, and what speaks against a load's result. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "loadgen/capacity.h"
#include "loadgen/selfcheck.h"
#include "loadgen/stage.h"
#include "user/model/hist.h"

/* Searches a server that can do @capacity; returns what was found. */
static double search(double capacity, double first)
{
	struct capacity c = { .first = first, .least = 1, .most = 1e6 };
	double rate;

	while ((rate = capacity_next(&c)) > 0) {
		assert_true(rate >= 1 && rate <= 1e6);
		assert_true(c.missed <= 0 || rate < c.missed);
		assert_true(rate > c.met);
		capacity_note(&c, rate, rate <= capacity);
	}
	assert_true(c.steps <= CAPACITY_STEPS_MAX);
	return c.met;
}

static void capacities_are_found(void **state)
{
	static const double capacities[] = { 1.5, 7, 99, 100, 101, 1234, 54321, 999999 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		double found = search(capacities[i], 100);

		assert_true(found <= capacities[i]);
		assert_true(found >= capacities[i] * (1 - CAPACITY_GAP) - 1e-9);
	}
	assert_true(search(0.5, 100) <= 0);
	assert_true(fabs(search(1e9, 100) - 1e6) < 1e-9);
	assert_true(fabs(search(1e9, 1e9) - 1e6) < 1e-9);
}

static void good_results_have_no_findings(void **state)
{
	struct finding findings[SELFCHECK_FINDINGS];
	struct selfcheck self = { .due_rate = 100,
				  .sent_rate = 99.9,
				  .lag_p99_ns = 100000,
				  .latency_p50_ns = 1000000,
				  .cpu_share = 0.5,
				  .steal_share = 0.01 };

	(void)state;
	assert_int_equal(selfcheck_judge(&self, findings), 0);
	self.steal_share = -1;
	self.lag_p99_ns = HIST_UNKNOWN;
	self.latency_p50_ns = HIST_UNKNOWN;
	self.due_rate = 0;
	self.sent_rate = 5;
	assert_int_equal(selfcheck_judge(&self, findings), 0);
}

static void each_limit_is_a_finding(void **state)
{
	struct finding findings[SELFCHECK_FINDINGS];
	struct selfcheck self = { .due_rate = 100,
				  .sent_rate = 98,
				  .lag_p99_ns = 300000,
				  .latency_p50_ns = 1000000,
				  .cpu_share = 0.99,
				  .steal_share = 0.05 };

	(void)state;
	assert_int_equal(selfcheck_judge(&self, findings), 4);
	assert_non_null(strstr(findings[0].text, "sent late by 300us"));
	assert_non_null(strstr(findings[1].text, "99 % of a CPU"));
	assert_non_null(strstr(findings[2].text, "5.0 %"));
	assert_non_null(strstr(findings[3].text, "only 98 of 100"));
	self = (struct selfcheck){ .due_rate = 100,
				   .sent_rate = 100,
				   .not_sent = 1,
				   .backlog_max = 7,
				   .lag_p99_ns = HIST_UNKNOWN,
				   .latency_p50_ns = HIST_UNKNOWN };
	assert_int_equal(selfcheck_judge(&self, findings), 1);
	assert_non_null(strstr(findings[0].text, "7 requests waited"));
}

static void ticks_are_read(void **state)
{
	struct cpu_ticks before, after;

	(void)state;
	assert_int_equal(cpu_ticks_parse("cpu  10 20 30 40 50 60 70 80 5 6\ncpu0 1\n", &before), 0);
	assert_int_equal(before.total, 360);
	assert_int_equal(before.steal, 80);
	after = (struct cpu_ticks){ .total = 460, .steal = 85 };
	assert_true(fabs(cpu_ticks_steal(&before, &after) - 0.05) < 1e-9);
	assert_true(cpu_ticks_steal(&after, &before) < 0);
	assert_true(cpu_ticks_steal(&before, &before) < 0);
	assert_int_equal(cpu_ticks_parse("", &before), -EINVAL);
	assert_int_equal(cpu_ticks_parse("cpu  1 2 3\n", &before), -EINVAL);
	assert_int_equal(cpu_ticks_parse("intr 1 2 3 4 5 6 7 8\n", &before), -EINVAL);
	assert_int_equal(cpu_ticks_read(&before), 0);
	assert_true(before.total > 0);
}

static void stages_are_parsed(void **state)
{
	static const char *const bad[] = {
		"",	 "5",	"5:",	  ":5s",     "-5:5s",	    "5-:5s", "5--6:5s",
		"5:0s",	 "x:5", "1e3:5s", "inf:5s",  "0x10:5s",	    " 5:5s", "5:5s:5s",
		"5:-5s", "5-6", ".:5s",	  "1..2:5s", "99999999:5s",
	};
	struct schedule_stage stage;
	struct err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(stage_parse("100:30s", &stage, &err), 0);
	assert_true(fabs(stage.from - 100) < 1e-9 && fabs(stage.to - 100) < 1e-9);
	assert_int_equal(stage.length_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(stage_parse("0-2.5:1m", &stage, &err), 0);
	assert_true(fabs(stage.from) < 1e-9 && fabs(stage.to - 2.5) < 1e-9);
	assert_int_equal(stage.length_ns, 60 * NSEC_PER_SEC);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct err){ 0 };
		if (stage_parse(bad[i], &stage, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, EXIT_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capacities_are_found),
		cmocka_unit_test(good_results_have_no_findings),
		cmocka_unit_test(each_limit_is_a_finding),
		cmocka_unit_test(ticks_are_read),
		cmocka_unit_test(stages_are_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
