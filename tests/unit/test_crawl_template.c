// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/url.h"
#include "tests/unit/unit.h"

#define ORIGIN "http://shop.example:8080"

static void resolves(const char *page, const char *ref, const char *want)
{
	char *target = NULL;

	assert_int_equal(url_resolve(ORIGIN, page, ref, &target), 0);
	assert_string_equal(target, want);
	free(target);
}

static void refuses(const char *ref, int want)
{
	char *target = NULL;

	assert_int_equal(url_resolve(ORIGIN, "/a/b", ref, &target), want);
	assert_null(target);
}

static void test_resolve(void **state)
{
	(void)state;
	resolves("/a/b?c=1", "d", "/a/d");
	resolves("/a/b", "/d#top", "/d");
	resolves("/a/b", "../../../d", "/d");
	resolves("/a/b", "./c/./d/../e", "/a/c/e");
	resolves("/a/b", "?x=1", "/a/b?x=1");
	resolves("/a/b", "?z=1&a=2&&a=1", "/a/b?a=2&a=1&z=1");
	resolves("/a/b", "/c?", "/c");
	resolves("/a/b", "HTTP://SHOP.Example:8080/X", "/X");
	resolves("/a/b", "//shop.example:8080/y", "/y");
	resolves("/a/b", "  /c \n d\t", "/c%20%20d");
	resolves("/a/b", "/%7euser/%2f/%zz/{id}/\xc3\xa4|\"<>",
		 "/%7Euser/%2F/%25zz/%7Bid%7D/%C3%A4%7C%22%3C%3E");
	resolves("/a/b", "http://shop.example:8080", "/");
}

static void test_resolve_refuses(void **state)
{
	char *longest = malloc(CRAWL_URL_MAX + 2), *target = NULL;

	(void)state;
	refuses("", -ENOENT);
	refuses("#x", -ENOENT);
	refuses("mailto:a@b", -EXDEV);
	refuses("javascript:alert(1)", -EXDEV);
	refuses("data:text/html,<a>", -EXDEV);
	refuses("https://shop.example:8080/", -EXDEV);
	refuses("http://shop.example/", -EXDEV);
	refuses("http://other.example:8080/", -EXDEV);
	refuses("//other.example/", -EXDEV);
	refuses("http://user@shop.example:8080/", -EXDEV);
	refuses("http://shop.example:8080@evil.example/", -EXDEV);
	refuses("http://:99999/", -EINVAL);
	memset(longest, 'a', CRAWL_URL_MAX + 1);
	longest[CRAWL_URL_MAX + 1] = '\0';
	refuses(longest, -E2BIG);
	/* Encoded it is longer than it was. */
	memset(longest, '"', CRAWL_URL_MAX);
	longest[CRAWL_URL_MAX] = '\0';
	assert_int_equal(url_resolve(ORIGIN, "/", longest, &target), -E2BIG);
	free(longest);
}

static void test_split(void **state)
{
	char *origin, *target;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(url_split("HTTP://Shop.Example:80/a?b=c", &origin, &target, &err), 0);
	assert_string_equal(origin, "http://shop.example");
	assert_string_equal(target, "/a?b=c");
	free(origin);
	free(target);
	assert_int_equal(url_split("https://[::1]:8443", &origin, &target, &err), 0);
	assert_string_equal(origin, "https://[::1]:8443");
	assert_string_equal(target, "/");
	free(origin);
	free(target);
	assert_int_equal(url_split("shop.example", &origin, &target, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
}

static void names(const char *target, const char *want)
{
	char *tmpl = NULL;
	struct span value[TEMPLATE_SLOTS_MAX];

	assert_int_equal(template_of(target, &tmpl), 0);
	assert_string_equal(tmpl, want);
	assert_true(template_match(tmpl, target, value));
	free(tmpl);
}

static void test_template_of(void **state)
{
	(void)state;
	names("/", "/");
	names("/products", "/products");
	names("/product/1", "/product/{product}");
	names("/products/17/reviews/3", "/products/{product}/reviews/{review}");
	names("/categories/5.html", "/categories/{category}.html");
	names("/1/2", "/{id}/{id_2}");
	names("/o/123e4567-e89b-42d3-a456-426614174000", "/o/{o}");
	names("/commit/8f14e45fceea167a", "/commit/{commit}");
	names("/product/HAL-1", "/product/{product}");
	names("/cart/anonymous-17", "/cart/{cart}");
	names("/blog/2024-01-31", "/blog/{blog}");
	names("/list?page=2&sort=", "/list?page={page}&sort={sort}");
	names("/x?a-b=1&flag", "/x?a-b={a_b}&flag");
	names("/x?a=1&a=2", "/x?a={a}&a={a_2}");
	names("/x?9=1&%20=2", "/x?9={_9}&%20={_20}");
	names("/api/v1/users", "/api/v1/users");
	names("/css/site.css", "/css/site.css");
	names("/js/app.3f2a.js", "/js/app.3f2a.js");
	names("/about-us/jobs", "/about-us/jobs");
	names("/facade/decade", "/facade/decade");
	names("//1/", "//{id}/");
}

static void test_template_bounds(void **state)
{
	char target[1024] = "/x", *tmpl = NULL;
	int i;

	(void)state;
	for (i = 0; i < TEMPLATE_SLOTS_MAX; i++)
		strncat(target, "/1", 3);
	assert_int_equal(template_of(target, &tmpl), 0);
	free(tmpl);
	tmpl = NULL;
	strncat(target, "/1", 3);
	assert_int_equal(template_of(target, &tmpl), -E2BIG);
	memset(target, 'a', sizeof(target) - 1);
	target[0] = '/';
	target[sizeof(target) - 1] = '\0';
	assert_int_equal(template_of(target, &tmpl), -E2BIG);
	assert_null(tmpl);
}

static void matches(const char *tmpl, const char *target, const char *want)
{
	struct span value[TEMPLATE_SLOTS_MAX], slot[TEMPLATE_SLOTS_MAX];
	char text[256] = "";
	size_t nr = template_slots(tmpl, slot), i;
	bool matched = template_match(tmpl, target, value);

	assert_int_equal(matched, want != NULL);
	for (i = 0; matched && i < nr; i++) {
		strncat(text, value[i].text, value[i].len);
		strncat(text, ";", 2);
	}
	if (want)
		assert_string_equal(text, want);
}

static void test_match(void **state)
{
	(void)state;
	matches("/a/{x}", "/a/1", "1;");
	matches("/a/{x}", "/a/", NULL);
	matches("/a/{x}", "/a/1/2", NULL);
	matches("/a/{x}", "/a/1?b", NULL);
	matches("/a/{x}/c", "/a/b/d", NULL);
	matches("/u-{x}.html?q={q}&r={r}", "/u-17.html?q=&r=a/b?c", "17;;a/b?c;");
	matches("/a", "/a", "");
	matches("/a", "/ab", NULL);
	matches("/a/{x", "/a/1", NULL);
}

static void test_expand(void **state)
{
	const char *const value[] = { "1", "two" };
	char *target = template_expand("/a/{x}/b-{y}.html", value);

	(void)state;
	assert_string_equal(target, "/a/1/b-two.html");
	free(target);
}

static void test_same(void **state)
{
	struct span before = template_context("/api/products/{x}/{y}?a={z}", 0);

	(void)state;
	assert_true(template_same("/a/{x}/b", "/a/{longer}/b"));
	assert_true(template_same("/a", "/a"));
	assert_false(template_same("/a/{x}", "/a/{x}/b"));
	assert_false(template_same("/a/{x}/b", "/a/{x}"));
	assert_false(template_same("/a/{x}", "/a/b"));
	assert_int_equal(before.len, strlen("products"));
	assert_int_equal(template_context("/api/products/{x}/{y}?a={z}", 1).len, 0);
	assert_int_equal(template_context("/api/products/{x}/{y}?a={z}", 2).len, 0);
	assert_int_equal(template_context("/a", 0).len, 0);
}

static void resolves_template(const char *ref, const char *want)
{
	char *tmpl = NULL;
	int status = url_resolve_template(ORIGIN, "/shop/page.html", ref, &tmpl);

	if (!want) {
		assert_int_not_equal(status, 0);
		assert_null(tmpl);
		return;
	}
	assert_int_equal(status, 0);
	assert_string_equal(tmpl, want);
	free(tmpl);
}

static void test_resolve_template(void **state)
{
	(void)state;
	resolves_template("/api/{id}/{sku}", "/api/{id}/{sku}");
	resolves_template("product.html?sku={sku}", "/shop/product.html?sku={sku}");
	resolves_template("/a?z={z}&b={b}", "/a?b={b}&z={z}");
	resolves_template("/a/{x}/{x}", "/a/{x}/{x_2}");
	resolves_template("/a/{pet-id}/{}/{1}", "/a/{pet_id}/{value}/{_1}");
	resolves_template("/a/{x", "/a/%7Bx");
	resolves_template("/a/{x}}", "/a/{x}%7D");
	resolves_template("http://other.example/{x}", NULL);
	resolves_template("/a/%01", NULL);
	resolves_template("", NULL);
	resolves_template("/{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}{q}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_resolve_refuses),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_template_of),
		cmocka_unit_test(test_template_bounds),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_resolve_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
