// SPDX-License-Identifier: GPL-2.0-only
/* The whole crawl over sites that are tables: what is asked for, how often, and what comes out. */
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/crawl.h"
#include "loadgen/crawl/fate.h"
#include "tests/unit/unit.h"
#include "user/base/types.h"

struct answer {
	const char *target; /* with a '*' at its end: all that begin so */
	long status;
	const char *type;
	const char *body; /* of a redirect: where to */
};

struct fake {
	const struct answer *answers;
	size_t nr;
	unsigned int asked;	 /* all requests */
	unsigned int asked_real; /* those that the table knows */
	struct buf log;
	unsigned int serial; /* for %u in bodies */
};

static const struct answer *find_answer(const struct fake *fake, const char *target)
{
	size_t i;

	for (i = 0; i < fake->nr; i++) {
		const char *known = fake->answers[i].target;
		size_t len = strlen(known);

		if (strcmp(known, target) == 0 ||
		    (known[len - 1] == '*' && strncmp(known, target, len - 1) == 0))
			return &fake->answers[i];
	}
	return NULL;
}

static int fetch_fake(void *arg, const char *method, const char *target, struct page *page)
{
	struct fake *fake = arg;
	const struct answer *answer = find_answer(fake, target);
	const char *at;

	assert_true(strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
	*page = (struct page){ .body = buf_init(FETCH_BODY_MAX), .status = 404 };
	fake->asked++;
	buf_printf(&fake->log, "%s\n", target);
	if (!answer)
		return 0;
	fake->asked_real++;
	page->status = answer->status;
	if (answer->status >= 300 && answer->status < 400) {
		page->redirect = strdup(answer->body);
		return 0;
	}
	page->content_type = strdup(answer->type);
	/* A '%' in a body is a number that grows: a site without an end. */
	for (at = answer->body; *at; at++) {
		if (*at == '%')
			buf_printf(&page->body, "%u", ++fake->serial);
		else
			buf_add(&page->body, at, 1);
	}
	return 0;
}

static const struct crawl_config usual = {
	.origin = "http://shop",
	.start = "/",
	.pages = 200,
	.depth = 5,
	.variants = 5,
	.duration_ns = 60 * NSEC_PER_SEC,
	.fetch = fetch_fake,
};

struct result {
	struct fake fake;
	struct site site;
	struct crawl_stats stats;
};

static void crawl(struct result *r, const struct crawl_config *config, const struct answer *answers,
		  size_t nr)
{
	struct crawl_config own = *config;
	struct err err = { 0 };

	*r = (struct result){ .fake = { answers, nr, .log = buf_init(1U << 20) } };
	own.fetch_arg = &r->fake;
	assert_int_equal(crawl_run(&own, &r->site, &r->stats, &err), 0);
}

static void end(struct result *r)
{
	site_free(&r->site);
	buf_free(&r->fake.log);
}

static const struct finding *find(const struct result *r, const char *method, const char *tmpl)
{
	size_t i;

	for (i = 0; i < r->site.nr; i++) {
		const struct finding *f = &r->site.findings[i];

		if (strcmp(f->method, method) == 0 && strcmp(f->tmpl, tmpl) == 0)
			return f;
	}
	return NULL;
}

static void fate_is(const struct result *r, const char *method, const char *tmpl, enum fate want)
{
	const struct finding *f = find(r, method, tmpl);

	if (!f)
		print_message("no %s %s\n", method, tmpl);
	assert_non_null(f);
	assert_int_equal(fate_of(f, false), want);
}

static bool was_asked(const struct result *r, const char *target)
{
	const char *at = r->fake.log.data;
	size_t len = strlen(target);

	for (; at && *at; at = strchr(at, '\n') + 1) {
		if (strncmp(at, target, len) == 0 && at[len] == '\n')
			return true;
	}
	return false;
}

static const struct answer shop[] = {
	{ "/", 200, "text/html",
	  "<a href=about.html><a href='/user/logout'><a href=http://other/><a href='/private/x'>"
	  "<script src=js/app.js></script><form action=/find><input name=q></form>"
	  "<form method=post action=/order><input name=n value=1></form>" },
	{ "/about.html", 200, "text/html; charset=utf-8", "<a href=/>" },
	{ "/js/app.js", 200, "application/javascript",
	  "get('/api/products'); get('/api/product/' + p.sku); $http.post('/api/pay/' + id, x);"
	  "get('/api/none'); get('/api/none/' + unknownThing); load('part.html')" },
	{ "/api/products", 200, "application/json", "[{\"sku\":\"A-1\"},{\"sku\":\"B-2\"}]" },
	{ "/api/product/*", 200, "application/json", "{\"price\":1}" },
	{ "/find?q=*", 200, "text/html", "found" },
	{ "/part.html", 200, "text/html", "part" },
	{ "/robots.txt", 200, "text/plain",
	  "User-agent: *\nDisallow: /private\nSitemap: http://shop/map.xml\n" },
	{ "/map.xml", 200, "application/xml",
	  "<urlset><url><loc>http://shop/from-map</loc></url></urlset>" },
	{ "/from-map", 200, "text/plain", "x" },
};

static void test_shop(void **state)
{
	const struct finding *f;
	struct result r;

	(void)state;
	crawl(&r, &usual, shop, ARRAY_SIZE(shop));
	fate_is(&r, "GET", "/", FATE_USED);
	fate_is(&r, "GET", "/about.html", FATE_USED);
	fate_is(&r, "GET", "/js/app.js", FATE_USED);
	fate_is(&r, "GET", "/api/products", FATE_USED);
	fate_is(&r, "GET", "/api/product/{sku}", FATE_USED);
	fate_is(&r, "GET", "/find?q={q}", FATE_USED);
	fate_is(&r, "GET", "/part.html", FATE_USED);
	fate_is(&r, "GET", "/from-map", FATE_USED);
	fate_is(&r, "GET", "/api/none", FATE_STATUS);
	fate_is(&r, "GET", "/user/logout", FATE_DENIED);
	fate_is(&r, "GET", "/private/x", FATE_ROBOTS);
	fate_is(&r, "POST", "/api/pay/{id}", FATE_WRITES);
	fate_is(&r, "POST", "/order", FATE_WRITES);
	assert_string_equal(find(&r, "POST", "/order")->body, "n=1");
	assert_false(was_asked(&r, "/user/logout"));
	assert_false(was_asked(&r, "/private/x"));
	assert_false(was_asked(&r, "/order"));
	f = find(&r, "GET", "/api/product/{sku}");
	assert_int_equal(f->nr_instances, 2);
	assert_string_equal(f->instances[0].target, "/api/product/A-1");
	assert_string_equal(f->found_at, "/js/app.js");
	assert_int_equal(r.stats.end, CRAWL_DONE);
	assert_int_equal(r.stats.other_origin, 1);
	assert_int_equal(r.stats.asked, r.fake.asked);
	end(&r);
}

static void test_no_robots(void **state)
{
	struct crawl_config config = usual;
	struct result r;

	(void)state;
	config.no_robots = true;
	crawl(&r, &config, shop, ARRAY_SIZE(shop));
	assert_true(was_asked(&r, "/private/x"));
	assert_false(was_asked(&r, "/robots.txt"));
	end(&r);
}

static void test_robots_down(void **state)
{
	static const struct answer site[] = {
		{ "/robots.txt", 503, "text/plain", "" },
		{ "/", 200, "text/html", "x" },
	};
	struct result r;

	(void)state;
	crawl(&r, &usual, site, ARRAY_SIZE(site));
	fate_is(&r, "GET", "/", FATE_ROBOTS);
	assert_false(was_asked(&r, "/"));
	end(&r);
}

static void test_endless(void **state)
{
	static const struct answer site[] = {
		{ "/", 200, "text/html", "<a href=/p/a%b><a href=/p/a%b><a href=/q?s=%>" },
		{ "/p/*", 200, "text/html", "<a href=/p/a%b><a href=/p/a%b><a href=/q?s=%>" },
		{ "/q*", 200, "text/html", "<a href=/q?s=%&t=%>" },
	};
	struct crawl_config config = usual;
	struct result r;

	(void)state;
	config.depth = 1000;
	config.pages = 50;
	crawl(&r, &config, site, ARRAY_SIZE(site));
	assert_int_equal(r.stats.end, CRAWL_PAGES);
	assert_int_equal(r.fake.asked_real, 50);
	end(&r);
	config.pages = 5000;
	config.depth = 3;
	crawl(&r, &config, site, ARRAY_SIZE(site));
	assert_int_equal(r.stats.end, CRAWL_DONE);
	assert_true(r.stats.too_deep > 0);
	/* 1 + 2 + 4 + 8 pages, the few of each query, and their combinations. */
	assert_true(r.fake.asked_real <= 15 + 2 * usual.variants + 3);
	end(&r);
}

static void test_variants(void **state)
{
	static const struct answer site[] = {
		{ "/", 200, "text/html",
		  "<a href=/p/1><a href=/p/2><a href=/p/3><a href=/p/4><a href=/p/5><a href=/p/6>" },
		{ "/p/*", 200, "text/html", "" },
	};
	struct crawl_config config = usual;
	struct result r;

	(void)state;
	config.variants = 2;
	crawl(&r, &config, site, ARRAY_SIZE(site));
	assert_int_equal(r.fake.asked_real, 3);
	assert_int_equal(find(&r, "GET", "/p/{p}")->nr_instances, 6);
	end(&r);
}

static void test_redirects(void **state)
{
	static const struct answer site[] = {
		{ "/", 302, "", "http://shop/a" },
		{ "/a", 302, "", "http://shop/b" },
		{ "/b", 302, "", "http://shop/a" },
		{ "/loop*", 302, "", "http://shop/loopx" },
	};
	static const struct answer away[] = { { "/", 301, "", "https://www.shop/" } };
	static const struct answer longer[] = {
		{ "/", 302, "", "/r/a" },    { "/r/a", 302, "", "/r/b" },
		{ "/r/b", 302, "", "/r/c" }, { "/r/c", 302, "", "/r/d" },
		{ "/r/d", 302, "", "/r/e" }, { "/r/e", 302, "", "/r/f" },
		{ "/r/f", 302, "", "/r/g" }, { "/r/g", 302, "", "/r/h" },
		{ "/r/h", 302, "", "/r/i" }, { "/r/i", 302, "", "/r/j" },
		{ "/r/j", 302, "", "/r/k" }, { "/r/k", 302, "", "/r/l" },
	};
	struct result r;

	(void)state;
	crawl(&r, &usual, site, ARRAY_SIZE(site));
	assert_int_equal(r.fake.asked_real, 3);
	end(&r);
	crawl(&r, &usual, away, ARRAY_SIZE(away));
	assert_string_equal(r.stats.redirect, "https://www.shop/");
	assert_int_equal(r.fake.asked_real, 1);
	end(&r);
	crawl(&r, &usual, longer, ARRAY_SIZE(longer));
	assert_int_equal(r.fake.asked_real, 11);
	end(&r);
}

/* A site that answers anything with its one page must not make every guess an endpoint. */
static void test_fallback(void **state)
{
	static const struct answer site[] = {
		{ "/api/real", 200, "application/json", "{}" },
		{ "/*", 200, "text/html",
		  "<script>get('/api/real'); get('/api/false'); get('/x/' + id)</script>" },
	};
	struct result r;

	(void)state;
	crawl(&r, &usual, site, ARRAY_SIZE(site));
	assert_true(r.stats.fallback);
	fate_is(&r, "GET", "/", FATE_USED);
	fate_is(&r, "GET", "/api/real", FATE_USED);
	fate_is(&r, "GET", "/api/false", FATE_FALLBACK);
	end(&r);
}

/* Orders belong to users: their ids cannot be mixed. */
static void test_combinations(void **state)
{
	static const struct answer bound[] = {
		{ "/", 200, "text/html", "<a href=/u/1/o/7><a href=/u/2/o/8>" },
		{ "/u/1/o/7", 200, "text/plain", "x" },
		{ "/u/2/o/8", 200, "text/plain", "x" },
	};
	static const struct answer loose[] = {
		{ "/", 200, "text/html", "<a href=/u/1/o/7><a href=/u/2/o/8>" },
		{ "/u/*", 200, "text/plain", "x" },
	};
	struct result r;

	(void)state;
	crawl(&r, &usual, bound, ARRAY_SIZE(bound));
	assert_true(find(&r, "GET", "/u/{u}/o/{o}")->joint);
	end(&r);
	crawl(&r, &usual, loose, ARRAY_SIZE(loose));
	assert_false(find(&r, "GET", "/u/{u}/o/{o}")->joint);
	end(&r);
}

static void test_descriptions(void **state)
{
	json_t *openapi =
		json_loads("{\"openapi\":\"3.0.0\",\"paths\":{\"/pet/{id}\":{\"get\":"
			   "{\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"example\":5}]},"
			   "\"put\":{}}}}",
			   0, NULL);
	json_t *har = json_loads("{\"log\":{\"entries\":[{\"request\":{\"method\":\"POST\",\"url\":"
				 "\"http://shop/h\",\"postData\":{\"text\":\"b\"}}},{\"request\":{"
				 "\"method\":\"GET\",\"url\":\"http://other/\"}}]}}",
				 0, NULL);
	static const struct answer site[] = { { "/pet/5", 200, "application/json", "{}" } };
	const char *names[] = { "file" };
	struct crawl_config config = usual;
	struct result r;
	struct err err = { 0 };

	(void)state;
	config.openapi = &openapi;
	config.har = &har;
	config.openapi_names = config.har_names = names;
	config.nr_openapi = config.nr_har = 1;
	crawl(&r, &config, site, ARRAY_SIZE(site));
	fate_is(&r, "GET", "/pet/{id}", FATE_USED);
	fate_is(&r, "PUT", "/pet/{id}", FATE_WRITES);
	assert_int_equal(fate_of(find(&r, "POST", "/h"), true), FATE_USED);
	assert_int_equal(r.stats.har_elsewhere, 1);
	end(&r);
	/* The one is not the other. */
	config.openapi = &har;
	r = (struct result){ .fake = { site, 1, .log = buf_init(1U << 20) } };
	config.fetch_arg = &r.fake;
	assert_int_equal(crawl_run(&config, &r.site, &r.stats, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	end(&r);
	json_decref(openapi);
	json_decref(har);
}

/* Tags of template languages, a base, and a base elsewhere. */
static void test_pages(void **state)
{
	static const struct answer site[] = {
		{ "/", 200, "text/html",
		  "<a href=/one/><a href='/p/{{ prod.sku | x }}'><a href=/two/>" },
		{ "/one/", 200, "text/html", "<base href=/deep/er/><a href=x><a href=?y=1>" },
		{ "/two/", 200, "text/html",
		  "<base href=http://cdn/><a href=z><script>get('api/q')</script>" },
	};
	struct result r;

	(void)state;
	crawl(&r, &usual, site, ARRAY_SIZE(site));
	fate_is(&r, "GET", "/p/{sku}", FATE_NO_VALUE);
	assert_true(was_asked(&r, "/deep/er/x"));
	assert_true(was_asked(&r, "/deep/er/?y=1"));
	assert_false(was_asked(&r, "/two/z"));
	assert_null(find(&r, "GET", "/two/api/q"));
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shop),	     cmocka_unit_test(test_no_robots),
		cmocka_unit_test(test_robots_down),  cmocka_unit_test(test_endless),
		cmocka_unit_test(test_variants),     cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_fallback),     cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_descriptions), cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
