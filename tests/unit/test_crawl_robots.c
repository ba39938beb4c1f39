// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/deny.h"
#include "loadgen/crawl/robots.h"
#include "tests/unit/unit.h"

static void rules(struct robots *robots, const char *text)
{
	assert_int_equal(robots_parse(robots, text, strlen(text), "situ"), 0);
}

static void decides(const char *text, const char *target, bool allow)
{
	struct robots robots;

	rules(&robots, text);
	if (robots_allow(&robots, target) != allow)
		print_message("%s of:\n%s\n", target, text);
	assert_int_equal(robots_allow(&robots, target), allow);
	robots_free(&robots);
}

/* The pairs of RFC 9309 section 2.2.3 and 5.1. */
static void test_match(void **state)
{
	(void)state;
	assert_true(robots_match("/", "/anything"));
	assert_true(robots_match("/fish", "/fish.html"));
	assert_true(robots_match("/fish", "/fishheads/yummy.html"));
	assert_false(robots_match("/fish", "/Fish.asp"));
	assert_false(robots_match("/fish", "/catfish"));
	assert_true(robots_match("/fish*", "/fish"));
	assert_false(robots_match("/fish/", "/fish"));
	assert_true(robots_match("/*.php", "/folder/filename.php?parameters"));
	assert_true(robots_match("/*.php$", "/folder/filename.php"));
	assert_false(robots_match("/*.php$", "/filename.php?parameters"));
	assert_false(robots_match("/*.php$", "/filename.php5"));
	assert_true(robots_match("/fish*.php", "/fishheads/catfish.php?parameters"));
	assert_true(robots_match("*.gif$", "/a.gif.gif"));
	assert_true(robots_match("/a$b", "/a$bc"));
	assert_true(robots_match("/$", "/"));
	assert_false(robots_match("/$", "/a"));
}

static void test_groups(void **state)
{
	(void)state;
	decides("", "/a", true);
	decides("User-agent: *\nDisallow: /a\n", "/ab", false);
	decides("User-agent: *\nDisallow: /a\n", "/b", true);
	decides("User-agent: *\nDisallow:\n", "/a", true);
	decides("User-agent: other\nDisallow: /\n", "/a", true);
	decides("User-agent: *\nDisallow: /\n\nUser-agent: situ\nDisallow: /b\n", "/a", true);
	decides("User-agent: situ\nDisallow: /b\n\nUser-agent: *\nDisallow: /\n", "/a", true);
	decides("User-agent: situ\nDisallow: /b\n\nUser-agent: *\nDisallow: /\n", "/b", false);
	decides("User-agent: x\nUser-agent: SITU/1.0\nDisallow: /a\n", "/a", false);
	decides("User-agent: situation\nDisallow: /\n", "/a", true);
	decides("User-agent: situ\nDisallow: /a\nUser-agent: situ\nDisallow: /b\n", "/a", false);
	decides("User-agent: situ\nDisallow: /a\nUser-agent: situ\nDisallow: /b\n", "/b", false);
	decides("Disallow: /\n", "/a", true);
	decides("User-agent: *\nDisallow: /\n", "/robots.txt", true);
}

static void test_longest_wins(void **state)
{
	const char *const text = "User-agent: *\nDisallow: /a/\nAllow: /a/b\nDisallow: /a/b/c\n";

	(void)state;
	decides(text, "/a/x", false);
	decides(text, "/a/b", true);
	decides(text, "/a/b/c", false);
	decides("User-agent: *\nDisallow: /a\nAllow: /a\n", "/a", true);
	decides("User-agent: *\nAllow: /a\nDisallow: /a\n", "/a", true);
	decides("User-agent: *\nDisallow: /%7ejoe\n", "/%7Ejoe", false);
}

static void test_other_lines(void **state)
{
	struct robots robots;

	(void)state;
	rules(&robots, "\xef\xbb\xbf"
		       "user-AGENT : *  # all\r\n crawl-delay: 2.5\r\rDisallow: /a#b\n"
		       "Sitemap: http://h/s.xml\nSitemap:\nNonsense\n: x\nDisallow /c\n");
	assert_true(robots.delay_s == 2.5);
	assert_int_equal(robots.nr_rules, 1);
	assert_string_equal(robots.rules[0].pattern, "/a");
	assert_int_equal(robots.nr_sitemaps, 1);
	assert_string_equal(robots.sitemaps[0], "http://h/s.xml");
	robots_free(&robots);
	rules(&robots, "User-agent: *\nCrawl-delay: -1\nCrawl-delay: nan\nCrawl-delay: 1e99\n");
	assert_true(robots.delay_s == 0);
	robots_free(&robots);
}

static void test_bounds(void **state)
{
	const size_t size = 2 * ROBOTS_BYTES_MAX;
	char *text = malloc(size);
	struct robots robots;
	size_t len;

	(void)state;
	assert_non_null(text);
	/* NULs and one endless line. */
	memset(text, 0, size);
	assert_int_equal(robots_parse(&robots, text, size, "situ"), 0);
	robots_free(&robots);
	memset(text, '*', size);
	assert_int_equal(robots_parse(&robots, text, size, "situ"), 0);
	assert_int_equal(robots.nr_rules, 0);
	robots_free(&robots);
	len = (size_t)snprintf(text, size, "User-agent: *\n");
	while (len + 32 < size)
		len += (size_t)snprintf(text + len, size - len, "Disallow: /abcd\n");
	assert_int_equal(robots_parse(&robots, text, len, "situ"), 0);
	assert_int_equal(robots.nr_rules, ROBOTS_RULES_MAX);
	robots_free(&robots);
	free(text);
}

static void test_deny(void **state)
{
	const char *const patterns[] = { "secret", "/admin/*", "*.zip" };
	const struct deny deny = { patterns, 3, false };
	const struct deny own = { patterns, 3, true };

	(void)state;
	assert_true(deny_match(&deny, "/user/logout"));
	assert_true(deny_match(&deny, "/user/Logout.php?x=1"));
	assert_true(deny_match(&deny, "/x?do=delete"));
	assert_true(deny_match(&deny, "/api/shipping/memory"));
	assert_true(deny_match(&deny, "/account/sign-out"));
	assert_true(deny_match(&deny, "/deleteUser/3"));
	assert_false(deny_match(&deny, "/logouts"));
	assert_false(deny_match(&deny, "/undelete"));
	assert_false(deny_match(&deny, "/product/{sku}"));
	assert_true(deny_match(&deny, "/my/SECRET/x"));
	assert_true(deny_match(&deny, "/admin/x/y"));
	assert_false(deny_match(&deny, "/x/admin/y"));
	assert_true(deny_match(&deny, "/a/b.zip"));
	assert_false(deny_match(&own, "/user/logout"));
	assert_true(deny_match(&own, "/secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),	     cmocka_unit_test(test_groups),
		cmocka_unit_test(test_longest_wins), cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_bounds),	     cmocka_unit_test(test_deny),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
