// SPDX-License-Identifier: GPL-2.0-only
/* The parsers of what a site shows: HTML, sitemaps, JSON, OpenAPI, HAR. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/har.h"
#include "loadgen/crawl/harvest.h"
#include "loadgen/crawl/html.h"
#include "loadgen/crawl/openapi.h"
#include "loadgen/crawl/sample.h"
#include "loadgen/crawl/sitemap.h"
#include "tests/unit/unit.h"
#include "user/base/buf.h"

static struct buf found;

static int start(void **state)
{
	(void)state;
	found = buf_init(1U << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_free(&found);
	return 0;
}

static void expect(const char *want)
{
	assert_string_equal(found.data ? found.data : "", want);
	buf_free(&found);
}

static int on_base(void *arg, const char *href)
{
	(void)arg;
	return buf_printf(&found, "base %s\n", href);
}

static int on_link(void *arg, const char *ref)
{
	(void)arg;
	return buf_printf(&found, "link %s\n", ref);
}

static int on_script(void *arg, const char *src)
{
	(void)arg;
	return buf_printf(&found, "script %s\n", src);
}

static int on_code(void *arg, const char *text)
{
	(void)arg;
	return buf_printf(&found, "code %s\n", text);
}

static int on_form(void *arg, const struct html_form *form)
{
	size_t i;

	(void)arg;
	buf_printf(&found, "form %s %s%s%s", form->method, form->action,
		   form->encodable ? "" : " not encodable", form->secret ? " secret" : "");
	for (i = 0; i < form->nr_fields; i++)
		buf_printf(&found, " %s=%s%s", form->field[i].name, form->field[i].value,
			   form->field[i].choice ? "?" : "");
	return buf_puts(&found, "\n");
}

static const struct html_sink html_sink = { on_base, on_link, on_script, on_code, on_form, NULL };

static void html(const char *text, const char *want)
{
	assert_int_equal(html_scan(text, strlen(text), NULL, &html_sink), 0);
	expect(want);
}

static void test_html(void **state)
{
	(void)state;
	html("", "");
	html("<base href=/x/><a href='a?b=1&amp;c=2'>x</a><A HREF=b>",
	     "base /x/\nlink a?b=1&c=2\nlink b\n");
	html("<link rel=stylesheet href=s.css><img src=i.png><iframe src=f>",
	     "link s.css\nlink i.png\nlink f\n");
	html("<script src=a.js></script><script>get('/x')</script>",
	     "script a.js\ncode get('/x')\n");
	html("<script type='application/json'>{}</script><script type=module>m()</script>",
	     "code m()\n");
	html("<meta http-equiv=refresh content='0; url=\"n.html\"'><meta content='url=x'>",
	     "link n.html\n");
	html("<p><!-- <a href=x> --><a name=y><a href=z>", "link z\n");
	html("<a href=1><div><b></a></div><a href=2>", "link 1\nlink 2\n");
	html("<a ng-href='/p/{{ x.id }}'>", "link /p/{{ x.id }}\n");
}

static void test_forms(void **state)
{
	(void)state;
	html("<form action=/s><input name=q><input type=submit name=go value=1></form>",
	     "form GET /s q=\n");
	html("<form method=Post><input type=hidden name=t value='a b'><textarea name=x>hi</textarea>"
	     "<input type=checkbox name=c><input type=radio name=r value=2 checked></form>",
	     "form POST  t=a b x=hi r=2\n");
	html("<form><select name=s><option value=1>a<option>b</select></form>",
	     "form GET  s=1? s=b?\n");
	html("<form method=post enctype=multipart/form-data><input type=file name=f></form>",
	     "form POST  not encodable\n");
	html("<form><input type=password name=p></form>", "form GET  secret p=\n");
	html("<form method=dialog></form>", "");
	html("<form><input><input name=''></form>", "form GET \n");
}

static void test_html_hostile(void **state)
{
	struct buf text = buf_init(1U << 23);
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		buf_puts(&text, "<div><form><a href=x>");
	assert_int_equal(html_scan(text.data, text.len, "no-such-charset", &html_sink), 0);
	buf_free(&found);
	buf_free(&text);
	for (i = 0; i < 1000; i++)
		buf_puts(&text, "<input name=a>");
	buf_puts(&text, "\0\xff\xfe<a href=\"\xff\">");
	assert_int_equal(html_scan(text.data, text.len, NULL, &html_sink), 0);
	buf_free(&text);
	buf_free(&found);
}

static int on_loc(void *arg, const char *url, bool index)
{
	(void)arg;
	return buf_printf(&found, "%s %s\n", index ? "index" : "page", url);
}

static void sitemap(const char *text, const char *want)
{
	assert_int_equal(sitemap_scan(text, strlen(text), on_loc, NULL), 0);
	expect(want);
}

static void test_sitemap(void **state)
{
	(void)state;
	sitemap("<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
		"<url><loc>http://h/a?b&amp;c</loc></url><url><loc>/b</loc></url></urlset>",
		"page http://h/a?b&c\npage /b\n");
	sitemap("<sitemapindex><sitemap><loc>/s.xml</loc></sitemap></sitemapindex>",
		"index /s.xml\n");
	sitemap("http://h/a\r\nnonsense\nhttp://h/b", "page http://h/a\npage http://h/b\n");
	sitemap("<urlset><url><loc>/a</loc></url><url><loc", "page /a\n");
	sitemap("", "");
	sitemap("<", "");
}

static void test_sitemap_entities(void **state)
{
	static const char laughs[] =
		"<!DOCTYPE x [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;'>]>"
		"<urlset><url><loc>&d;</loc></url></urlset>";

	(void)state;
	/* Neither a file of this machine nor ten to the ninth "lol". */
	sitemap("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
		"<urlset><url><loc>/a&e;</loc></url></urlset>",
		"page /a\n");
	assert_int_equal(sitemap_scan(laughs, strlen(laughs), on_loc, NULL), 0);
	assert_true(found.len < 1000);
	buf_free(&found);
}

static int on_json_link(void *arg, const char *ref)
{
	return on_link(arg, ref);
}

static void test_harvest(void **state)
{
	struct values v = { 0 };
	const char *list[20];
	json_t *doc =
		json_loads("[{\"sku\":\"HAL-1\",\"id\":7,\"href\":\"/p/7\",\"price\":1.5,"
			   "\"tags\":[\"a b\"],\"n\":null,\"x\":\"a\\u0000b\",\"url\":\"no\"}]",
			   JSON_ALLOW_NUL, NULL);

	(void)state;
	assert_non_null(doc);
	assert_int_equal(harvest_json(doc, "/api/products?x=1", &v, on_json_link, NULL), 0);
	expect("link /p/7\n");
	assert_int_equal(values_candidates(&v, "sku", 3, "", 0, false, list, 20), 1);
	assert_string_equal(list[0], "HAL-1");
	assert_int_equal(values_candidates(&v, "product_id", 10, "", 0, false, list, 20), 1);
	assert_string_equal(list[0], "7");
	assert_int_equal(values_candidates(&v, "x", 1, "products", 8, false, list, 20), 2);
	assert_int_equal(values_candidates(&v, "tag", 3, "", 0, false, list, 20), 1);
	assert_string_equal(list[0], "a%20b");
	assert_int_equal(values_candidates(&v, "price", 5, "", 0, false, list, 20), 0);
	assert_int_equal(values_candidates(&v, "zzz", 3, "", 0, false, list, 20), 0);
	assert_int_equal(values_candidates(&v, "zzz", 3, "", 0, true, list, 20), 1);
	assert_int_equal(values_candidates(&v, "sku", 3, "product", 7, false, list, 1), 1);
	values_free(&v);
	json_decref(doc);
}

static void test_values_bounds(void **state)
{
	struct values v = { 0 };
	const char *list[64];
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 2 * VALUES_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_int_equal(values_add(&v, name, strlen(name), "x"), 0);
		assert_int_equal(values_add(&v, "name0", 5, name), 0);
		assert_int_equal(values_add(&v, "name0", 5, name), 0);
	}
	assert_int_equal(v.nr, VALUES_NAMES_MAX);
	assert_int_equal(values_candidates(&v, "NAME_0", 6, "", 0, false, list, 64),
			 VALUES_PER_NAME_MAX);
	assert_int_equal(values_add(&v, "-/", 2, "x"), 0);
	assert_int_equal(values_add(&v, "name1", 5, ""), 0);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	values_free(&v);
}

static int on_operation(void *arg, const struct api_operation *op)
{
	(void)arg;
	return buf_printf(&found, "%s %s %s %s %s\n", op->method, op->tmpl,
			  op->body ? op->body : "-", op->content_type ? op->content_type : "-",
			  op->guess ? op->guess : "-");
}

static int on_value(void *arg, const char *name, const char *value)
{
	(void)arg;
	return buf_printf(&found, "%s=%s\n", name, value);
}

static void openapi(const char *text, const char *want)
{
	const struct api_sink sink = { on_operation, on_value, NULL };
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	assert_int_equal(openapi_scan(doc, &sink), 0);
	expect(want);
	json_decref(doc);
}

static void test_openapi(void **state)
{
	(void)state;
	openapi("{\"openapi\":\"3.0.0\",\"servers\":[{\"url\":\"http://h/v1/\"}],\"paths\":{\"/pet/"
		"{id}\":{\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":"
		"{\"type\":\"integer\"}}],\"get\":{\"parameters\":[{\"name\":\"a b\",\"in\":\"query\","
		"\"required\":true,\"schema\":{\"enum\":[\"x\",\"y\"]}},{\"name\":\"opt\",\"in\":"
		"\"query\",\"example\":3}]},\"delete\":{}}}}",
		"a b=x\na b=y\nopt=3\nGET /v1/pet/{id}?a%20b={a b} - - -\n"
		"DELETE /v1/pet/{id} - - 1\n");
}

static void test_openapi_body(void **state)
{
	(void)state;
	openapi("{\"openapi\":\"3.0.0\",\"paths\":{\"/p\":{\"post\":{\"requestBody\":{\"content\":"
		"{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/P\"}}}}},"
		"\"put\":{\"requestBody\":{\"content\":{\"application/json\":{\"example\":{\"a\":1}}}}},"
		"\"patch\":{}}},\"components\":{\"schemas\":{\"P\":{\"type\":\"object\",\"properties\":"
		"{\"name\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\",\"minimum\":5},\"id\":"
		"{\"type\":\"integer\",\"readOnly\":true},\"tags\":{\"type\":\"array\",\"items\":"
		"{\"enum\":[\"t\"]}}}}}}}",
		"POST /p {\"name\":\"string\",\"n\":5,\"tags\":[\"t\"]} application/json 1\n"
		"PUT /p {\"a\":1} application/json 1\n"
		"PATCH /p  - 1\n");
	openapi("{\"swagger\":\"2.0\",\"basePath\":\"/v2\",\"paths\":{\"/p\":{\"post\":{\"parameters\":"
		"[{\"in\":\"body\",\"name\":\"b\",\"schema\":{\"properties\":{\"x\":{\"type\":"
		"\"boolean\"}}}}]}}}}",
		"POST /v2/p {\"x\":true} application/json 1\n");
}

static void test_openapi_hostile(void **state)
{
	(void)state;
	openapi("{\"openapi\":\"3\",\"paths\":[]}", "");
	openapi("{\"openapi\":\"3\",\"paths\":{\"x\":{\"get\":{}},\"/y\":[],\"/z\":{\"get\":[]}}}",
		"");
	openapi("{\"openapi\":\"3\",\"servers\":\"x\",\"paths\":{\"/a\":{\"$ref\":\"#/paths/~1a\"}}}",
		"");
	openapi("{\"openapi\":\"3\",\"servers\":[{\"url\":\"/{v}\"}],\"paths\":{\"/a\":{\"get\":"
		"{\"parameters\":[1,{\"$ref\":\"#/no\"},{\"$ref\":\"http://x/\"},{\"name\":1}]}}}}",
		"GET /a - - 1\n");
	/* A schema that contains itself. */
	openapi("{\"openapi\":\"3\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":"
		"{\"application/json\":{\"schema\":{\"$ref\":\"#/s\"}}}}}}},\"s\":{\"type\":\"object\","
		"\"properties\":{\"s\":{\"$ref\":\"#/s\"}}}}",
		"POST /a {\"s\":{\"s\":{\"s\":{\"s\":{\"s\":{\"s\":{}}}}}}} application/json 1\n");
}

static void test_openapi_is(void **state)
{
	json_t *doc = json_loads("{\"paths\":{},\"swagger\":\"2.0\"}", 0, NULL);

	(void)state;
	assert_true(openapi_is(doc));
	json_object_del(doc, "swagger");
	assert_false(openapi_is(doc));
	json_decref(doc);
	assert_false(openapi_is(NULL));
}

static int on_request(void *arg, const struct har_request *request)
{
	(void)arg;
	return buf_printf(&found, "%s %s %s %s\n", request->method, request->url,
			  request->body ? request->body : "-",
			  request->content_type ? request->content_type : "-");
}

static void har(const char *text, int status, const char *want)
{
	json_t *doc = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(doc);
	assert_int_equal(har_scan(doc, on_request, NULL), status);
	expect(want);
	json_decref(doc);
}

static void test_har(void **state)
{
	(void)state;
	har("{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"http://h/a\"}},"
	    "{\"request\":{\"method\":\"POST\",\"url\":\"/b\",\"postData\":{\"mimeType\":\"text/plain\","
	    "\"text\":\"x\"}}}]}}",
	    0, "GET http://h/a - -\nPOST /b x text/plain\n");
	har("{\"log\":{\"entries\":[1,{},{\"request\":{\"method\":\"GET\"}},{\"request\":{\"method\":"
	    "\"GET / HTTP/1.1\\r\\nX:\",\"url\":\"/\"}},{\"request\":{\"method\":\"OPTIONS\",\"url\":"
	    "\"/\"}},{\"request\":{\"method\":\"POST\",\"url\":\"/\",\"postData\":{\"text\":"
	    "\"a\\u0000b\"}}}]}}",
	    0, "");
	har("{\"log\":{}}", -EINVAL, "");
	har("[]", -EINVAL, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		TEST(test_html),
		TEST(test_forms),
		TEST(test_html_hostile),
		TEST(test_sitemap),
		TEST(test_sitemap_entities),
		TEST(test_harvest),
		TEST(test_values_bounds),
		TEST(test_openapi),
		TEST(test_openapi_body),
		TEST(test_openapi_hostile),
		TEST(test_openapi_is),
		TEST(test_har),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
