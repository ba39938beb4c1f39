// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/unit.h"
#include "user/experiment/repeat.h"

/* Behind start @number, at @now: the next start and how many are left out; 0 for no more. */
static void next_is(bool skip, u64 number, u64 now, u64 at, u64 left_out)
{
	const struct repeat repeat = { .every_ns = 10, .for_ns = 60, .skip = skip };
	struct repeat_start start = { 0 };

	if (!at) {
		assert_false(repeat_next(&repeat, now, &number, &start));
		return;
	}
	assert_true(repeat_next(&repeat, now, &number, &start));
	assert_int_equal(start.at_ns, at);
	assert_int_equal(start.left_out, left_out);
	assert_int_equal(number, at / 10);
}

static void short_runs_start_on_time(void **state)
{
	(void)state;
	next_is(true, 0, 3, 10, 0);
	next_is(false, 0, 3, 10, 0);
	next_is(true, 4, 41, 50, 0);
	next_is(false, 4, 41, 50, 0);
}

static void a_start_during_a_run_waits_or_is_left_out(void **state)
{
	(void)state;
	next_is(false, 0, 13, 10, 0);
	next_is(true, 0, 13, 20, 1);
	next_is(false, 0, 35, 30, 2); /* not three runs at once */
	next_is(true, 0, 35, 40, 3);
	next_is(true, 0, 10, 10, 0);
	next_is(true, 0, 20, 20, 1);
}

static void it_ends(void **state)
{
	(void)state;
	next_is(false, 5, 51, 0, 0);
	next_is(true, 5, 51, 0, 0);
	next_is(true, 4, 55, 0, 0);
	next_is(false, 4, 55, 50, 0);
	next_is(false, 4, 95, 50, 0); /* due in time, late */
	next_is(false, 5, 95, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_runs_start_on_time),
		cmocka_unit_test(a_start_during_a_run_waits_or_is_left_out),
		cmocka_unit_test(it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
