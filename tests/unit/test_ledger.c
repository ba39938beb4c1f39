// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/unit.h"
#include "user/experiment/ledger.h"

static void add(struct run *run, const char *placement, unsigned int trial, unsigned int attempt,
		const char *name, const char *invalid)
{
	struct phase *phase = run_add_phase(run, placement, trial, name);

	assert_non_null(phase);
	phase->attempt = attempt;
	assert_int_equal(run_set_text(&phase->invalid, invalid), 0);
}

static struct run sample(void)
{
	struct run run = { 0 };

	add(&run, "p", 1, 1, "calm", "it died");
	add(&run, "p", 1, 1, "busy", "it died");
	add(&run, "p", 1, 2, "calm", "");
	add(&run, "p", 1, 2, "busy", "");
	add(&run, "q", 1, 1, "calm", "");
	add(&run, "q", 1, 1, "busy", "");
	add(&run, "q", 2, 1, "calm", "it lagged");
	add(&run, "q", 2, 1, "busy", "it lagged");
	add(&run, "q", 2, 2, "calm", "it lagged");
	add(&run, "q", 2, 2, "busy", "it lagged");
	return run;
}

static void what_is_left_to_do(void **state)
{
	struct run run = sample();
	unsigned int attempt = 0;

	(void)state;
	assert_int_equal(ledger_look(&run, "p", 1, 2, &attempt), LEDGER_DONE);
	assert_int_equal(ledger_look(&run, "q", 1, 0, &attempt), LEDGER_DONE);
	assert_int_equal(ledger_look(&run, "q", 2, 2, &attempt), LEDGER_OPEN);
	assert_int_equal(attempt, 3);
	assert_int_equal(ledger_look(&run, "q", 2, 1, &attempt), LEDGER_GIVEN_UP);
	assert_int_equal(ledger_look(&run, "p", 2, 0, &attempt), LEDGER_OPEN);
	assert_int_equal(attempt, 1);
	run_free(&run);
}

static void what_there_is(void **state)
{
	struct run run = sample(), none = { 0 };

	(void)state;
	assert_int_equal(ledger_blocks(&run), 2);
	assert_int_equal(ledger_count(&run, "p"), 1);
	assert_int_equal(ledger_count(&run, "q"), 1);
	assert_int_equal(ledger_count(&run, "r"), 0);
	assert_int_equal(ledger_blocks(&none), 0);
	assert_int_equal(ledger_count(&none, "p"), 0);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_to_do),
		cmocka_unit_test(what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
