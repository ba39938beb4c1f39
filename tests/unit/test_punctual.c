// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "loadgen/punctual.h"

#define START_NS (5 * NSEC_PER_SEC)
#define DUE_NS	 (START_NS + NSEC_PER_SEC)
#define TAKEN_NS (30 * NSEC_PER_USEC)

static void it_wakes_ahead(void **state)
{
	struct punctual p = { 0 };

	(void)state;
	assert_int_equal(punctual_wake_ns(&p, DUE_NS, 0, START_NS), DUE_NS - PUNCTUAL_AHEAD_NS);
	/* So near that it stays awake: a time that has passed. */
	assert_true(punctual_wake_ns(&p, DUE_NS, 0, DUE_NS - 1000) < DUE_NS - 1000);
	assert_int_equal(punctual_wake_ns(&p, 0, 0, START_NS), 0);
	assert_int_equal(punctual_wake_ns(&p, UINT64_MAX, 0, START_NS), UINT64_MAX);
}

static void it_makes_way_for_others(void **state)
{
	struct punctual p = { 0 };
	u64 now_ns = DUE_NS, due_ns = now_ns + 10000;

	(void)state;
	assert_false(punctual_waited(&p, 1000));
	assert_int_equal(punctual_wake_ns(&p, due_ns, 0, now_ns), due_ns - PUNCTUAL_AHEAD_NS);
	assert_true(punctual_waited(&p, PUNCTUAL_TAKEN_NS + 1));
	assert_int_equal(p.awake_ns, 1000 + PUNCTUAL_TAKEN_NS + 1);
	punctual_back_off(&p, TAKEN_NS, now_ns);
	assert_int_equal(punctual_wake_ns(&p, due_ns, 0, now_ns), due_ns);
	now_ns += TAKEN_NS;
	due_ns = now_ns + 10000;
	assert_int_equal(punctual_wake_ns(&p, due_ns, 0, now_ns), due_ns - PUNCTUAL_AHEAD_NS);
}

static void it_makes_way_for_longer_to_who_stays(void **state)
{
	struct punctual p = { 0 };
	u64 now_ns = DUE_NS, rest_ns = TAKEN_NS;
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		punctual_back_off(&p, TAKEN_NS, now_ns);
		assert_int_equal(p.back_ns, now_ns + rest_ns);
		now_ns = p.back_ns + PUNCTUAL_TAKEN_NS;
		rest_ns = rest_ns < PUNCTUAL_BACK_MAX_NS / 2 ? 2 * rest_ns : PUNCTUAL_BACK_MAX_NS;
	}
	assert_int_equal(p.rest_ns, PUNCTUAL_BACK_MAX_NS);
	now_ns = p.back_ns + p.rest_ns; /* it was left alone for as long */
	punctual_back_off(&p, TAKEN_NS, now_ns);
	assert_int_equal(p.back_ns, now_ns + TAKEN_NS);
}

static void it_makes_way_for_as_long_as_was_taken(void **state)
{
	struct punctual p = { 0 };

	(void)state;
	punctual_back_off(&p, TAKEN_NS, DUE_NS);
	punctual_back_off(&p, 100 * TAKEN_NS, DUE_NS + TAKEN_NS);
	assert_int_equal(p.rest_ns, 100 * TAKEN_NS);
	punctual_back_off(&p, 10 * NSEC_PER_SEC, 2 * DUE_NS);
	assert_int_equal(p.rest_ns, PUNCTUAL_BACK_MAX_NS);
}

static void it_stays_awake_for_an_answer(void **state)
{
	struct punctual p = { 0 };
	u64 now_ns = DUE_NS, sent_ns = now_ns - PUNCTUAL_AFTER_NS + 1;

	(void)state;
	assert_int_equal(punctual_wake_ns(&p, UINT64_MAX, sent_ns, now_ns), now_ns);
	assert_int_equal(punctual_wake_ns(&p, UINT64_MAX, sent_ns - 1, now_ns), UINT64_MAX);
}

static void it_sleeps_when_told(void **state)
{
	struct punctual p = { .back_ns = UINT64_MAX };

	(void)state;
	punctual_back_off(&p, TAKEN_NS, START_NS);
	assert_int_equal(punctual_wake_ns(&p, DUE_NS, DUE_NS - 1000, DUE_NS - 100), DUE_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_wakes_ahead),
		cmocka_unit_test(it_makes_way_for_others),
		cmocka_unit_test(it_makes_way_for_longer_to_who_stays),
		cmocka_unit_test(it_makes_way_for_as_long_as_was_taken),
		cmocka_unit_test(it_stays_awake_for_an_answer),
		cmocka_unit_test(it_sleeps_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
