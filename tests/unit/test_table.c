// SPDX-License-Identifier: GPL-2.0-only
/* Columns, ellipses and escape sequences. */
#include <locale.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "user/base/text.h"
#include "tests/unit/golden.h"
#include "user/base/types.h"
#include "user/show/table.h"

static const struct table_column columns[] = {
	{ NULL, "name", TABLE_LEFT, true },
	{ "time", "p50", TABLE_RIGHT, false },
	{ "time", "p99", TABLE_RIGHT, false },
	{ NULL, "codes", TABLE_LEFT, true },
};

static char *print(const struct table *table, int width, bool ansi)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(table, width, ansi, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void add_row(struct table *table, const char *name, const char *codes)
{
	table_text(table, name);
	table_printf(table, "%dus", 12);
	table_text(table, "1.25ms");
	assert_int_equal(table_text(table, codes), 0);
}

static void columns_align_and_lines_end_without_blanks(void **state)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	char *text;

	(void)state;
	add_row(&table, "web", "200");
	add_row(&table, "catalogue", "");
	text = print(&table, 80, false);
	assert_string_equal(text, "               time\n"
				  "name        p50     p99  codes\n"
				  "web        12us  1.25ms  200\n"
				  "catalogue  12us  1.25ms\n");
	free(text);
	table_free(&table);
}

static void the_widest_shrinking_column_pays(void **state)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	char *text;

	(void)state;
	add_row(&table, "a-name-of-twenty-six-bytes", "200 503:17");
	text = print(&table, 40, false);
	assert_string_equal(text, "                    time\n"
				  "name             p50     p99  codes\n"
				  "a-na…six-bytes  12us  1.25ms  200 503:17\n");
	assert_int_equal(widest_line(text), 40);
	free(text);
	/* Too narrow for all: no column goes below 8, no figure is cut. */
	text = print(&table, 10, false);
	assert_non_null(strstr(text, "a-…bytes  12us  1.25ms  20…03:17\n"));
	free(text);
	table_free(&table);
}

static void wide_characters_count_two_columns(void **state)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	char *text;

	(void)state;
	add_row(&table, "日本語のサービス名", "200");
	add_row(&table, "ü", "200");
	text = print(&table, 36, false);
	assert_non_null(strstr(text, "日本…サービス名  12us  1.25ms  200\n"));
	assert_non_null(strstr(text, "ü                12us  1.25ms  200\n"));
	free(text);
	/* An odd width: half a character does not fit, its column stays blank. */
	text = print(&table, 35, false);
	assert_non_null(strstr(text, "日本…ービス名   12us  1.25ms  200\n"));
	free(text);
	table_free(&table);
}

static void escape_sequences_only_when_allowed(void **state)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	char *text;

	(void)state;
	add_row(&table, "web", "500");
	table_mark(&table, TABLE_BAD);
	text = print(&table, 80, false);
	assert_null(strchr(text, '\033'));
	free(text);
	text = print(&table, 80, true);
	assert_non_null(strstr(text, "\033[1;31m500\033[0m\n"));
	free(text);
	table_free(&table);
}

static void colour_is_for_terminals_unless_no_color_is_set(void **state)
{
	FILE *file = tmpfile(), *terminal;
	int primary, secondary;

	(void)state;
	assert_non_null(file);
	assert_int_equal(openpty(&primary, &secondary, NULL, NULL, NULL), 0);
	terminal = fdopen(secondary, "w");
	assert_non_null(terminal);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_false(table_ansi(file));
	assert_true(table_ansi(terminal));
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	assert_true(table_ansi(terminal));
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_false(table_ansi(terminal));
	fclose(terminal);
	close(primary);
	fclose(file);
}

static void a_table_without_rows_is_its_headings(void **state)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	char *text = print(&table, 80, false);

	(void)state;
	assert_string_equal(text, "        time\nname  p50  p99  codes\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_align_and_lines_end_without_blanks),
		cmocka_unit_test(the_widest_shrinking_column_pays),
		cmocka_unit_test(wide_characters_count_two_columns),
		cmocka_unit_test(escape_sequences_only_when_allowed),
		cmocka_unit_test(colour_is_for_terminals_unless_no_color_is_set),
		cmocka_unit_test(a_table_without_rows_is_its_headings),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
