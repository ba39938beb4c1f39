// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "loadgen/crawl/openapi.h"
#include "loadgen/crawl/yamldoc.h"
#include "user/base/types.h"

static void expect(const char *yaml, const char *json)
{
	struct yamldoc_error error;
	json_t *doc = yamldoc_parse(yaml, strlen(yaml), &error), *wanted;

	assert_non_null(doc);
	wanted = json_loads(json, JSON_DECODE_ANY, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(doc, wanted));
	json_decref(doc);
	json_decref(wanted);
}

static void values_have_their_types(void **state)
{
	(void)state;
	expect("[1, -2, 1.5, 1e3, '1', \"true\", true, False, null, ~, no, 0x10, 1.2.3, -, '']",
	       "[1, -2, 1.5, 1000.0, \"1\", \"true\", true, false, null, null, \"no\", \"0x10\", "
	       "\"1.2.3\", \"-\", \"\"]");
	expect("a: b\n200: {x: }\n? [1]\n: left out\n", "{\"a\": \"b\", \"200\": {\"x\": null}}");
	expect("99999999999999999999", "1e20");
	expect("one", "\"one\"");
	expect("a: &x [1, 2]\nb: *x\n", "{\"a\": [1, 2], \"b\": [1, 2]}");
	expect("text: |\n  two\n  lines\n", "{\"text\": \"two\\nlines\\n\"}");
}

static void refuse(const char *yaml)
{
	struct yamldoc_error error = { 0 };

	assert_null(yamldoc_parse(yaml, strlen(yaml), &error));
	assert_non_null(error.text);
}

static void what_is_bad_is_refused(void **state)
{
	static const char *const bad[] = { "",	     "# nothing", "{a: ",  "a: *x",  "a: [1\nb: 2",
					   "\x01",   "\xff\xfe",  "\t- a", "%Y\n--", "a: 'x",
					   "- a\nb", "&a [*a]" };
	char deep[2 * YAMLDOC_DEPTH_MAX + 8], laughs[4096];
	size_t i, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refuse(bad[i]);
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	for (i = 0; i < YAMLDOC_DEPTH_MAX + 2; i++)
		deep[YAMLDOC_DEPTH_MAX + 2 + i] = ']';
	deep[2 * (YAMLDOC_DEPTH_MAX + 2)] = '\0';
	refuse(deep);
	/* Ten values, ten times those, and so on: a billion from a few lines. */
	at = (size_t)snprintf(laughs, sizeof(laughs), "a0: &a0 [x]\n");
	for (i = 1; i < 10; i++)
		at += (size_t)snprintf(
			laughs + at, sizeof(laughs) - at,
			"a%zu: &a%zu [*a%zu,*a%zu,*a%zu,*a%zu,*a%zu,*a%zu,*a%zu,*a%zu,"
			"*a%zu,*a%zu]\n",
			i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	refuse(laughs);
}

static void a_description_is_one(void **state)
{
	static const char text[] = "openapi: 3.0.0\npaths:\n  /pet/{id}:\n    get: {}\n";
	struct yamldoc_error error;
	json_t *doc = yamldoc_parse(text, sizeof(text) - 1, &error);

	(void)state;
	assert_true(openapi_is(doc));
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_their_types),
		cmocka_unit_test(what_is_bad_is_refused),
		cmocka_unit_test(a_description_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
