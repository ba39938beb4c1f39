// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a site, and the workload that is written of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/emit.h"
#include "loadgen/crawl/fate.h"
#include "loadgen/workload.h"
#include "tests/unit/unit.h"

static struct instance *add(struct site *site, const char *target, enum site_source source,
			    int status)
{
	struct instance *instance = NULL;
	struct finding *f;

	assert_int_equal(site_add_target(site, "GET", target, source, "/", &f, &instance), 0);
	if (instance)
		instance->status = status;
	return instance;
}

static struct finding *add_template(struct site *site, const char *method, const char *tmpl)
{
	struct finding *f;

	assert_int_equal(site_add_template(site, method, tmpl, SITE_SCRIPT, "/x.js", &f), 0);
	return f;
}

static void put(struct finding *f, const char *target, int status)
{
	struct instance *instance = site_instance(f, target);

	assert_non_null(instance);
	instance->status = status;
}

/* Writes @site; the text is checked by who will read it. The caller frees it. */
static struct buf write_workload(const struct site *site, bool write_methods,
				 struct emitted *emitted)
{
	struct buf text = buf_init(EMIT_BYTES_MAX);
	struct err err = { 0 };
	struct workload *w;

	assert_int_equal(emit_workload(site, "http://h", "http://h/", write_methods, &text,
				       emitted),
			 0);
	if (emitted->endpoints) {
		w = workload_parse("w", text.data, text.len, &err);
		if (!w)
			print_message("%s\n%s", err.text, text.data);
		assert_non_null(w);
		if (!w)
			return text; /* for the analyzer */
		assert_int_equal(w->nr_targets, emitted->endpoints);
		assert_int_equal(w->nr_vars, emitted->variables);
		workload_free(w);
	}
	return text;
}

static void writes(const struct site *site, bool write_methods, const char *want)
{
	struct emitted emitted;
	struct buf text = write_workload(site, write_methods, &emitted);

	assert_string_equal(text.data, want);
	buf_free(&text);
}

static void test_one_endpoint(void **state)
{
	struct site site = { 0 };

	(void)state;
	add(&site, "/p/2", SITE_LINK, 200);
	add(&site, "/p/1", SITE_SITEMAP, 200);
	add(&site, "/p/1", SITE_SITEMAP, 200);
	add(&site, "/p/3", SITE_LINK, 404);
	add(&site, "/p/4", SITE_LINK, SITE_NOT_ASKED);
	add(&site, "/gone", SITE_LINK, 404);
	assert_int_equal(site.nr, 2);
	assert_int_equal(site_finish(&site), 0);
	writes(&site, false,
	       "# What situ crawl found at http://h/\n"
	       "base: \"http://h\"\n"
	       "vars:\n"
	       "  - {name: p, values: [1, 2, 4]}\n"
	       "endpoints:\n"
	       "  # link,sitemap: /\n"
	       "  - path: \"/p/{p}\"\n"
	       "# Left out:\n"
	       "#   GET /gone: answered 404\n");
	site_free(&site);
}

static void test_shared_variables(void **state)
{
	struct site site = { 0 };
	struct emitted emitted;
	struct buf text;

	(void)state;
	add(&site, "/a/1", SITE_LINK, 200);
	add(&site, "/a/2", SITE_LINK, 200);
	add(&site, "/b/2", SITE_LINK, 200);
	add(&site, "/b/1", SITE_LINK, 200);
	add(&site, "/c/a/1", SITE_LINK, 200);
	add(&site, "/c/a/3", SITE_LINK, 200);
	add(&site, "/d/9", SITE_LINK, 200);
	assert_int_equal(site_finish(&site), 0);
	text = write_workload(&site, false, &emitted);
	assert_int_equal(emitted.endpoints, 4);
	assert_non_null(strstr(text.data, "{name: a, values: [1, 2]}"));
	assert_non_null(strstr(text.data, "{name: a_2, values: [1, 3]}"));
	assert_non_null(strstr(text.data, "path: \"/b/{a}\"\n    name: \"GET /b/{b}\""));
	assert_non_null(strstr(text.data, "path: /d/9\n    name: \"GET /d/{d}\""));
	buf_free(&text);
	site_free(&site);
}

static void test_joint(void **state)
{
	struct site site = { 0 };
	struct emitted emitted;
	struct buf text;

	(void)state;
	add(&site, "/u/1/o/7?x=1", SITE_LINK, 200);
	add(&site, "/u/2/o/8?x=2", SITE_LINK, 200);
	site.findings[0].joint = true;
	text = write_workload(&site, false, &emitted);
	assert_non_null(strstr(text.data, "values: [\"1/o/7?x=1\", \"2/o/8?x=2\"]"));
	assert_non_null(strstr(text.data, "path: \"/u/{u}\""));
	assert_non_null(strstr(text.data, "name: \"GET /u/{u}/o/{o}?x={x}\""));
	buf_free(&text);
	site_free(&site);
}

/* A script's template claims what links name literally; not what it cannot prove. */
static void test_adoption(void **state)
{
	struct site site = { 0 };

	(void)state;
	add(&site, "/p/blue", SITE_LINK, 200);
	add(&site, "/q/blue", SITE_LINK, 200);
	put(add_template(&site, "GET", "/p/{colour}"), "/p/red", 200);
	put(add_template(&site, "GET", "/q/{colour}"), "/q/red", 404);
	assert_int_equal(site_finish(&site), 0);
	assert_int_equal(site.nr, 3);
	assert_string_equal(site.findings[0].tmpl, "/p/{colour}");
	assert_int_equal(site.findings[0].nr_instances, 2);
	assert_int_equal(site.findings[0].sources, 1U << SITE_LINK | 1U << SITE_SCRIPT);
	assert_string_equal(site.findings[1].tmpl, "/q/blue");
	site_free(&site);
}

static void test_siblings(void **state)
{
	struct site site = { 0 };
	char target[32];
	int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		snprintf(target, sizeof(target), "/blogs/%c%c", 'a' + i, 'z');
		add(&site, target, SITE_LINK, 200);
		snprintf(target, sizeof(target), "/%c%c", 'a' + i, 'z');
		add(&site, target, SITE_LINK, 200);
		snprintf(target, sizeof(target), "/img/%c.png", 'a' + i);
		add(&site, target, SITE_LINK, 200);
	}
	add(&site, "/img/1.png", SITE_LINK, 200);
	add(&site, "/blogs/none", SITE_LINK, 404);
	assert_int_equal(site_finish(&site), 0);
	assert_int_equal(site.nr, 12 + 3);
	assert_non_null(site_find_target(&site, "GET", "/blogs/bz"));
	assert_string_equal(site_find_target(&site, "GET", "/blogs/bz")->tmpl, "/blogs/{blog}");
	assert_int_equal(site_find_target(&site, "GET", "/img/a.png")->nr_instances, 13);
	assert_string_equal(site_find_target(&site, "GET", "/bz")->tmpl, "/bz");
	site_free(&site);
}

static void test_fates(void **state)
{
	struct site site = { 0 };
	struct finding *f;

	(void)state;
	f = add_template(&site, "GET", "/a/{x}");
	assert_int_equal(fate_of(f, false), FATE_NO_VALUE);
	put(f, "/a/1", SITE_NOT_ASKED);
	assert_int_equal(fate_of(f, false), FATE_NOT_ASKED);
	put(f, "/a/2", SITE_FALLBACK);
	assert_int_equal(fate_of(f, false), FATE_FALLBACK);
	put(f, "/a/3", 500);
	assert_int_equal(fate_of(f, false), FATE_STATUS);
	put(f, "/a/4", 302);
	assert_int_equal(fate_of(f, false), FATE_USED);
	f = add_template(&site, "POST", "/b");
	assert_int_equal(fate_of(f, false), FATE_WRITES);
	assert_int_equal(fate_of(f, true), FATE_NO_VALUE);
	put(f, "/b", SITE_NOT_ASKED);
	assert_int_equal(fate_of(f, true), FATE_NO_BODY);
	assert_int_equal(site_set_body(f, "", NULL), 0);
	assert_int_equal(fate_of(f, true), FATE_USED);
	put(f, "/b", SITE_DENIED);
	assert_int_equal(fate_of(f, true), FATE_DENIED);
	site_free(&site);
}

static void test_bodies(void **state)
{
	struct site site = { 0 };
	struct finding *f;

	(void)state;
	f = add_template(&site, "PUT", "/a");
	put(f, "/a", SITE_NOT_ASKED);
	assert_int_equal(site_set_body(f, "{\"a\":\"{b} \xc3\xa4\xf0\x9f\x98\x80\x7f\n\\\"}",
				       "application/json"),
			 0);
	f = add_template(&site, "DELETE", "/b");
	put(f, "/b", SITE_NOT_ASKED);
	f = add_template(&site, "POST", "/c");
	put(f, "/c", SITE_NOT_ASKED);
	assert_int_equal(site_set_body(f, "x", "a\r\nEvil: 1"), 0);
	assert_int_equal(site_finish(&site), 0);
	writes(&site, true,
	       "# What situ crawl found at http://h/\n"
	       "base: \"http://h\"\n"
	       "endpoints:\n"
	       "  # script: /x.js\n"
	       "  - path: /a\n"
	       "    method: PUT\n"
	       "    headers: [\"Content-Type: application/json\"]\n"
	       "    body: \"{\\\"a\\\":\\\"{{b}} \xc3\xa4\\U0001F600\\U0000007F\\U0000000A\\\\\\\"}\"\n"
	       "  # script: /x.js\n"
	       "  - path: /b\n"
	       "    method: DELETE\n"
	       "  # script: /x.js\n"
	       "  - path: /c\n"
	       "    method: POST\n"
	       "    body: x\n");
	site_free(&site);
}

/* More variables than a workload can have: the rest gets by with one address. */
static void test_too_many_variables(void **state)
{
	struct site site = { 0 };
	struct emitted emitted;
	struct buf text;
	char target[32];
	int i;

	(void)state;
	for (i = 0; i < VARTEXT_VARS_MAX + 5; i++) {
		snprintf(target, sizeof(target), "/p%c%c/1", 'a' + i / 26, 'a' + i % 26);
		add(&site, target, SITE_LINK, 200);
		snprintf(target, sizeof(target), "/p%c%c/%d", 'a' + i / 26, 'a' + i % 26, i + 2);
		add(&site, target, SITE_LINK, 200);
	}
	assert_int_equal(site_finish(&site), 0);
	text = write_workload(&site, false, &emitted);
	assert_int_equal(emitted.variables, VARTEXT_VARS_MAX);
	assert_int_equal(emitted.pinned, 5);
	assert_int_equal(emitted.endpoints, VARTEXT_VARS_MAX + 5);
	buf_free(&text);
	site_free(&site);
}

static void test_site_bounds(void **state)
{
	struct site site = { 0 };
	struct instance *instance;
	struct finding *f;
	struct emitted emitted;
	struct buf text;
	char target[300];
	int i;

	(void)state;
	for (i = 0; i < SITE_INSTANCES_MAX + 1; i++) {
		snprintf(target, sizeof(target), "/p/%d", i);
		instance = add(&site, target, SITE_LINK, 200);
		assert_int_equal(instance == NULL, i == SITE_INSTANCES_MAX);
	}
	for (i = 0; i < SITE_QUERIES_MAX + 1; i++) {
		snprintf(target, sizeof(target), "/q?k%d=1", i);
		assert_int_equal(site_add_target(&site, "GET", target, SITE_LINK, "/", &f,
						 &instance),
				 i < SITE_QUERIES_MAX ? 0 : -ENOSPC);
	}
	for (i = 0; i < SITE_ENDPOINTS_MAX + 5; i++) {
		snprintf(target, sizeof(target), "/x%dx", i);
		site_add_target(&site, "GET", target, SITE_LINK, "/", &f, &instance);
		if (instance)
			instance->status = 200;
	}
	assert_int_equal(site.nr, SITE_ENDPOINTS_MAX);
	assert_int_equal(site.too_many, 1 + 5 + 1 + SITE_QUERIES_MAX);
	memset(target, 'a', sizeof(target) - 1);
	target[0] = '/';
	target[sizeof(target) - 1] = '\0';
	assert_int_equal(site_add_target(&site, "GET", target, SITE_LINK, "/", &f, &instance),
			 -E2BIG);
	assert_int_equal(site.too_long, 1);
	text = write_workload(&site, false, &emitted);
	buf_free(&text);
	site_free(&site);
}

static void scalar(const char *text, const char *want)
{
	struct buf b = buf_init(256);

	assert_int_equal(emit_scalar(&b, text), 0);
	assert_string_equal(b.data, want);
	buf_free(&b);
}

static void test_scalars(void **state)
{
	(void)state;
	scalar("HAL-1", "HAL-1");
	scalar("/a/b.c", "/a/b.c");
	scalar("", "\"\"");
	scalar("-1", "\"-1\"");
	scalar("a: b", "\"a: b\"");
	scalar("\"\\\t", "\"\\\"\\\\\\U00000009\"");
	scalar("\xff", "\"\\U0000FFFD\"");
	scalar("\xc3", "\"\\U0000FFFD\"");
	scalar("\xc2\x85", "\"\\U00000085\"");
	scalar("\xef\xbb\xbf", "\"\\U0000FEFF\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_endpoint), cmocka_unit_test(test_shared_variables),
		cmocka_unit_test(test_joint),	     cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_siblings),     cmocka_unit_test(test_fates),
		cmocka_unit_test(test_bodies),	     cmocka_unit_test(test_too_many_variables),
		cmocka_unit_test(test_site_bounds),  cmocka_unit_test(test_scalars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
