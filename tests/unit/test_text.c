// SPDX-License-Identifier: GPL-2.0-only
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "user/base/text.h"
#include "user/base/types.h"

struct cleaned {
	const char *from;
	const char *to;
};

static void clean_keeps_what_prints(void **state)
{
	static const char *const kept[] = {
		"",
		"nginx",
		"a b-c_d/e:f",
		"\xc3\xa4", /* a with dots */
		"\xe2\x82\xac",
		"\xf0\x9f\x90\x9d", /* euro sign, bee */
		"\xed\x9f\xbf",
		"\xee\x80\x80", /* the code points around the surrogates */
		"\xc2\xa0",
		"\xf4\x8f\xbf\xbf", /* first and last that may stay */
		"\xe2\x80\xaf",
		"e\xcc\x81", /* narrow space, combining accent */
		"<script>&'\"%",
		"=cmd|' /C calc'!A0\\n", /* quoting is the sink's matter */
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		assert_int_equal(text_clean(out, sizeof(out), kept[i]), strlen(kept[i]));
		assert_string_equal(out, kept[i]);
	}
}

static void clean_replaces_what_does_not_print(void **state)
{
	static const struct cleaned cases[] = {
		{ "a\nb\tc\rd", "a?b?c?d" },
		{ "\033[31mred", "?[31mred" },
		{ "\x7f", "?" },
		{ "\xc2\x85x", "?x" },			/* C1: next line */
		{ "\xc2\x9bJ", "?J" },			/* C1: CSI */
		{ "xy\xe2\x80\xaezy", "xy?zy" },	/* right-to-left override */
		{ "\xe2\x81\xa6x\xe2\x81\xa9", "?x?" }, /* isolates */
		{ "a\xe2\x80\x8bz", "a?z" },		/* zero-width space */
		{ "\xef\xbb\xbfx", "?x" },		/* byte order mark */
		{ "\xf3\xa0\x81\x81x", "?x" },		/* tag letter */
		{ "\xc2\xad", "?" },			/* soft hyphen */
		{ "\xd8\x9c", "?" },			/* Arabic letter mark */
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		text_clean(out, sizeof(out), cases[i].from);
		assert_string_equal(out, cases[i].to);
	}
}

static void clean_replaces_each_invalid_byte(void **state)
{
	static const struct cleaned cases[] = {
		{ "\x80", "?" },		      /* continuation alone */
		{ "\xff\xfe", "??" },		      /* never a start */
		{ "\xc0\xaf", "??" },		      /* overlong slash */
		{ "\xe0\x80\xaf", "???" },	      /* overlong, three bytes */
		{ "\xf0\x80\x80\xaf", "????" },	      /* overlong, four bytes */
		{ "\xed\xa0\x80", "???" },	      /* surrogate */
		{ "\xf4\x90\x80\x80", "????" },	      /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", "????" },	      /* start of what is beyond */
		{ "\xe2\x82", "??" },		      /* cut short by the end */
		{ "\xe2\x82x", "??x" },		      /* cut short by a letter */
		{ "\xf0\x9f\xc3\xa4", "??\xc3\xa4" }, /* cut short by a good character */
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		text_clean(out, sizeof(out), cases[i].from);
		assert_string_equal(out, cases[i].to);
	}
}

static void clean_cuts_between_characters(void **state)
{
	/* a, euro sign (3 bytes), z */
	static const char *const from = "a\xe2\x82\xacz";
	static const char *const want[] = {
		NULL, "", "a", "a", "a", "a\xe2\x82\xac", "a\xe2\x82\xacz"
	};
	char out[8];
	size_t size;

	(void)state;
	for (size = 1; size < ARRAY_SIZE(want); size++) {
		memset(out, 'x', sizeof(out));
		assert_int_equal(text_clean(out, size, from), strlen(want[size]));
		assert_string_equal(out, want[size]);
		assert_int_equal(out[size], 'x');
	}
	out[0] = 'x';
	assert_int_equal(text_clean(out, 0, from), 0);
	assert_int_equal(out[0], 'x');
}

static void clean_is_idempotent_on_every_byte_pair(void **state)
{
	char from[3] = { 0 }, once[8], twice[8];
	int a, b;

	(void)state;
	for (a = 1; a < 256; a++) {
		for (b = 1; b < 256; b++) {
			from[0] = (char)a;
			from[1] = (char)b;
			text_clean(once, sizeof(once), from);
			text_clean(twice, sizeof(twice), once);
			assert_string_equal(once, twice);
		}
	}
}

static void dup_is_bounded(void **state)
{
	char *from = malloc(10001), *copy;

	(void)state;
	assert_non_null(from);
	memset(from, 'a', 10000);
	from[10000] = '\0';
	from[5] = '\n';
	copy = text_dup(from);
	assert_non_null(copy);
	assert_int_equal(strlen(copy), 4096);
	assert_int_equal(copy[5], '?');
	free(copy);
	free(from);
}

static void width_counts_columns(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail_msg("the C library has no C.UTF-8");
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("\xe2\x82\xac"), 1);
	assert_int_equal(text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two wide ideographs */
	assert_int_equal(text_width("e\xcc\x81"), 1);		     /* combining accent: none */
}

static void fit_never_splits_a_character(void **state)
{
	static const char *const wide = "a\xe6\xbc\xa2z";

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(text_fit(wide, 0), 0);
	assert_int_equal(text_fit(wide, 1), 1);
	assert_int_equal(text_fit(wide, 2), 1);
	assert_int_equal(text_fit(wide, 3), 4);
	assert_int_equal(text_fit(wide, 4), 5);
	assert_int_equal(text_fit(wide, 100), 5);
	assert_int_equal(text_fit(wide, -1), 0);
}

static void starts_compares_the_whole_prefix(void **state)
{
	(void)state;
	assert_true(text_starts("--output", "--"));
	assert_true(text_starts("x", ""));
	assert_true(text_starts("x", "x"));
	assert_false(text_starts("", "x"));
	assert_false(text_starts("-o", "--"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_keeps_what_prints),
		cmocka_unit_test(clean_replaces_what_does_not_print),
		cmocka_unit_test(clean_replaces_each_invalid_byte),
		cmocka_unit_test(clean_cuts_between_characters),
		cmocka_unit_test(clean_is_idempotent_on_every_byte_pair),
		cmocka_unit_test(dup_is_bounded),
		cmocka_unit_test(width_counts_columns),
		cmocka_unit_test(fit_never_splits_a_character),
		cmocka_unit_test(starts_compares_the_whole_prefix),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
