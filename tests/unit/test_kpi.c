// SPDX-License-Identifier: GPL-2.0-only
/* Figures and conditions as people write them, good and bad. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/experiment/check.h"

static void parses(const char *text, const char *metric, const char *stat, const char *subject)
{
	struct err err = { 0 };
	struct kpi kpi;

	if (kpi_parse(text, strlen(text), &kpi, &err))
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(kpi.metric->id, metric);
	assert_string_equal(kpi.stat.name, stat);
	assert_string_equal(kpi.text, text);
	if (subject)
		assert_string_equal(kpi.subject, subject);
	else
		assert_null(kpi.subject);
	kpi_free(&kpi);
}

static void refused(const char *text)
{
	struct err err = { 0 };
	struct kpi kpi;

	assert_int_equal(kpi_parse(text, strlen(text), &kpi, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	assert_null(kpi.text);
	assert_null(kpi.subject);
}

static void figures(void **state)
{
	(void)state;
	parses("p50", "latency_ns", "p50", NULL);
	parses("p999(/a)", "latency_ns", "p999", "/a");
	parses("errors", "errors", "", NULL);
	parses("cpu(cart)", "cpu_ns", "", "cart");
	parses("edge.network_ns(web > cart)", "network_ns", "mean", "web > cart");
	parses("service.runq_wait_ns.p99(cart (b))", "runq_wait_ns", "p99", "cart (b)");
	parses("disk.errors(redis vda write)", "errors", "", "redis vda write");
	parses("service.switches", "switches", "", NULL);
}

static void what_is_no_figure(void **state)
{
	static const char *const bad[] = {
		"",
		"p95",
		"p50(",
		"p50()",
		"p50(a",
		"p50(a)b",
		"(a)",
		"cpu.p50",
		"nosuch.thing(a)",
		"phase.self_cpu_ns(a)",
		"service.nosuch(a)",
		"service.slice_ns.p50(a)",
		"service.cpu_ns.p50(a)",
		"edge.rtt_ns.p98(a)",
		"edge.rtt_ns.p50",
		"service.mem_bytes",
		"service.runq_wait_ns",
		".",
		"..",
		"edge.",
	};
	char *huge = malloc(5000);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refused(bad[i]);
	assert_non_null(huge);
	memset(huge, 'p', 4999);
	huge[4999] = '\0';
	refused(huge);
	memcpy(huge, "p50(", 4);
	huge[4998] = ')';
	refused(huge);
	free(huge);
}

static void the_list_has_each_once(void **state)
{
	const char *more[] = { "p99", "cpu(cart)", "cpu(cart)" }, *bad[] = { "p99", "nosuch" };
	struct kpi_list list;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(kpi_list_make(&list, more, 3, &err), 0);
	assert_int_equal(list.nr, 6);
	assert_string_equal(list.kpi[5].text, "cpu(cart)");
	kpi_list_free(&list);
	assert_int_equal(kpi_list_make(&list, bad, 2, &err), -1);
	assert_non_null(strstr(err.text, "'nosuch'"));
	kpi_list_free(&list);
}

static void an_endpoint_goes_by_its_path_too(void **state)
{
	struct endpoint add = { .name = "POST /cart/add" }, all = { .name = "all" };
	const struct subject one = { ENTITY_ENDPOINT, &add, NULL },
			     total = { ENTITY_ENDPOINT, &all, NULL },
			     services = { ENTITY_SERVICE, NULL, NULL };
	struct kpi path, whole, everything, cpu, part;

	(void)state;
	assert_int_equal(kpi_parse("p50(/cart/add)", 14, &path, NULL), 0);
	assert_int_equal(kpi_parse("p50(POST /cart/add)", 19, &whole, NULL), 0);
	assert_int_equal(kpi_parse("p50", 3, &everything, NULL), 0);
	assert_int_equal(kpi_parse("cpu", 3, &cpu, NULL), 0);
	assert_int_equal(kpi_parse("p50(/cart)", 10, &part, NULL), 0);
	assert_true(kpi_matches(&path, &one) && kpi_matches(&whole, &one));
	assert_false(kpi_matches(&path, &total) || kpi_matches(&part, &one));
	assert_true(kpi_matches(&everything, &total) && kpi_matches(&cpu, &services));
	assert_false(kpi_matches(&everything, &one) || kpi_matches(&cpu, &total));
	kpi_free(&path);
	kpi_free(&whole);
	kpi_free(&everything);
	kpi_free(&cpu);
	kpi_free(&part);
}

static void checks(void **state)
{
	struct err err = { 0 };
	struct check check;

	(void)state;
	assert_int_equal(check_parse("p99(GET /a b) spread/packed < 1.1", &check, &err), 0);
	assert_string_equal(check.kpi.subject, "GET /a b");
	assert_string_equal(check.b, "spread");
	assert_string_equal(check.a, "packed");
	assert_int_equal(check.relation, CHECK_BELOW);
	assert_true(check.limit == 1.1);
	check_free(&check);
	assert_int_equal(check_parse("  cpu  b/a>=0.5 ", &check, &err), 0);
	assert_int_equal(check.relation, CHECK_AT_LEAST);
	check_free(&check);
}

static void what_is_no_check(void **state)
{
	static const char *const bad[] = {
		"",
		"p99",
		"p99 a/b",
		"p99 a/b <",
		"p99 a/b < x",
		"p99 a/b < 1 2",
		"p99 a < 1",
		"p99 a/ < 1",
		"p99 /a < 1",
		"p99 a/b = 1",
		"p99 a/b < -1",
		"p99 a/b < nan",
		"p99 a/b < inf",
		"p99 a/b < 0",
		"p95 a/b < 1",
		"p99(a a/b < 1",
		"p99 a<1/b",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = { 0 };
		struct check check;

		if (check_parse(bad[i], &check, &err) == 0)
			fail_msg("'%s' passed for a check", bad[i]);
		assert_int_equal(err.code, EXIT_USAGE);
		assert_null(check.a);
	}
}

static void the_interval_decides(void **state)
{
	const struct check below = { .relation = CHECK_BELOW, .limit = 1.1 };
	const struct check at_least = { .relation = CHECK_AT_LEAST, .limit = 1.1 };

	(void)state;
	assert_int_equal(check_judge(&below, 0.9, 1.09), CHECK_MET);
	assert_int_equal(check_judge(&below, 0.9, 1.1), CHECK_OPEN);
	assert_int_equal(check_judge(&below, 1.1, 1.2), CHECK_NOT_MET);
	assert_int_equal(check_judge(&at_least, 1.1, 1.2), CHECK_MET);
	assert_int_equal(check_judge(&at_least, 1.0, 1.2), CHECK_OPEN);
	assert_int_equal(check_judge(&at_least, 1.0, 1.09), CHECK_NOT_MET);
	assert_int_equal(check_judge(&at_least, NAN, NAN), CHECK_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures),
		cmocka_unit_test(what_is_no_figure),
		cmocka_unit_test(the_list_has_each_once),
		cmocka_unit_test(an_endpoint_goes_by_its_path_too),
		cmocka_unit_test(checks),
		cmocka_unit_test(what_is_no_check),
		cmocka_unit_test(the_interval_decides),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
