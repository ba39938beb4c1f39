// SPDX-License-Identifier: GPL-2.0-only
/* The summary as people read it, held against files that were read and found right. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sample_run.h"
#include "user/base/text.h"
#include "tests/unit/golden.h"
#include "user/show/summary.h"

static char *print_by(int (*summary)(const struct run *, FILE *), const struct run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(summary(run, out), 0);
	assert_int_equal(fclose(out), 0);
	if (widest_line(text) > 80)
		print_error("# too wide:\n%s", text);
	assert_true(widest_line(text) <= 80);
	assert_null(strchr(text, '\033'));
	return text;
}

static char *print(const struct run *run)
{
	return print_by(summary_print, run);
}

static void an_experiment(void **state)
{
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 3);
	assert_int_equal(tally_add(&run.phases[1].losses, "edge map full", 12), 0);
	assert_int_equal(tally_add(&run.phases[1].losses, "socket without a cgroup", 3), 0);
	assert_int_equal(tally_add(&run.phases[1].losses, "never happened", 0), 0);
	text = print(&run);
	assert_golden("summary-experiment.txt", text);
	free(text);
	run_free(&run);
}

/* A placement none of whose trials counts has no mean to print, and no length of a trial. */
static void trials_that_do_not_count_leave_a_line(void **state)
{
	struct run run = { 0 };
	char *text, *brief;
	size_t i;

	(void)state;
	sample_run(&run, 2);
	for (i = 0; i < run.nr_phases; i++)
		run_set_text(&run.phases[i].invalid, "the generator lagged");
	run_add_phase(&run, "spread", 1, "measure")->duration_ns = 10 * NSEC_PER_SEC;
	text = print(&run);
	brief = print_by(summary_print_brief, &run);
	assert_non_null(strstr(text, "\nPlacement packed: no trial counts\n"));
	assert_non_null(strstr(brief, "Placement packed: no trial counts\n"));
	assert_non_null(strstr(text, "\n\nPlacement spread: 1 trial of 10.0s"));
	assert_non_null(strstr(brief, "\n\nPlacement spread: 1 trial of 10.0s"));
	free(text);
	free(brief);
	run_set_text(&run.phases[0].placement, "");
	text = print(&run);
	assert_non_null(strstr(text, "Nothing that was measured counts\n"));
	free(text);
	run_free(&run);
}

static void what_a_run_prints_is_cut_to_twelve_rows(void **state)
{
	struct run run = { 0 };
	char name[32], *text;
	unsigned int i;

	(void)state;
	sample_run(&run, 3);
	for (i = 0; i < 14; i++) {
		snprintf(name, sizeof(name), "worker-%u", i);
		sample_service(&run.phases[0], name, "a", 1000 + i, 9000);
		snprintf(name, sizeof(name), "GET /%u", i);
		sample_endpoint(&run.phases[0], name, 1 + i, 1000000, 0);
	}
	text = print_by(summary_print_brief, &run);
	assert_golden("summary-brief.txt", text);
	free(text);
	run_free(&run);
}

static void a_recording_without_placements(void **state)
{
	struct run run = { 0 };
	struct phase *phase;
	char *text;

	(void)state;
	phase = run_add_phase(&run, "", 1, "measure");
	phase->duration_ns = 2 * NSEC_PER_SEC;
	sample_service(phase, "sshd", "vm1", 3000000, 9000);
	text = print(&run);
	assert_golden("summary-record.txt", text);
	free(text);
	run_free(&run);
}

static void a_load_alone_does_not_claim_that_nothing_was_lost(void **state)
{
	struct run run = { 0 };
	struct phase *phase;
	char *text;

	(void)state;
	phase = run_add_phase(&run, "", 1, "measure");
	phase->duration_ns = 10 * NSEC_PER_SEC;
	sample_endpoint(phase, "GET /", 100, 1000000, 7);
	assert_int_equal(tally_add(&phase->endpoints[0].codes, "404", 3), 0);
	text = print(&run);
	assert_golden("summary-load.txt", text);
	assert_null(strstr(text, "Lost"));
	free(text);
	run_free(&run);
}

static void a_long_list_is_cut_and_says_so(void **state)
{
	struct run run = { 0 };
	struct phase *phase;
	unsigned int i;
	char *text;

	(void)state;
	phase = run_add_phase(&run, "", 1, "measure");
	phase->duration_ns = NSEC_PER_SEC;
	for (i = 0; i < 30; i++) {
		char name[300];

		snprintf(name, sizeof(name), "%0200u-service-%02u", i, i);
		sample_service(phase, name, "a", 1000000 * (i + 1), 1000);
		sample_endpoint(phase, name, 10 + i, 1000000, 0);
	}
	sample_endpoint(phase, "all", 10, 1000000, 0);
	text = print(&run);
	assert_non_null(strstr(text, "-service-29 "));
	assert_null(strstr(text, "-service-09 "));
	assert_non_null(strstr(text, "… 10 more ('situ export' has all)\n"));
	assert_non_null(strstr(text, "\nall "));
	free(text);
	run_free(&run);
}

static void replicas_are_told_apart(void **state)
{
	struct run run = { 0 };
	struct phase *phase;
	char *text;

	(void)state;
	phase = run_add_phase(&run, "", 1, "measure");
	phase->duration_ns = NSEC_PER_SEC;
	sample_service(phase, "cart", "a", 1000000, 1000);
	sample_service(phase, "cart", "b", 2000000, 1000);
	sample_service(phase, "web", "b", 3000000, 1000);
	sample_edge(phase, "web", "cart", "10.0.0.1:80", "ba", 1000000);
	sample_edge(phase, "web", "cart", "10.0.0.2:80", "bb", 1000000);
	text = print(&run);
	assert_non_null(strstr(text, "web     > cart@a"));
	assert_non_null(strstr(text, "web     > cart@b"));
	free(text);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_experiment),
		cmocka_unit_test(trials_that_do_not_count_leave_a_line),
		cmocka_unit_test(what_a_run_prints_is_cut_to_twelve_rows),
		cmocka_unit_test(a_recording_without_placements),
		cmocka_unit_test(a_load_alone_does_not_claim_that_nothing_was_lost),
		cmocka_unit_test(a_long_list_is_cut_and_says_so),
		cmocka_unit_test(replicas_are_told_apart),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
