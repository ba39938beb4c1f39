// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/extract.h"
#include "tests/unit/unit.h"

static u64 pick_number(u64 nr, void *arg)
{
	const u64 *number = arg;

	return *number == UINT64_MAX ? nr - 1 : *number;
}

/* The value in @item of @body, or the text of the error; lives until the next call. */
static const char *json_in(const char *body, const struct extract_item *item, const char *pointer)
{
	static char text[256];
	struct answer answer = { .body = body, .len = strlen(body) };
	struct buf value = buf_init(EXTRACT_BODY_MAX);
	int status;

	assert_int_equal(extract_check_pointer(pointer), 0);
	status = extract_json(&answer, item, pointer, &value);
	if (!status)
		status = buf_puts(&value, "");
	snprintf(text, sizeof(text), "%s", status ? strerror(-status) : value.data);
	buf_free(&value);
	answer_free(&answer);
	return text;
}

static const char *json(const char *body, const char *pointer)
{
	const struct extract_item whole = { 0 };

	return json_in(body, &whole, pointer);
}

/* The examples of RFC 6901, section 5. */
static void pointers_of_the_rfc(void **state)
{
	static const char doc[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
				  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
	static const char *const cases[][2] = {
		{ "/foo", "[\"bar\",\"baz\"]" },
		{ "/foo/0", "bar" },
		{ "/", "0" },
		{ "/a~1b", "1" },
		{ "/c%d", "2" },
		{ "/e^f", "3" },
		{ "/g|h", "4" },
		{ "/i\\j", "5" },
		{ "/k\"l", "6" },
		{ "/ ", "7" },
		{ "/m~0n", "8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(json(doc, cases[i][0]), cases[i][1]);
	assert_string_equal(json("[1, 2]", ""), "[1,2]");
}

static void pointers_that_lead_nowhere(void **state)
{
	static const char *const none[] = {
		"/b",	"/a/2", "/a/-", "/a/01", "/a/1/x", "/a/", "/a/18446744073709551616",
		"/a/x", "//a",	"/a~1"
	};
	static const char *const bad[] = { "a", "/~", "/~2", "/a~", "#/a" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(none); i++)
		assert_string_equal(json("{\"a\":[1,2]}", none[i]), strerror(ENOENT));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(extract_check_pointer(bad[i]), -1);
}

static void values_become_text(void **state)
{
	(void)state;
	assert_string_equal(json("\"a\\u00e4\\\"\"", ""), "a\xc3\xa4\"");
	assert_string_equal(json("6.75", ""), "6.75");
	assert_string_equal(json("-9223372036854775808", ""), "-9223372036854775808");
	assert_string_equal(json("true", ""), "true");
	assert_string_equal(json("null", ""), "null");
	assert_string_equal(json("\"\"", ""), "");
	assert_string_equal(json("{\"a\" : {\"b\":\"\\u0001\"}}", "/a"), "{\"b\":\"\\u0001\"}");
}

static void items_of_lists(void **state)
{
	static const char doc[] =
		"{\"l\":[{\"s\":0,\"n\":\"a\"},{\"s\":2,\"n\":\"b\"},{\"n\":\"c\"},{\"s\":\"\"},"
		"{\"s\":null},{\"s\":false},7,{\"s\":[],\"n\":\"d\"}],\"e\":[],\"o\":{\"s\":1}}";
	u64 number = 0;
	struct extract_item item = {
		.list = "/l", .where = "/s", .pick = pick_number, .arg = &number
	};

	(void)state;
	assert_string_equal(json_in(doc, &item, "/n"), "b");
	number = 1;
	assert_string_equal(json_in(doc, &item, "/n"), "d");
	number = 2;
	assert_string_equal(json_in(doc, &item, "/n"), strerror(ENOENT));
	number = UINT64_MAX;
	assert_string_equal(json_in(doc, &item, "/n"), "d");
	item.where = NULL;
	number = 6;
	assert_string_equal(json_in(doc, &item, ""), "7");
	item.list = "/e";
	assert_string_equal(json_in(doc, &item, ""), strerror(ENOENT));
	item.list = "/o";
	assert_string_equal(json_in(doc, &item, ""), strerror(ENOENT));
	item.list = "/x";
	assert_string_equal(json_in(doc, &item, ""), strerror(ENOENT));
}

static void hostile_json(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"<html>",
		"{\"a\":1}x",
		"[1,]",
		"\"\xff\"",
		"\"\\ud800\"",
		"nul",
		"[01]",
		"1e999",
		"99999999999999999999",
		"{\"a\":1,}",
		"\"a\nb\"",
	};
	size_t i, nr = EXTRACT_BODY_MAX;
	char *deep = malloc(nr + 1);

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_string_equal(json(bad[i], ""), strerror(EBADMSG));
	assert_string_equal(json("{\"a\":\"x\\u0000y\",\"b\":1}", "/a"), strerror(EILSEQ));
	assert_string_equal(json("{\"a\":\"x\\u0000y\",\"b\":1}", "/b"), "1");
	assert_non_null(deep);
	memset(deep, '[', nr);
	deep[nr] = '\0';
	assert_string_equal(json(deep, "/0/0/0"), strerror(EBADMSG));
	free(deep);
}

/* As json(), by a pattern over @len bytes. */
static const char *regex_in(const char *pattern, const char *text, size_t len)
{
	static char got[256];
	char why[128];
	struct regex *regex = regex_compile(pattern, why, sizeof(why));
	struct buf value = buf_init(EXTRACT_BODY_MAX);
	int status;

	if (!regex)
		fail_msg("%s: %s", pattern, why);
	status = extract_regex(regex, text, len, &value);
	if (!status)
		status = buf_puts(&value, "");
	snprintf(got, sizeof(got), "%s", status ? strerror(-status) : value.data);
	buf_free(&value);
	regex_free(regex);
	return got;
}

static const char *regex(const char *pattern, const char *text)
{
	return regex_in(pattern, text, strlen(text));
}

static void patterns(void **state)
{
	static const char page[] = "<input name=\"csrf\" value=\"a-1\">\n<input value=\"b\">";

	(void)state;
	assert_string_equal(regex("name=\"csrf\" value=\"([^\"]*)\"", page), "a-1");
	assert_string_equal(regex("value=\"\\w\"", page), "value=\"b\"");
	assert_string_equal(regex("(?:x)|(y)", "x"), strerror(ENOENT));
	assert_string_equal(regex("(x)(y)", "xy"), "x");
	assert_string_equal(regex("()", ""), "");
	assert_string_equal(regex("nothing", page), strerror(ENOENT));
	assert_string_equal(regex("\xff(.)", "\xff\xfe"), "\xfe");
	assert_string_equal(regex_in("b(.)", "a\0bc", 4), "c");
	assert_string_equal(regex_in("a(.)b", "a\0b", 3), strerror(EILSEQ));
}

static void patterns_that_are_none(void **state)
{
	static const char *const bad[] = {
		"(",	   "a{2,1}",	     "[z-a]",
		"\\",	   "(?<a>x)(?<a>y)", "*",
		"(*UTF)a", "(?P<",	     "((a{1,60000}){1,60000}){1,60000}"
	};
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_null(regex_compile(bad[i], why, sizeof(why)));
		assert_non_null(strstr(why, "at its byte"));
	}
}

/* Each of these would take minutes to ages. */
static void patterns_that_never_end(void **state)
{
	static const char *const slow[] = { "(a+)+$",		"(?:a|a)*b",  "\\w+x",
					    "(a*)*(a*)*(a*)*b", "^(?:.?)*x",  "(.*)(.*)(.*)\\d",
					    "(?=(a+))a*b\\1",	"(?<=a)a+?b", "((?R)|a)*b",
					    ".*.*.*.*=" };
	size_t i, len = EXTRACT_BODY_MAX;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	text[len - 1] = '!';
	for (i = 0; i < ARRAY_SIZE(slow); i++) {
		const char *got = regex_in(slow[i], text, len);

		if (strcmp(got, strerror(ELOOP)) != 0 && strcmp(got, strerror(ENOENT)) != 0)
			fail_msg("%s gave %.40s", slow[i], got);
	}
	assert_string_equal(regex_in("(.*)(.*)(.*)\\d", text, len), strerror(ELOOP));
	text[len - 1] = '7';
	assert_string_equal(regex_in("(\\d)", text, len), "7");
	free(text);
}

static void cookies(void **state)
{
	static const char line[] = "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\ta=b; c";
	static const char aging[] = "127.0.0.1\tFALSE\t/\tFALSE\t1000\tsid\tx";
	static const char *const bad[] = { "",
					   "sid",
					   "a\tb\tc\td\te",
					   "a\tb\tc\td\te\tsid",
					   "a\tb\tc\td\te\tsid2\tx",
					   "a\tb\tc\td\tsid\tx" };
	struct buf value = buf_init(100);
	size_t i;

	(void)state;
	assert_int_equal(extract_cookie(line, "sid", 1000, &value), 0);
	assert_string_equal(value.data, "a=b; c");
	value.len = 0;
	assert_int_equal(extract_cookie(aging, "sid", 999, &value), 0);
	assert_string_equal(value.data, "x");
	assert_int_equal(extract_cookie(aging, "sid", 1000, &value), -ENOENT);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(extract_cookie(bad[i], "sid", 1000, &value), -ENOENT);
	buf_free(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_of_the_rfc),
		cmocka_unit_test(pointers_that_lead_nowhere),
		cmocka_unit_test(values_become_text),
		cmocka_unit_test(items_of_lists),
		cmocka_unit_test(hostile_json),
		cmocka_unit_test(patterns),
		cmocka_unit_test(patterns_that_are_none),
		cmocka_unit_test(patterns_that_never_end),
		cmocka_unit_test(cookies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
