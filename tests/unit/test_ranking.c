// SPDX-License-Identifier: GPL-2.0-only
/* Of more than two placements: which is best, and what a copy of one tells. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/compared.h"
#include "tests/unit/sample_run.h"

static void of_three_placements_the_best_is_named(void **state)
{
	struct ranking ranking;
	struct run run = { 0 };
	const char *placement[] = { "spread", "packed", "mixed" };
	struct standing s;
	char *text;
	json_t *doc;
	unsigned int i;

	(void)state;
	for (i = 1; i <= 10; i++) {
		double drift = 1 + 0.01 * i;

		sample_trial(&run, "spread", i, 2 * drift, 0);
		sample_trial(&run, "packed", i, drift, 0);
		sample_trial(&run, "mixed", i, drift * (i % 2 ? 1.2 : 0.9), 0);
	}
	assert_int_equal(ranking_make(&run, placement, 3, &options, &ranking), 0);
	assert_int_equal(ranking.nr_pairs, 3);
	assert_int_equal(ranking.family, 12);
	assert_int_equal(ranking_best(&ranking, &kpis.kpi[0]), 1);
	s = ranking_standing(&ranking, 0, 1, &kpis.kpi[0]);
	assert_int_equal(standing_verdict(&s), VERDICT_WORSE);
	s = ranking_standing(&ranking, 1, 0, &kpis.kpi[0]);
	assert_int_equal(standing_verdict(&s), VERDICT_BETTER);
	s = ranking_standing(&ranking, 2, 1, &kpis.kpi[0]);
	assert_int_equal(standing_verdict(&s), VERDICT_UNDECIDED);
	assert_true(fabs(ranking_value(&ranking, 0, &kpis.kpi[0]) / 10.55e6 - 1) < 0.02);
	ranking_free(&ranking);
	text = print(&run, 5);
	assert_golden("compare-three-placements.txt", text);
	free(text);
	doc = to_json(&run);
	assert_int_equal(json_array_size(json_object_get(doc, "comparisons")), 3);
	assert_string_equal(json_string_value(
				    json_object_get(json_array_get(json_object_get(doc, "kpis"), 0),
						    "best")),
			    "packed");
	json_decref(doc);
	run_free(&run);
}

static void a_copy_tells_what_can_be_seen(void **state)
{
	struct ranking ranking;
	struct run run = { 0 };
	const char *placement[4];
	unsigned int i;
	char *text;

	(void)state;
	for (i = 1; i <= 10; i++) {
		sample_trial(&run, "packed", i, 1, 0);
		sample_trial(&run, "packed-again", i, i % 2 ? 1.04 : 0.96, 0);
		sample_trial(&run, "spread", i, 2, 0);
		sample_trial(&run, "never-again", i, 2, 0); /* a copy of nothing: a name */
	}
	assert_int_equal(ranking_choose(&run, placement, 4), 3);
	assert_string_equal(placement[2], "never-again");
	assert_string_equal(ranking_original(&run, "packed-again"), "packed");
	assert_null(ranking_original(&run, "never-again"));
	assert_int_equal(ranking_make(&run, placement, 2, &options, &ranking), 0);
	assert_int_equal(ranking.nr_pairs, 1);
	assert_int_equal(ranking.nr_copies, 1);
	assert_int_equal(ranking.family, 4);
	assert_int_equal(ranking.nr_resolutions, 4);
	/* 4 % of spread, (t(9, 0.99375) + t(9, 0.8)) / sqrt(10) of it: 5.2 %. */
	assert_true(fabs(ranking.resolution[0].detectable - 0.052) < 0.004);
	ranking_free(&ranking);
	text = print(&run, 5);
	assert_non_null(strstr(text, "Smallest difference this set-up can see"));
	free(text);
	run_free(&run);
}

static void a_copy_that_differs_is_a_warning(void **state)
{
	struct run run = { 0 };
	unsigned int i;
	char *text;

	(void)state;
	for (i = 1; i <= 10; i++) {
		sample_trial(&run, "packed", i, 1, 0);
		sample_trial(&run, "packed-again", i, 1.3, 0);
		sample_trial(&run, "spread", i, 2, 0);
		sample_trial(&run, "mixed", i, 2, 0);
	}
	text = print(&run, 5);
	assert_non_null(strstr(text, "! latency p50 differs between packed and its own copy"));
	free(text);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_three_placements_the_best_is_named),
		cmocka_unit_test(a_copy_tells_what_can_be_seen),
		cmocka_unit_test(a_copy_that_differs_is_a_warning),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin_comparing, end_comparing);
}
