// SPDX-License-Identifier: GPL-2.0-only
/* Workload files that are refused: each by what is wrong in them, and where. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/workload_check.h"

static struct workload *parse(const char *text, struct err *err)
{
	*err = (struct err){ 0 };
	return workload_parse("w.yaml", text, strlen(text), err);
}

/* @text is refused, in one line that begins with its place and contains @want. */
static void refuse(const char *text, const char *place, const char *want)
{
	struct err err;
	struct workload *w = parse(text, &err);

	if (w || !strstr(err.text, want) || strncmp(err.text, place, strlen(place)) != 0)
		print_message("for:\n%s\ngot: %s\n", text, w ? "accepted" : err.text);
	assert_null(w);
	assert_int_equal(err.code, EXIT_USAGE);
	assert_int_equal(strncmp(err.text, place, strlen(place)), 0);
	assert_non_null(strstr(err.text, want));
	assert_null(strchr(err.text, '\n'));
}

static void test_bad_form(void **state)
{
	(void)state;
	refuse("", "w.yaml:1:1: ", "empty");
	refuse("# nothing\n", "w.yaml:1:1: ", "empty");
	refuse("just a text\n", "w.yaml:1:1: ", "keys");
	refuse("- a\n", "w.yaml:1:1: ", "keys");
	refuse("endpoints:\n\t- path: /a\n", "w.yaml:2:1: ", "not YAML");
	refuse("endpoints: [{path: \"/a}]\n", "w.yaml:2:1: ", "not YAML");
	refuse("endpoints:\n", "w.yaml:1:11: ", "list");
	refuse("endpoints: []\n", "w.yaml:1:12: ", "at least 1");
	refuse("base: http://h\n", "w.yaml:1:1: ", "endpoints or sessions");
	refuse("endpoints:\n  - weight: 1\n", "w.yaml:2:5: ", "path");
	refuse("endpoints:\n  - path: /\n    wieght: 3\n", "w.yaml:3:5: ", "'weight'");
	refuse("endpoints:\n  - path: /\n    path: /b\n", "w.yaml:3:5: ", "second time");
	refuse("endpoints:\n  - path: [a]\n", "w.yaml:2:11: ", "path");
	refuse("endpoints:\n  - path: ''\n", "w.yaml:2:11: ", "empty");
	refuse("endpoints:\n  - path: \"/\\0b\"\n", "w.yaml:2:11: ", "NUL");
	refuse("endpoints:\n  - &a {path: /a}\n  - *a\n", "w.yaml:", "lias");
	refuse("endpoints: &a [*a]\n", "w.yaml:1:12: ", "keys");
	refuse("endpoints:\n  - path: /\n---\nx: 1\n", "w.yaml:4:1: ", "second document");
	refuse("endpoints:\n  - path: /\n    weight: -1\n", "w.yaml:3:13: ", "weight");
	refuse("endpoints:\n  - path: /\n    weight: 1.5\n", "w.yaml:3:13: ", "weight");
	refuse("endpoints:\n  - path: /\n    weight: 4294967296\n", "w.yaml:3:13: ", "weight");
	refuse("vars: [{name: a, from: x, to: 2}]\nendpoints: [{path: /}]\n", "w.yaml:1:", "x");
}

static void test_bad_endpoints(void **state)
{
	(void)state;
	refuse("endpoints:\n  - path: /\n    weight: 0\n", "w.yaml:3:13: ", "from 1 to");
	refuse("endpoints:\n  - path: /\n    weight: 1000001\n", "w.yaml:3:13: ", "from 1 to");
	refuse("endpoints:\n  - path: a\n", "w.yaml:2:11: ", "begin with '/'");
	refuse("endpoints:\n  - path: http://h/\n", "w.yaml:2:11: ", "begin with '/'");
	refuse("endpoints:\n  - path: \"/a b\"\n", "w.yaml:2:11: ", "percent-encode");
	refuse("endpoints:\n  - path: \"/a\\r\\nX: y\"\n", "w.yaml:2:11: ", "percent-encode");
	refuse("endpoints:\n  - path: /a#b\n", "w.yaml:2:11: ", "percent-encode");
	refuse("endpoints:\n  - path: /\xc3\xa4\n", "w.yaml:2:11: ", "percent-encode");
	refuse("endpoints:\n  - path: /a/{sku}\n", "w.yaml:2:11: ", "unknown variable {sku}");
	refuse("endpoints:\n  - {path: /, method: get}\n", "w.yaml:2:", "upper-case");
	refuse("endpoints:\n  - {path: /, method: \"GET / HTTP/1.1\\r\\nX:\"}\n",
	       "w.yaml:2:", "upper-case");
	refuse("endpoints:\n  - {path: /, method: CONNECT}\n", "w.yaml:2:", "not possible");
	refuse("endpoints:\n  - {path: /, body: x}\n", "w.yaml:2:", "method: POST");
	refuse("endpoints:\n  - {path: /, name: all}\n", "w.yaml:2:", "'all'");
	refuse("endpoints:\n  - path: /a\n  - path: /a\n", "w.yaml:3:11: ", "twice");
	refuse("endpoints:\n  - {path: /, expect: {status: 99}}\n", "w.yaml:2:", "200 to 599");
	refuse("endpoints:\n  - {path: /, expect: {contains: ''}}\n", "w.yaml:2:", "empty");
	refuse("endpoints:\n  - {path: /, expect: {body: x}}\n", "w.yaml:2:", "unknown key");
}

static void refuse_header(const char *header, const char *want)
{
	char text[256];

	snprintf(text, sizeof(text), "endpoints:\n  - path: /\n    headers: [%s]\n", header);
	refuse(text, "w.yaml:3:15: ", want);
}

static void test_bad_headers(void **state)
{
	(void)state;
	refuse_header("nonsense", "Name: value");
	refuse_header("': x'", "Name: value");
	refuse_header("'a b: x'", "Name: value");
	refuse_header("'A:'", "Name: value");
	refuse_header("'A: '", "Name: value");
	refuse_header("\"A: b\\r\\nC: d\"", "line break");
	refuse_header("\"A: b\\nC: d\"", "line break");
	refuse_header("\"A: b\\x7f\"", "line break");
	refuse_header("'content-length: 3'", "leave it out");
	refuse_header("'Transfer-Encoding: chunked'", "leave it out");
	refuse_header("'A: {b}'", "unknown variable {b}");
}

static void refuse_var(const char *vars, const char *use, const char *want)
{
	char text[256];

	snprintf(text, sizeof(text), "vars:\n  - %s\nendpoints:\n  - path: /\n    %s\n", vars, use);
	refuse(text, "w.yaml:", want);
}

static void test_bad_variables(void **state)
{
	(void)state;
	refuse_var("{name: a}", "weight: 1", "either values: or both");
	refuse_var("{name: a, from: 1}", "weight: 1", "either values: or both");
	refuse_var("{name: a, from: 1, to: 2, values: [x]}", "weight: 1", "either values: or both");
	refuse_var("{name: a, from: 2, to: 1}", "weight: 1", "smaller one first");
	refuse_var("{name: a, values: []}", "weight: 1", "at least 1");
	refuse_var("{name: 1a, values: [x]}", "weight: 1", "letters");
	refuse_var("{name: a-b, values: [x]}", "weight: 1", "letters");
	refuse_var("{name: a, values: [x]}\n  - {name: a, values: [y]}", "weight: 1", "twice");
	refuse_var("{name: a, values: [\"x\\r\\nB: c\"]}", "headers: ['A: {a}']", "cannot stand");
	refuse("vars: [{name: a, values: ['b c']}]\nendpoints: [{path: '/{a}'}]\n",
	       "w.yaml:2:", "percent-encode");
	/* The whole of 64 bits has no count that fits them. */
	refuse_var("{name: a, from: -9223372036854775808, to: 9223372036854775807}", "weight: 1",
		   "smaller");
}

static void test_bad_base(void **state)
{
	static const char *const urls[][2] = {
		{ "localhost", "http://host:port" },  { "ftp://h/", "only http" },
		{ "http://", "http://host:port" },    { "http://h:99999/", "http://host:port" },
		{ "http://u:p@h/", "Authorization" }, { "http://h/#x", "percent-encode" },
		{ "http://h/?q=1", "no query" },      { "http:/h", "http://host:port" },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(urls); i++) {
		snprintf(text, sizeof(text), "base: '%s'\nendpoints: [{path: /}]\n", urls[i][0]);
		refuse(text, "w.yaml:1:7: ", urls[i][1]);
	}
}

/* @keys are the rest of a step that begins in line 4, column 11. */
static void refuse_step(const char *keys, const char *place, const char *want)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "vars: [{name: v, from: 1, to: 2}]\nsessions:\n  - name: s\n    steps:\n"
		 "      - path: /first\n      - %s\n",
		 keys);
	refuse(text, place, want);
}

static void test_bad_sessions(void **state)
{
	(void)state;
	refuse("sessions: []\n", "w.yaml:1:11: ", "at least 1");
	refuse("sessions: [{name: s, steps: []}]\n", "w.yaml:1:29: ", "at least 1");
	refuse("sessions: [{steps: [{path: /}]}]\n", "w.yaml:1:12: ", "'name'");
	refuse("sessions:\n  - {name: s, weight: 0, steps: [{path: /}]}\n",
	       "w.yaml:2:23: ", "from 1 to");
	refuse("sessions:\n  - {name: s, steps: [{path: /}]}\n  - {name: s, steps: [{path: /b}]}\n",
	       "w.yaml:3:12: ", "twice");
	refuse("sessions:\n  - {name: s, pause: 3s-1s, steps: [{path: /}]}\n",
	       "w.yaml:2:22: ", "1s-3s");
	refuse("sessions:\n  - {name: s, steps: [{path: /, chance: 50%}]}\n",
	       "w.yaml:2:41: ", "first step");
	refuse("sessions:\n  - {name: s, steps: [{chance: 50%, steps: [{path: /}]}]}\n",
	       "w.yaml:2:32: ", "first step");
	refuse("endpoints:\n  - path: /\n    repeat: 2\n", "w.yaml:3:5: ", "unknown key");
	refuse("endpoints: [{path: /a}]\nsessions: [{name: s, steps: [{path: /a}]}]\n",
	       "w.yaml:2:37: ", "twice");
}

static void test_bad_steps(void **state)
{
	(void)state;
	refuse_step("repeat: 2", "w.yaml:6:9: ", "'path'");
	refuse_step("{path: /a, steps: [{path: /b}]}", "w.yaml:6:9: ", "a group has");
	refuse_step("{think: 1s, steps: [{path: /b}]}", "w.yaml:6:9: ", "a group has");
	refuse_step("{steps: [{path: /b, steps: [{path: /c}]}]}", "w.yaml:6:", "unknown key");
	refuse_step("{steps: []}", "w.yaml:6:17: ", "at least 1");
	refuse_step("{path: /a, weight: 2}", "w.yaml:6:20: ", "unknown key");
	refuse_step("{path: /a, repeat: 0}", "w.yaml:6:28: ", "from 1 to");
	refuse_step("{path: /a, repeat: 10001}", "w.yaml:6:28: ", "from 1 to");
	refuse_step("{repeat: 10000, steps: [{path: /a, repeat: 11}]}",
		    "w.yaml:5:7: ", "repeat less");
	refuse_step("{path: /a, chance: 0}", "w.yaml:6:28: ", "30%");
	refuse_step("{path: /a, chance: 101%}", "w.yaml:6:28: ", "30%");
	refuse_step("{path: /a, chance: nan}", "w.yaml:6:28: ", "30%");
	refuse_step("{path: /a, chance: 3 %%}", "w.yaml:6:28: ", "30%");
	refuse_step("{path: /a, think: fast}", "w.yaml:6:27: ", "500ms");
	refuse_step("{path: /a, think: 25h}", "w.yaml:6:27: ", "up to a day");
	refuse_step("{path: /a, think: -1s}", "w.yaml:6:27: ", "500ms");
	refuse_step("{path: '/{nothing}'}", "w.yaml:6:16: ", "unknown variable");
	refuse_step("{path: '/{a.b}'}", "w.yaml:6:16: ", "unknown variable {a.b}");
}

static void refuse_extract(const char *keys, const char *want)
{
	char text[512];

	snprintf(text, sizeof(text), "{path: /a, extract: [{%s}]}", keys);
	refuse_step(text, "w.yaml:6:", want);
}

static void test_bad_extracts(void **state)
{
	(void)state;
	refuse_extract("name: x", "'from'");
	refuse_extract("from: json, pointer: ''", "'name'");
	refuse_extract("name: x, from: xml", "none of json, regex, header, cookie");
	refuse_extract("name: x, from: json", "needs 'pointer'");
	refuse_extract("name: x, from: json, pointer: a", "no JSON pointer");
	refuse_extract("name: x, from: json, pointer: /a, list: b", "no JSON pointer");
	refuse_extract("name: x, from: json, pointer: /a, where: /b", "add 'list");
	refuse_extract("name: x, from: json, pointer: /a, pick: last", "add 'list");
	refuse_extract("name: x, from: json, pointer: /a, list: '', pick: any", "none of random");
	refuse_extract("name: x, from: json, pointer: /a, pattern: b", "does not go with");
	refuse_extract("name: x, from: regex", "needs 'pattern'");
	refuse_extract("name: x, from: regex, pattern: '('", "at its byte 2");
	refuse_extract("name: x, from: header", "needs 'header'");
	refuse_extract("name: x, from: header, header: A, cookie: b", "does not go with");
	refuse_extract("name: x, from: cookie, cookie: a, pattern: '['", "at its byte");
	refuse_extract("name: v, from: json, pointer: /a", "one of vars already");
	refuse_extract("name: x-y, from: json, pointer: /a", "letters");
	refuse_extract("name: x.y, from: json, pointer: /a", "letters");
}

/* A value is named only where it is there for sure. */
static void test_values_too_early(void **state)
{
	static const char extract[] = "extract: [{name: x, from: json, pointer: /x}]";
	static const char *const late[] = {
		"{path: '/{x}', %s}",
		"{path: '/a', chance: 50%%, %s}\n      - path: '/{x}'",
		"{chance: 50%%, steps: [{path: /a, %s}]}\n      - path: '/{x}'",
		"{steps: [{path: '/{x}'}, {path: /a, %s}]}",
	};
	static const char *const good[] = {
		"{path: '/a', repeat: 3, %s}\n      - path: '/{x}'",
		"{chance: 50%%, steps: [{path: /a, %s}, {path: '/{x}'}]}",
		"{steps: [{path: /a, %s}]}\n      - {path: /b, headers: ['X: {x}']}",
	};
	char keys[256], text[512];
	struct workload *w;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(late); i++) {
		snprintf(keys, sizeof(keys), late[i], extract);
		refuse_step(keys, "w.yaml:", "may have no value here");
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(keys, sizeof(keys), good[i], extract);
		snprintf(text, sizeof(text),
			 "sessions:\n  - name: s\n    steps:\n      - path: /f\n      - %s\n",
			 keys);
		w = parse(text, &err);
		if (!w)
			fail_msg("%s: %s", text, err.text);
		workload_free(w);
	}
}

static void test_bad_expectations(void **state)
{
	static const char *const statuses[] = { "2x", "2xxx", "600", "20a", "200-204", "x", "1xx" };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		snprintf(text, sizeof(text),
			 "endpoints:\n  - path: /\n    expect: {status: '%s'}\n", statuses[i]);
		refuse(text, "w.yaml:3:22: ", "200 to 599");
	}
	refuse("endpoints:\n  - path: /\n    expect: {json: [{pointer: x, equals: y}]}\n",
	       "w.yaml:3:31: ", "no JSON pointer");
	refuse("endpoints:\n  - path: /\n    expect: {json: [{pointer: /x}]}\n",
	       "w.yaml:3:21: ", "'equals'");
}

static void test_bad_data(void **state)
{
	static const char rest[] = "endpoints: [{path: /}]\n";
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "data: [{file: /nonexistent.csv, as: u}]\n%s", rest);
	refuse(text, "w.yaml:1:15: ", "cannot read /nonexistent.csv");
	snprintf(text, sizeof(text), "data: [{file: /dev/zero, as: u}]\n%s", rest);
	refuse(text, "w.yaml:1:15: ", "not a regular file");
	snprintf(text, sizeof(text), "data: [{file: /, as: u}]\n%s", rest);
	refuse(text, "w.yaml:1:15: ", "not a regular file");
	snprintf(text, sizeof(text), "data: [{file: /x, as: u, order: up}]\n%s", rest);
	refuse(text, "w.yaml:1:33: ", "seq, random");
	snprintf(text, sizeof(text), "data: [{file: /x, as: 7}]\n%s", rest);
	refuse(text, "w.yaml:1:23: ", "letters");
	refuse("vars: [{name: a, from: 1, to: 2, per: day}]\nendpoints: [{path: /}]\n",
	       "w.yaml:1:39: ", "request, session");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_form),	 cmocka_unit_test(test_bad_endpoints),
		cmocka_unit_test(test_bad_headers),	 cmocka_unit_test(test_bad_variables),
		cmocka_unit_test(test_bad_base),	 cmocka_unit_test(test_bad_sessions),
		cmocka_unit_test(test_bad_steps),	 cmocka_unit_test(test_bad_extracts),
		cmocka_unit_test(test_values_too_early), cmocka_unit_test(test_bad_expectations),
		cmocka_unit_test(test_bad_data),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
