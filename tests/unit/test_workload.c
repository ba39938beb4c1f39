// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"
#include "loadgen/workload_check.h"

static struct workload *parse(const char *text, struct err *err)
{
	*err = (struct err){ 0 };
	return workload_parse("w.yaml", text, strlen(text), err);
}

static const char *const shop =
	"base: http://127.0.0.1:8080/prefix/\n"
	"vars:\n"
	"  - {name: sku, values: [HAL-1, STAN-1]}\n"
	"  - {name: user, from: -1, to: 1000}\n"
	"endpoints:\n"
	"  - path: /api/catalogue/product/{sku}\n"
	"    weight: 3\n"
	"  - name: login\n"
	"    method: POST\n"
	"    path: /api/user/login\n"
	"    headers: [\"Content-Type: application/json\", 'X-User: {user}']\n"
	"    body: '{\"name\":\"user{user}\",\"password\":\"password\"}'\n"
	"    expect: {status: 201, contains: '\"name\"'}\n";

static void test_all_members(void **state)
{
	struct err err;
	struct workload *w = parse(shop, &err);

	(void)state;
	assert_non_null(w);
	assert_string_equal(w->base, "http://127.0.0.1:8080/prefix");
	assert_int_equal(w->nr_vars, 2);
	assert_int_equal(variable_range(&w->vars[0]), 2);
	assert_int_equal(variable_range(&w->vars[1]), 1002);
	assert_int_equal(w->nr_targets, 2);
	assert_string_equal(w->targets[0].title, "GET /api/catalogue/product/{sku}");
	assert_string_equal(w->targets[1].title, "login");
	assert_string_equal(w->targets[1].verb, "POST");
	assert_true(expect_status(w->targets[1].expect, 201));
	assert_false(expect_status(w->targets[1].expect, 200));
	assert_true(w->mean_requests == 1);
	assert_int_equal(w->cumulated[0], 3);
	assert_int_equal(w->cumulated[1], 4);
	workload_free(w);
}

static void test_expansion(void **state)
{
	const u64 choice[VARTEXT_VARS_MAX] = { 1, 0 };
	const struct vartext_values values = { .choice = choice };
	char text[128];
	struct err err;
	struct workload *w = parse(shop, &err);

	(void)state;
	assert_non_null(w);
	assert_true(w->targets[0].path_template.len_max < sizeof(text));
	vartext_expand(&w->targets[0].path_template, &values, text);
	assert_string_equal(text, "/api/catalogue/product/STAN-1");
	vartext_expand(&w->targets[1].body_template, &values, text);
	assert_string_equal(text, "{\"name\":\"user-1\",\"password\":\"password\"}");
	assert_true(w->targets[1].header_templates[1].varies);
	assert_false(w->targets[1].header_templates[0].varies);
	workload_free(w);
}

static void expand_to(const char *source, const char *want)
{
	s64 from = INT64_MIN, to = INT64_MIN;
	const struct variable var = { .name = "a", .from = &from, .to = &to };
	const struct symbol symbols[] = { { .name = "a", .drawn = &var } };
	char text[128], unknown[VARTEXT_NAME_MAX];
	struct vartext t;
	const u64 choice[] = { 0 };
	const struct vartext_values values = { .choice = choice };

	assert_int_equal(vartext_compile(&t, source, symbols, 1, VARTEXT_PLAIN, unknown), 0);
	assert_true(t.len_max < sizeof(text));
	assert_int_equal(vartext_expand(&t, &values, text), strlen(want));
	assert_string_equal(text, want);
	assert_true(strlen(want) <= t.len_max);
	vartext_free(&t);
}

static void test_braces(void **state)
{
	(void)state;
	expand_to("", "");
	expand_to("{a}", "-9223372036854775808");
	expand_to("x{a}{a}y", "x-9223372036854775808-9223372036854775808y");
	expand_to("{{a}}", "{a}");
	expand_to("{{{a}}}", "{{a}}");
	expand_to("{{b}}{", "{b}{");
	expand_to("{ a } {} {\"a\":{\"b\":[1]}} }{", "{ a } {} {\"a\":{\"b\":[1]}} }{");
	expand_to("{a", "{a");
	expand_to("{1}", "{1}");
	expand_to("{a-b}", "{a-b}");
}

static void test_statuses(void **state)
{
	struct err err;
	struct workload *w = parse("endpoints:\n"
				   "  - {path: /a, expect: {status: '200, 404 5xx'}}\n"
				   "  - {path: /b, expect: {contains: x}}\n",
				   &err);
	static const struct {
		long code;
		bool a, b;
	} cases[] = { { 199, false, true },  { 200, true, true },   { 201, false, true },
		      { 399, false, true },  { 404, true, false },  { 400, false, false },
		      { 499, false, false }, { 500, true, false },  { 599, true, false },
		      { 600, false, false }, { 999, false, false }, { 0, false, true } };
	size_t i;

	(void)state;
	assert_non_null(w);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(expect_status(w->targets[0].expect, cases[i].code), cases[i].a);
		assert_int_equal(expect_status(w->targets[1].expect, cases[i].code), cases[i].b);
	}
	workload_free(w);
}

/* What a stranger's value may do to a text. */
static void escape_as(enum vartext_place place, const char *source, const char *want)
{
	const struct symbol symbols[] = { { .name = "a.b" } };
	const char *const given[] = { "x \"\\/\xc3\xa4&#%\r\n1" };
	const struct vartext_values values = { .given = given };
	char text[256], unknown[VARTEXT_NAME_MAX];
	struct vartext t;

	assert_int_equal(vartext_compile(&t, source, symbols, 1, place, unknown), 0);
	assert_true(t.given && t.varies);
	assert_true(vartext_length(&t, &values) < sizeof(text));
	assert_true(vartext_expand(&t, &values, text) <= vartext_length(&t, &values));
	assert_string_equal(text, want);
	vartext_free(&t);
}

static void test_escapes(void **state)
{
	(void)state;
	escape_as(VARTEXT_PLAIN, "<{a.b}>", "<x \"\\/\xc3\xa4&#%\r\n1>");
	escape_as(VARTEXT_URL, "{a.b}", "x%20%22%5C%2F%C3%A4%26%23%25%0D%0A1");
	escape_as(VARTEXT_URL, "{+a.b}", "x%20\"\\/%C3%A4&%23%%0D%0A1");
	escape_as(VARTEXT_HEADER, "{a.b}", "x \"\\/\xc3\xa4&#%??1");
	escape_as(VARTEXT_HEADER, "{+a.b}", "x \"\\/\xc3\xa4&#%??1");
	escape_as(VARTEXT_JSON, "{a.b}", "x \\\"\\\\/\xc3\xa4&#%\\u000d\\u000a1");
	escape_as(VARTEXT_JSON, "{+a.b}", "x \"\\/\xc3\xa4&#%\r\n1");
	escape_as(VARTEXT_FORM, "{a.b}", "x%20%22%5C%2F%C3%A4%26%23%25%0D%0A1");
	escape_as(VARTEXT_FORM, "{+a.b}", "x \"\\/\xc3\xa4&#%\r\n1");
}

static void test_url(void **state)
{
	struct err err = { 0 };
	struct workload *w = workload_from_url("http://h:1/a/{b}?c={d}", NULL, NULL, &err);

	(void)state;
	assert_non_null(w);
	assert_string_equal(w->base, "http://h:1");
	assert_string_equal(w->targets[0].path, "/a/{b}?c={d}");
	assert_string_equal(w->targets[0].title, "GET /a/{b}?c={d}");
	assert_false(w->targets[0].path_template.varies);
	assert_int_equal(workload_set_base(w, "https://[::1]:2/x/", &err), 0);
	assert_string_equal(w->base, "https://[::1]:2/x");
	assert_int_equal(workload_set_base(w, "http://h?x", &err), -1);
	assert_string_equal(w->base, "https://[::1]:2/x");
	workload_free(w);
	w = workload_from_url("http://h?x", NULL, "{b}", &(struct err){ 0 });
	assert_non_null(w);
	assert_string_equal(w->targets[0].path, "/?x");
	assert_string_equal(w->targets[0].verb, "POST");
	workload_free(w);
	err = (struct err){ 0 };
	assert_null(workload_from_url("http://h/", "GET\r\n", NULL, &err));
	assert_int_equal(err.code, EXIT_USAGE);
}

static void test_missing_file(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(workload_load("/nonexistent/w.yaml", &err));
	assert_int_equal(err.code, EXIT_USAGE);
	assert_non_null(strstr(err.text, "/nonexistent/w.yaml"));
	err = (struct err){ 0 };
	assert_null(workload_load("/", &err));
	assert_int_equal(err.code, EXIT_USAGE);
}

/* Every split of every body gives what strstr() says. */
static void test_match(void **state)
{
	static const char *const cases[][2] = {
		{ "abababc", "xabababababcx" },
		{ "aab", "aaaab" },
		{ "aab", "aaaa" },
		{ "x", "" },
		{ "abcabd", "abcabcabd" },
		{ "needle", "needl" },
		{ "aa", "a-a-aa" },
	};
	size_t i, cut, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *needle = cases[i][0], *body = cases[i][1];
		u16 *fallback = match_compile(needle);

		assert_non_null(fallback);
		for (cut = 0; cut <= strlen(body); cut++) {
			at = match_feed(needle, fallback, 0, body, cut);
			at = match_feed(needle, fallback, at, body + cut, strlen(body) - cut);
			assert_int_equal(needle[at] == '\0', strstr(body, needle) != NULL);
		}
		free(fallback);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_members),  cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_braces),	     cmocka_unit_test(test_url),
		cmocka_unit_test(test_missing_file), cmocka_unit_test(test_match),
		cmocka_unit_test(test_statuses),     cmocka_unit_test(test_escapes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
