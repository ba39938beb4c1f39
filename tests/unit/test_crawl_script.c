// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/jslex.h"
#include "loadgen/crawl/jscan.h"
#include "tests/unit/unit.h"
#include "user/base/buf.h"

static int collect(void *arg, const char *method, const char *path)
{
	return buf_printf(arg, "%s %s\n", method, path);
}

static void finds(const char *script, const char *want)
{
	struct buf found = buf_init(1U << 20);

	assert_int_equal(jscan(script, strlen(script), collect, &found), 0);
	assert_string_equal(found.data ? found.data : "", want);
	buf_free(&found);
}

static void test_literals(void **state)
{
	(void)state;
	finds("get('/api/users')", "GET /api/users\n");
	finds("get(\"/api/users?full=1\")", "GET /api/users?full=1\n");
	finds("x = {templateUrl: 'cart.html'}", "GET cart.html\n");
	finds("get('api/users')", "GET api/users\n");
	finds("get('\\/api\\x2fusers\\u002Fall')", "GET /api/users/all\n");
	finds("get('http://shop/api')", "GET http://shop/api\n");
	finds("when('/product/:sku/:n', 1)", "GET /product/{sku}/{n}\n");
}

static void test_no_paths(void **state)
{
	(void)state;
	finds("a('text/html', '//x', '/', '/ b', '/a<b', '/*', 'a/b', '/1', 'see /x')", "");
	finds("// get('/api/x')\n/* get('/api/y') */", "");
	finds("s.replace(/'\\/api\\/x'/g, 2)", "");
	finds("s.replace(/[/']x/g, '')", "");
	finds("x = 'http://other/' + '/tail'", "GET http://other//tail\n");
	finds("y = '<p>' + '/p'", "");
	finds("i = '/api/x'", "GET /api/x\n");
}

static void test_concatenations(void **state)
{
	(void)state;
	finds("get('/api/cart/add/' + id + '/' + sku)", "GET /api/cart/add/{id}/{sku}\n");
	finds("get('/a/' + $scope.data.sku + '/1')", "GET /a/{sku}/1\n");
	finds("get('/a/' + encodeURIComponent(p.name))", "GET /a/{name}\n");
	finds("get('/a/' + item.id.toString() + '/b')", "GET /a/{id}/b\n");
	finds("get('/a/' + await visitor() + '/b')", "GET /a/{visitor}/b\n");
	finds("get('/a/' + (x || y.z))", "GET /a/{z}\n");
	finds("get('/a/' + x[0].id)", "GET /a/{id}\n");
	finds("get('/a/' + 7 + '?b=' + c)", "GET /a/7?b={c}\n");
	finds("get('/a/' + x + y)", "GET /a/{x}\n");
	finds("x = '/a/' + b\nfoo()", "GET /a/{b}\n");
	finds("get(`/a/${x.id}/b/${y}`)", "GET /a/{id}/b/{y}\n");
	finds("get(`/a/${`in${x}`}/b`)", "GET /a/{x}/b\n");
	finds("get(`/a/${f({b: 1})}`)", "GET /a/{f}\n");
	finds("const API = '/api/v1'; get(API + '/users/' + id)",
	      "GET /api/v1\nGET /api/v1/users/{id}\n");
	finds("const P = '/p'; get(`${P}/x/${y}`)", "GET /p\nGET /p/x/{y}\n");
	finds("let P = '/p1'; P = '/p2'; get('/q/' + P)", "GET /p1\nGET /p2\nGET /q/{P}\n");
	finds("get(base + '/users/' + id)", "GET /users/{id}\n");
}

static void test_methods(void **state)
{
	(void)state;
	finds("$http.post('/a', data)", "POST /a\n");
	finds("axios.delete('/a/' + id)", "DELETE /a/{id}\n");
	finds("call('PUT', '/a/' + id + '/b', x)", "PUT /a/{id}/b\n");
	finds("xhr.open(\"post\", '/a')", "POST /a\n");
	finds("fetch('/a', {headers: {}, method: 'PATCH'})", "PATCH /a\n");
	finds("$http({url: '/a/' + x, method: 'POST'})", "POST /a/{x}\n");
	finds("$.ajax({type: 'DELETE', url: '/a'})", "DELETE /a\n");
	finds("$http({url: '/a', method: 'GET'}); f('POST')", "GET /a\n");
	finds("fetch('/a'); fetch('/b', {method: 'POST'})", "GET /a\nPOST /b\n");
}

static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"'",	  "\"/a",   "`/a/${",	"`/a/${x",  "`${`${`${",       "/",
		"/[",	  "'/a' +", "'/a' + (", "'/a' + )", "+ '/a",	       "'\\",
		"'\\u12", "}}}}",   "`}${}`",	"${}",	    "'/a'+'/b'+'/c'+",
	};
	struct buf text = buf_init(1U << 22), found = buf_init(1U << 20);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(jscan(texts[i], strlen(texts[i]), collect, &found), 0);
	buf_free(&found);
	/* Deep, and long: bounded in time by the tokens that an expression may have. */
	for (i = 0; i < 100000; i++)
		buf_puts(&text, "`${('/a'+");
	assert_int_equal(jscan(text.data, text.len, collect, &found), 0);
	buf_free(&found);
	buf_free(&text);
	for (i = 0; i < 100000; i++)
		buf_puts(&text, "'/a'+x+");
	assert_int_equal(jscan(text.data, text.len, collect, &found), 0);
	buf_free(&found);
	buf_free(&text);
	/* Nothing in it is a path, and every token could begin one. */
	for (i = 0; i < 300000; i++)
		buf_puts(&text, "''+");
	assert_int_equal(jscan(text.data, text.len, collect, &found), 0);
	assert_null(found.data);
	buf_free(&text);
}

static int stop(void *arg, const char *method, const char *path)
{
	(void)arg;
	(void)method;
	(void)path;
	return -7;
}

static void test_sink_stops(void **state)
{
	(void)state;
	assert_int_equal(jscan("'/a'", 4, stop, NULL), -7);
}

static void test_tokens(void **state)
{
	const char *const text = "a = 'b\\'c' // d\n+ 1.5 / x.y /* z */ ; /r[/]e/g";
	struct js_tokens tokens;
	char value[8];

	(void)state;
	assert_int_equal(js_lex(&tokens, text, strlen(text)), 0);
	assert_int_equal(tokens.nr, 11);
	assert_int_equal(js_string(&tokens.token[2], value, sizeof(value)), 3);
	assert_string_equal(value, "b'c");
	assert_int_equal(tokens.token[4].kind, JS_NUMBER);
	assert_int_equal(tokens.token[5].punct, '/');
	assert_int_equal(tokens.token[10].kind, JS_REGEX);
	assert_true(js_string(&tokens.token[2], value, 3) < 0);
	js_free(&tokens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),       cmocka_unit_test(test_no_paths),
		cmocka_unit_test(test_concatenations), cmocka_unit_test(test_methods),
		cmocka_unit_test(test_hostile),	       cmocka_unit_test(test_sink_stops),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
