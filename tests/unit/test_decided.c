// SPDX-License-Identifier: GPL-2.0-only
/* When an experiment may stop: by runs whose truth is known. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "tests/unit/sample_run.h"
#include "user/experiment/decided.h"
#include "user/experiment/loadview.h"

static char measure[] = "measure", packed[] = "packed", spread[] = "spread",
	    again[] = "packed-again";
static struct plan_phase phases[] = { { .name = measure } };
static struct plan_placement placements[] = { { .name = packed },
					      { .name = spread },
					      { .name = again } };

static struct decided count_two(const struct run *run, struct plan *plan, const char *metric,
				const char *other, const char *check)
{
	const struct opt_list checks = { .item = { check }, .nr = check ? 1 : 0 };
	const struct opt_list metrics = { .item = { metric, other }, .nr = !!metric + !!other };
	const struct decided_asked asked = { &metrics, &checks, 0.03 };
	struct decided decided = { 77, 77 };
	struct err err = { 0 };

	if (decided_count(plan, run, &asked, &decided, &err))
		fail_msg("%s", err.text);
	return decided;
}

static struct decided count(const struct run *run, struct plan *plan, const char *metric,
			    const char *check)
{
	return count_two(run, plan, metric, NULL, check);
}

static unsigned int count_open(const struct run *run, struct plan *plan, const char *check)
{
	return count(run, plan, NULL, check).open;
}

static struct plan two_placements(void)
{
	return (struct plan){
		.phases = phases, .nr_phases = 1, .placements = placements, .nr_placements = 2
	};
}

/* spread's latencies are twice packed's in every block. */
static void blocks_decide(void **state)
{
	struct plan plan = two_placements();
	struct run few = { 0 }, many = { 0 };

	(void)state;
	sample_run(&few, 3);
	sample_run(&many, 10);
	assert_int_equal(count_open(&few, &plan, NULL), 2);
	assert_int_equal(count_open(&many, &plan, NULL), 0);
	run_free(&few);
	run_free(&many);
}

static void conditions_are_asked_about_too(void **state)
{
	struct plan plan = two_placements();
	struct run run = { 0 };

	(void)state;
	sample_run(&run, 10);
	assert_int_equal(count_open(&run, &plan, "p99 spread/packed < 1.1"), 0); /* it fails */
	assert_int_equal(count_open(&run, &plan, "p99 spread/packed < 2.5"), 0); /* it holds */
	assert_int_equal(count_open(&run, &plan, "p99(/none) spread/packed < 2"), 1);
	run_free(&run);
}

/* Of CPU, which is the same in both, three blocks leave the verdict open, ten do not. */
static void figures_are_asked_about_alone(void **state)
{
	struct plan plan = two_placements();
	struct run few = { 0 }, many = { 0 };
	struct decided decided;

	(void)state;
	sample_run(&few, 3);
	sample_run(&many, 10);
	decided = count(&few, &plan, "cpu", NULL);
	assert_int_equal(decided.open, 1);
	assert_int_equal(decided.more, 3); /* to the six that equivalence takes */
	assert_int_equal(count(&many, &plan, "cpu", NULL).open, 0);
	decided = count(&many, &plan, "cpu(none)", NULL);
	assert_int_equal(decided.open, 1);
	assert_int_equal(decided.more, 0);
	run_free(&few);
	run_free(&many);
}

/* web's CPU is a fiftieth, the same and fifty times: no number of blocks is told for that. */
static void what_nobody_knows_of_one_is_known_of_none(void **state)
{
	struct plan plan = two_placements();
	struct run run = { 0 };
	struct decided decided;
	size_t i;

	(void)state;
	sample_run(&run, 3);
	run.phases[1].services[0].cpu_ns /= 50;
	run.phases[5].services[0].cpu_ns *= 50;
	for (i = 0; i < 2; i++) {
		decided = count_two(&run, &plan, i ? "cpu(web)" : "cpu(redis)",
				    i ? "cpu(redis)" : "cpu(web)", NULL);
		assert_int_equal(decided.open, 2);
		assert_int_equal(decided.more, 0);
	}
	assert_int_equal(count(&run, &plan, "cpu(redis)", NULL).more, 3);
	run_free(&run);
}

static void copies_are_not_asked_about(void **state)
{
	struct plan plan = two_placements();
	struct run run = { 0 };
	bool aa = true;

	(void)state;
	plan.aa = &aa;
	plan.nr_placements = 3;
	sample_run(&run, 10);
	assert_int_equal(count_open(&run, &plan, NULL), 0);
	run_free(&run);
}

static void what_does_not_count_does_not_decide(void **state)
{
	struct plan plan = two_placements();
	struct run run = { 0 };
	size_t i;

	(void)state;
	sample_run(&run, 10);
	for (i = 0; i < 14; i++)
		assert_int_equal(run_set_text(&run.phases[i].invalid, "it lagged"), 0);
	assert_int_equal(count_open(&run, &plan, NULL), 2);
	run_free(&run);
}

static void a_view_has_one_phase_of_what_counts(void **state)
{
	struct run run = { 0 }, view;

	const char *names[4];

	(void)state;
	run_add_phase(&run, packed, 1, "calm");
	run_add_phase(&run, packed, 1, "busy");
	run_add_phase(&run, spread, 1, "busy");
	assert_int_equal(run_set_text(&run.phases[1].invalid, "it lagged"), 0);
	run_add_phase(&run, "", 1, "record");
	assert_int_equal(loadview_list(&run, names, 4), 2);
	assert_string_equal(names[0], "calm");
	assert_string_equal(names[1], "busy");
	assert_int_equal(loadview_list(&run, names, 1), 1);
	assert_int_equal(loadview_make(&run, "busy", &view), 0);
	assert_int_equal(view.nr_phases, 1);
	assert_string_equal(view.phases[0].placement, "spread");
	assert_string_equal(view.phases[0].name, "measure");
	assert_string_equal(run.phases[2].name, "busy");
	free(view.phases);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_decide),
		cmocka_unit_test(conditions_are_asked_about_too),
		cmocka_unit_test(figures_are_asked_about_alone),
		cmocka_unit_test(what_nobody_knows_of_one_is_known_of_none),
		cmocka_unit_test(copies_are_not_asked_about),
		cmocka_unit_test(what_does_not_count_does_not_decide),
		cmocka_unit_test(a_view_has_one_phase_of_what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
