// SPDX-License-Identifier: GPL-2.0-only
/* Comparisons of runs whose truth is known, and how they read. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/compared.h"
#include "tests/unit/sample_run.h"

static const struct difference *find(const struct comparison *c, const char *subject,
				     const char *metric, const char *stat)
{
	size_t i;

	for (i = 0; i < c->nr; i++) {
		const struct difference *d = &c->difference[i];

		if (strcmp(d->subject, subject) == 0 && strcmp(d->metric->id, metric) == 0 &&
		    strcmp(d->stat, stat) == 0)
			return d;
	}
	return NULL;
}

static void compare(const struct run *run, struct comparison *c)
{
	assert_int_equal(compare_placements(run, "packed", "spread", &options, c), 0);
	assert_int_equal(compare_judge(c, 1, &options), 0);
}

static void eight_pairs_of_twice_the_latency_are_worse(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 8);
	compare(&run, &c);
	assert_int_equal(c.trials_a, 8);
	d = find(&c, "all", "latency_ns", "mean");
	assert_non_null(d);
	assert_int_equal(d->pairs, 8);
	assert_true(fabs(d->ratio - 2) < 1e-6);
	assert_true(fabs(d->p_value - 2.0 / 256) < 1e-12);
	assert_null(d->kpi);
	assert_true(d->delta == 1);
	assert_int_equal(d->verdict, VERDICT_WORSE);
	/* By name, although host and address differ between the placements. */
	d = find(&c, "web > cart", "response_ns", "p99");
	assert_non_null(d);
	assert_int_equal(d->verdict, VERDICT_WORSE);
	d = find(&c, "redis vda write", "device_ns", "p50");
	assert_non_null(d);
	assert_int_equal(d->verdict, VERDICT_EQUIVALENT);
	/* CPU is judged per answered request: 2 s for 1000 of them. */
	d = find(&c, "web", "cpu_ns", "per request");
	assert_non_null(d);
	assert_true(fabs(d->a - 2e6) < 1e-3);
	assert_int_equal(d->verdict, VERDICT_EQUIVALENT);
	text = print(&run, 12);
	assert_golden("compare-eight.txt", text);
	free(text);
	comparison_free(&c);
	run_free(&run);
}

static void three_pairs_are_not_enough_and_say_so(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	size_t i;
	char *text;

	(void)state;
	sample_run(&run, 3);
	compare(&run, &c);
	for (i = 0; i < c.nr; i++)
		assert_int_equal(c.difference[i].verdict, VERDICT_UNDECIDED);
	d = find(&c, "all", "latency_ns", "p50");
	assert_non_null(d);
	assert_true(d->ratio > 1.9 && d->ratio_low > 1.8 && d->ratio_high < 2.2);
	text = print(&run, 8);
	assert_golden("compare-three.txt", text);
	free(text);
	comparison_free(&c);
	run_free(&run);
}

static void the_biggest_comes_first_within_its_rank(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	size_t i;

	(void)state;
	sample_run(&run, 6);
	compare(&run, &c);
	assert_int_equal(c.difference[c.nr_kpis].verdict, VERDICT_WORSE);
	for (i = c.nr_kpis + 1; i < c.nr; i++) {
		const struct difference *before = &c.difference[i - 1], *d = &c.difference[i];

		/* Every row of this run is either twice as slow or the same. */
		if (before->verdict == d->verdict)
			assert_true(fabs(log(before->ratio)) >= fabs(log(d->ratio)));
		else
			assert_int_equal(d->verdict, VERDICT_EQUIVALENT);
	}
	comparison_free(&c);
	run_free(&run);
}

static void an_edge_of_one_placement_is_kept_as_na(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 3);
	sample_edge(&run.phases[1], "cart", "payment", "10.0.0.9:80", "bb", 1000000);
	compare(&run, &c);
	d = find(&c, "cart > payment", "response_ns", "p50");
	assert_non_null(d);
	assert_true(isnan(d->a) && isfinite(d->b) && isnan(d->ratio));
	assert_int_equal(d->trials_a, 0);
	assert_int_equal(d->trials_b, 1);
	assert_int_equal(d->verdict, VERDICT_UNDECIDED);
	assert_string_equal(c.difference[c.nr - 1].subject, "cart > payment");
	text = print(&run, c.nr);
	assert_non_null(strstr(text, "n/a\n"));
	free(text);
	comparison_free(&c);
	run_free(&run);
}

static void errors_from_nothing_have_no_ratio_but_a_verdict(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	unsigned int i;

	(void)state;
	for (i = 1; i <= 6; i++) {
		sample_trial(&run, "packed", i, 1, 0);
		sample_trial(&run, "spread", i, 1, 10 + i);
	}
	compare(&run, &c);
	d = find(&c, "POST /api/cart/add", "errors", "per request");
	assert_non_null(d);
	assert_true(d->a == 0 && fabs(d->b - 13.5 / 400) < 1e-9);
	assert_true(isnan(d->ratio) && isnan(d->ratio_low));
	assert_int_equal(d->verdict, VERDICT_WORSE);
	/* From nothing to something is the biggest difference there is. */
	assert_string_equal(c.difference[c.nr_kpis].metric->id, "errors");
	/* What never happened has no row. */
	assert_null(find(&c, "web > cart", "resets", "per request"));
	comparison_free(&c);
	run_free(&run);
}

static void pairs_are_made_by_trial_number(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	unsigned int i;

	(void)state;
	/* Drift: each block is ten times slower than the one before, spread always by half more. */
	for (i = 1; i <= 3; i++)
		sample_trial(&run, "packed", i, pow(10, i - 1), 0);
	for (i = 4; i >= 2; i--)
		sample_trial(&run, "spread", i, 1.5 * pow(10, i - 1), 0);
	compare(&run, &c);
	d = find(&c, "all", "latency_ns", "mean");
	assert_non_null(d);
	assert_int_equal(d->trials_b, 3);
	assert_int_equal(d->pairs, 2);
	assert_true(fabs(d->ratio - 1.5) < 1e-6);
	assert_true(isnan(d->ratio_low));
	comparison_free(&c);
	run_free(&run);
}

static void a_quantile_needs_values_beyond_it(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct phase *phase = run_add_phase(&run, i ? "spread" : "packed", 1, "measure");
		struct service *few, *many;

		phase->duration_ns = NSEC_PER_SEC;
		few = phase_add_service(phase, "few", "a");
		fill(&few->runq_wait_ns, HIST_KERNEL_SUB_BITS, 1000, 99);
		many = phase_add_service(phase, "many", "a");
		fill(&many->runq_wait_ns, HIST_KERNEL_SUB_BITS, 1000, 100);
		many->cpu_ns = 1000;
	}
	compare(&run, &c);
	assert_null(find(&c, "few", "runq_wait_ns", "p99"));
	assert_non_null(find(&c, "few", "runq_wait_ns", "p50"));
	assert_non_null(find(&c, "many", "runq_wait_ns", "p99"));
	/* Without a load counters are per second. */
	assert_non_null(find(&c, "many", "cpu_ns", "per second"));
	comparison_free(&c);
	run_free(&run);
}

static void a_placement_against_itself_is_equivalent(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	size_t i;

	(void)state;
	sample_run(&run, 6);
	assert_int_equal(compare_placements(&run, "packed", "packed", &options, &c), 0);
	assert_int_equal(compare_judge(&c, 1, &options), 0);
	assert_true(c.nr > 0);
	for (i = 0; i < c.nr; i++)
		assert_int_equal(c.difference[i].verdict, VERDICT_EQUIVALENT);
	comparison_free(&c);
	run_free(&run);
}

static void an_empty_run_is_no_error(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	char *text;

	(void)state;
	compare(&run, &c);
	assert_int_equal(c.nr, 0);
	text = print(&run, 10);
	assert_non_null(strstr(text, "Nothing to compare"));
	free(text);
	comparison_free(&c);
}

static void json_has_all_rows_and_null_for_unknown(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	json_t *doc, *row;
	size_t i;
	bool null_seen = false;

	(void)state;
	sample_run(&run, 2);
	compare(&run, &c);
	doc = to_json(&run);
	assert_string_equal(json_string_value(json_object_get(doc, "b")), "spread");
	assert_int_equal(json_array_size(json_object_get(doc, "differences")), c.nr);
	json_array_foreach (json_object_get(doc, "differences"), i, row) {
		null_seen |= json_is_null(json_object_get(row, "ratio_low"));
		assert_true(json_is_number(json_object_get(row, "ratio")));
		assert_int_equal(json_is_string(json_object_get(row, "kpi")), i < c.nr_kpis);
		assert_string_equal(json_string_value(json_object_get(row, "verdict")),
				    "not enough data");
	}
	assert_true(null_seen);
	json_decref(doc);
	comparison_free(&c);
	run_free(&run);
}

static void the_figures_judged_are_the_first_and_adjusted(void **state)
{
	static const char *const names[] = { "p50", "p99", "rate", "cpu" };
	struct comparison c;
	struct run run = { 0 };
	size_t i;

	(void)state;
	sample_run(&run, 8);
	compare(&run, &c);
	/* Nothing failed in any trial: no figure for it, and no price for asking. */
	assert_int_equal(c.nr_kpis, 4);
	for (i = 0; i < 4; i++)
		assert_string_equal(c.difference[i].kpi->text, names[i]);
	assert_true(fabs(c.difference[0].p_adjusted - 4 * 2.0 / 256) < 1e-12);
	assert_string_equal(c.difference[3].subject, "all services");
	assert_true(fabs(c.difference[3].a - 3.5e6) < 1e-3);
	for (i = 4; i < c.nr; i++)
		assert_null(c.difference[i].kpi);
	comparison_free(&c);
	run_free(&run);
}

static void six_blocks_are_too_few_for_four_figures(void **state)
{
	struct comparison c;
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 6);
	compare(&run, &c);
	assert_int_equal(c.difference[0].verdict, VERDICT_UNDECIDED);
	assert_int_equal(c.difference[0].more, 2);
	/* By itself, as an exploratory row, it would be decided. */
	assert_int_equal(find(&c, "all", "latency_ns", "mean")->verdict, VERDICT_WORSE);
	text = print(&run, 5);
	assert_non_null(
		strstr(text, "takes at least 8 blocks with 4 figures to judge; here are 6"));
	assert_non_null(strstr(text, "not enough data, about 2 more blocks"));
	free(text);
	comparison_free(&c);
	run_free(&run);
}

static void a_trial_that_does_not_count_is_left_out(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };

	(void)state;
	sample_run(&run, 8);
	sample_trial(&run, "packed", 9, 1000, 0);
	sample_trial(&run, "spread", 9, 1000, 0);
	assert_int_equal(run_set_text(&run.phases[16].invalid, "steal took 9 %"), 0);
	assert_int_equal(run_set_text(&run.phases[17].invalid, "steal took 9 %"), 0);
	compare(&run, &c);
	assert_int_equal(c.trials_a, 8);
	d = find(&c, "all", "latency_ns", "p50");
	assert_int_equal(d->trials_a, 8);
	assert_int_equal(d->pairs, 8);
	comparison_free(&c);
	run_free(&run);
}

/* Of what runs beside the experiment on the same machine, "all services" knows nothing. */
static void all_services_are_those_on_the_hosts(void **state)
{
	const struct difference *d;
	struct comparison c;
	struct run run = { 0 };
	struct service *neighbour;
	double before;
	size_t i;

	(void)state;
	sample_run(&run, 8);
	assert_int_equal(run_add_host(&run, "a"), 0);
	assert_int_equal(run_add_host(&run, "b"), 0);
	compare(&run, &c);
	d = find(&c, "all services", "cpu_ns", "per request");
	assert_non_null(d);
	before = d->b;
	comparison_free(&c);
	for (i = 0; i < run.nr_phases; i++) {
		neighbour = phase_add_service(&run.phases[i], "/build", "machine");
		assert_non_null(neighbour);
		neighbour->cpu_ns = i * NSEC_PER_SEC;
	}
	compare(&run, &c);
	d = find(&c, "all services", "cpu_ns", "per request");
	assert_non_null(d);
	assert_true(d->b == before);
	assert_int_equal(d->verdict, VERDICT_EQUIVALENT);
	comparison_free(&c);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_pairs_of_twice_the_latency_are_worse),
		cmocka_unit_test(three_pairs_are_not_enough_and_say_so),
		cmocka_unit_test(the_biggest_comes_first_within_its_rank),
		cmocka_unit_test(an_edge_of_one_placement_is_kept_as_na),
		cmocka_unit_test(errors_from_nothing_have_no_ratio_but_a_verdict),
		cmocka_unit_test(pairs_are_made_by_trial_number),
		cmocka_unit_test(a_quantile_needs_values_beyond_it),
		cmocka_unit_test(a_placement_against_itself_is_equivalent),
		cmocka_unit_test(an_empty_run_is_no_error),
		cmocka_unit_test(json_has_all_rows_and_null_for_unknown),
		cmocka_unit_test(the_figures_judged_are_the_first_and_adjusted),
		cmocka_unit_test(six_blocks_are_too_few_for_four_figures),
		cmocka_unit_test(a_trial_that_does_not_count_is_left_out),
		cmocka_unit_test(all_services_are_those_on_the_hosts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin_comparing, end_comparing);
}
