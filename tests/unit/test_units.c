// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "user/base/units.h"

struct parsed {
	const char *text;
	u64 value;
};

struct printed {
	u64 value;
	const char *text;
};

static void durations_are_parsed(void **state)
{
	static const struct parsed cases[] = {
		{ "0", 0 },
		{ "8", 8 * NSEC_PER_SEC },
		{ "8s", 8 * NSEC_PER_SEC },
		{ "250ms", 250 * NSEC_PER_MSEC },
		{ "1.5m", 90 * NSEC_PER_SEC },
		{ "2h", 7200 * NSEC_PER_SEC },
		{ "1d", 86400 * NSEC_PER_SEC },
		{ "17us", 17 * NSEC_PER_USEC },
		{ "999ns", 999 },
		{ ".5s", NSEC_PER_SEC / 2 },
		{ "1e3ms", NSEC_PER_SEC },
		{ "0.4ns", 0 },
		{ "0.5ns", 1 },
		{ "10S", 10 * NSEC_PER_SEC },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 ns = 1;

		assert_int_equal(units_parse_duration(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].value);
	}
}

static const char *const bad[] = {
	"",    " ",   "s",   "-1",    "-1s",   "+1",	   " 1",  "1 s", "1s ", "1x", "1ss",
	"1,5", "nan", "inf", "1.2.3", "1e999", "\xc2\xb2", "1\n", "..",	 ".",	"e5",
};

static void bad_durations_are_refused(void **state)
{
	static const char *const more[] = { "36525.1d", "1e300", "1B", "1k", "1M5" };
	u64 ns = 4711;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(units_parse_duration(bad[i], &ns), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		assert_int_equal(units_parse_duration(more[i], &ns), -EINVAL);
	assert_int_equal(ns, 4711);
}

static void bytes_are_parsed(void **state)
{
	static const struct parsed cases[] = {
		{ "0", 0 },	     { "4096", 4096 },	     { "4096B", 4096 },
		{ "64k", 65536 },    { "64K", 65536 },	     { "10MiB", 10485760 },
		{ "10m", 10485760 }, { "1.5G", 1610612736 }, { "2tib", 2199023255552 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 bytes = 1;

		assert_int_equal(units_parse_bytes(cases[i].text, &bytes), 0);
		assert_int_equal(bytes, cases[i].value);
	}
}

static void bad_bytes_are_refused(void **state)
{
	static const char *const more[] = { "10s", "9e18", "99999999T", "1KB", "1PiB" };
	u64 bytes = 4711;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(units_parse_bytes(bad[i], &bytes), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		assert_int_equal(units_parse_bytes(more[i], &bytes), -EINVAL);
	assert_int_equal(bytes, 4711);
}

static void durations_are_printed(void **state)
{
	static const struct printed cases[] = {
		{ 0, "0ns" },
		{ 1, "1ns" },
		{ 847, "847ns" },
		{ 999, "999ns" },
		{ 1000, "1.00us" },
		{ 12345, "12.3us" },
		{ 99949, "99.9us" },
		{ 99950, "100us" },
		{ 999499, "999us" },
		{ 999500, "1.00ms" },
		{ 4500000, "4.50ms" },
		{ 9994999, "9.99ms" },
		{ 9995000, "10.0ms" },
		{ 999999999, "1.00s" },
		{ 1200000000, "1.20s" },
		{ 95 * NSEC_PER_SEC, "95.0s" },
		{ 3600 * NSEC_PER_SEC, "3600s" },
		{ UINT64_MAX, "18446744074s" },
	};
	char text[UNITS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units_duration(text, sizeof(text), cases[i].value),
				    cases[i].text);
}

static void bytes_are_printed(void **state)
{
	static const struct printed cases[] = {
		{ 0, "0B" },
		{ 512, "512B" },
		{ 1023, "1023B" },
		{ 1024, "1.00KiB" },
		{ 4096, "4.00KiB" },
		{ 1331439862, "1.24GiB" },
		{ 1047552, "1023KiB" },
		{ 1048575, "1.00MiB" },
		{ UINT64_MAX, "16777216TiB" },
	};
	char text[UNITS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units_bytes(text, sizeof(text), cases[i].value), cases[i].text);
}

static void counts_are_printed(void **state)
{
	static const struct printed cases[] = {
		{ 0, "0" },	      { 812, "812" },	       { 999, "999" },
		{ 1000, "1.00k" },    { 12300, "12.3k" },      { 999999, "1.00M" },
		{ 4560000, "4.56M" }, { 7000000000, "7.00G" },
	};
	char text[UNITS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units_count(text, sizeof(text), (double)cases[i].value),
				    cases[i].text);
}

/* What is printed can be read back and is off by no more than the digits that were dropped. */
static void what_is_printed_parses(void **state)
{
	char text[UNITS_TEXT];
	u64 ns, back;

	(void)state;
	for (ns = 1; ns < 1000 * NSEC_PER_SEC; ns += ns / 7 + 1) {
		units_duration(text, sizeof(text), ns);
		assert_int_equal(units_parse_duration(text, &back), 0);
		assert_in_range(back, ns - ns / 190 - 1, ns + ns / 190 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_parsed),
		cmocka_unit_test(bad_durations_are_refused),
		cmocka_unit_test(bytes_are_parsed),
		cmocka_unit_test(bad_bytes_are_refused),
		cmocka_unit_test(durations_are_printed),
		cmocka_unit_test(bytes_are_printed),
		cmocka_unit_test(counts_are_printed),
		cmocka_unit_test(what_is_printed_parses),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
