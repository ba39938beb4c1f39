// SPDX-License-Identifier: GPL-2.0-only
/* Histograms merged to a few rows, and their bars. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/base/text.h"
#include "user/show/bars.h"

static void add(struct hist *h, u64 value_ns, unsigned int times)
{
	while (times--)
		assert_int_equal(hist_record(h, HIST_KERNEL_SUB_BITS, value_ns), 0);
}

static u64 total(const struct bar *bar, size_t nr)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		sum += bar[i].count;
	return sum;
}

static void rows_keep_every_count_and_meet_end_to_end(void **state)
{
	static const u64 values[] = { 0,       63,	64,	   1000,       4095,	  4096,
				      1234567, 9999999, 999999999, 1ULL << 36, 1ULL << 40 };
	struct hist h = { 0 };
	struct bar bar[64];
	size_t most, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++)
		add(&h, values[i], (unsigned int)i + 1);
	for (most = 2; most <= ARRAY_SIZE(bar); most++) {
		size_t nr = bars_build(&h, most, bar);

		assert_in_range(nr, 1, most);
		assert_int_equal(total(bar, nr), h.count);
		for (i = 1; i < nr; i++)
			assert_int_equal(bar[i].lower_ns, bar[i - 1].upper_ns);
		assert_int_equal(bar[0].lower_ns, 0);
		assert_true(bar[nr - 1].upper_ns == UINT64_MAX);
	}
	hist_free(&h);
}

static void rows_start_at_powers_of_two_once_octaves_merge(void **state)
{
	struct hist h = { 0 };
	struct bar bar[4];

	(void)state;
	add(&h, 1100, 3);
	add(&h, 5000, 5);
	add(&h, 9000, 7);
	assert_int_equal(bars_build(&h, 4, bar), 4);
	assert_int_equal(bar[0].lower_ns, 1024);
	assert_int_equal(bar[0].count, 3);
	assert_int_equal(bar[1].count, 0);
	assert_int_equal(bar[2].lower_ns, 4096);
	assert_int_equal(bar[2].count, 5);
	assert_int_equal(bar[3].count, 7);
	hist_free(&h);
}

static void one_row_takes_all(void **state)
{
	struct hist h = { 0 };
	struct bar bar[1];

	(void)state;
	add(&h, 10, 2);
	add(&h, 1 << 20, 3);
	assert_int_equal(bars_build(&h, 1, bar), 1);
	assert_int_equal(bar[0].count, 5);
	hist_free(&h);
}

static void nothing_gives_no_rows(void **state)
{
	struct hist empty = { 0 }, mean_only = { .count = 5, .sum_ns = 50 };
	struct bar bar[4];

	(void)state;
	assert_int_equal(bars_build(&empty, 4, bar), 0);
	assert_int_equal(bars_build(&mean_only, 4, bar), 0);
	add(&empty, 5, 1);
	assert_int_equal(bars_build(&empty, 0, bar), 0);
	hist_free(&empty);
}

static void bars_are_as_long_as_their_share(void **state)
{
	char text[256];

	(void)state;
	assert_string_equal(bars_text(text, sizeof(text), 10, 10, 5, false), "#####");
	assert_string_equal(bars_text(text, sizeof(text), 5, 10, 4, false), "##");
	assert_string_equal(bars_text(text, sizeof(text), 1, 1000000, 5, false), "#");
	assert_string_equal(bars_text(text, sizeof(text), 0, 10, 5, false), "");
	assert_string_equal(bars_text(text, sizeof(text), 3, 10, 5, true), "█▌");
	assert_string_equal(bars_text(text, sizeof(text), 1, 1000000, 5, true), "▏");
	assert_string_equal(bars_text(text, sizeof(text), 10, 10, 0, true), "");
	assert_int_equal(text_width(bars_text(text, sizeof(text), 10, 10, 40, true)), 40);
	/* A small buffer cuts between characters. */
	assert_string_equal(bars_text(text, 8, 10, 10, 40, true), "██");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_keep_every_count_and_meet_end_to_end),
		cmocka_unit_test(rows_start_at_powers_of_two_once_octaves_merge),
		cmocka_unit_test(one_row_takes_all),
		cmocka_unit_test(nothing_gives_no_rows),
		cmocka_unit_test(bars_are_as_long_as_their_share),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
