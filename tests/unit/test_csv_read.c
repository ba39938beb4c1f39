// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "loadgen/csv.h"
#include "tests/unit/unit.h"

static void parse(struct csv *csv, const char *text)
{
	struct err err = { 0 };

	if (csv_parse(csv, "u.csv", text, strlen(text), &err))
		fail_msg("for '%s': %s", text, err.text);
}

static void rows_and_columns(void **state)
{
	static const char *const texts[] = {
		"a,b\n1,2\n3,\n",
		"a,b\r\n1,2\r\n3,\r\n",
		"a,b\n1,2\n3,",
		"\xef\xbb\xbf"
		"a,b\n1,2\n3,\n",
		"\"a\",\"b\"\n\"1\",2\n3,\"\"\n\r\n\n",
	};
	struct csv csv;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		parse(&csv, texts[i]);
		assert_int_equal(csv.nr_columns, 2);
		assert_int_equal(csv.nr_rows, 2);
		assert_string_equal(csv_name(&csv, 0), "a");
		assert_string_equal(csv_name(&csv, 1), "b");
		assert_string_equal(csv_value(&csv, 0, 0), "1");
		assert_string_equal(csv_value(&csv, 0, 1), "2");
		assert_string_equal(csv_value(&csv, 1, 0), "3");
		assert_string_equal(csv_value(&csv, 1, 1), "");
		csv_free(&csv);
	}
}

static void quotes(void **state)
{
	struct csv csv;

	(void)state;
	parse(&csv, "a,b\n\"x,\"\"y\"\"\r\nz\",\" \"\n,\"\"\"\"\n");
	assert_int_equal(csv.nr_rows, 2);
	assert_string_equal(csv_value(&csv, 0, 0), "x,\"y\"\r\nz");
	assert_string_equal(csv_value(&csv, 0, 1), " ");
	assert_string_equal(csv_value(&csv, 1, 0), "");
	assert_string_equal(csv_value(&csv, 1, 1), "\"");
	csv_free(&csv);
}

/* A line of one column may be empty; at the end it is none. */
static void one_column(void **state)
{
	struct csv csv;

	(void)state;
	parse(&csv, "a\n1\n\n3\n\n");
	assert_int_equal(csv.nr_rows, 3);
	assert_string_equal(csv_value(&csv, 1, 0), "");
	assert_string_equal(csv_value(&csv, 2, 0), "3");
	csv_free(&csv);
}

static void mistakes_have_a_place(void **state)
{
	static const char *const cases[][2] = {
		{ "", "u.csv:1:1: the file is empty" },
		{ "\n\n", "u.csv:1:1: the file is empty" },
		{ "a,b\n", "u.csv:2:1: no line behind" },
		{ "a,b", "u.csv:1:4: no line behind" },
		{ "a,b\n1\n", "u.csv:2:2: 1 values for 2" },
		{ "a,b\n1,2,3\n", "u.csv:2:6: 3 values for 2" },
		{ "a,b\n1,2\n\n3,4\n", "u.csv:3:1: 1 values for 2" },
		{ "a\nx\"y\n", "u.csv:2:2: a quote within" },
		{ "a\n\"x\"y\n", "u.csv:2:4: text behind a closing" },
		{ "a\n\"x\n\ny", "u.csv:4:2: the quote that opens in line 2" },
		{ "a\nx\ry\n", "u.csv:2:2: a carriage return" },
	};
	struct csv csv;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		assert_int_equal(csv_parse(&csv, "u.csv", cases[i][0], strlen(cases[i][0]), &err),
				 -1);
		assert_int_equal(err.code, EXIT_USAGE);
		if (strncmp(err.text, cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("'%s' gave '%s'", cases[i][0], err.text);
		assert_null(csv.text);
	}
}

static void a_nul_is_no_text(void **state)
{
	static const char text[] = "a\n1\0\n";
	struct err err = { 0 };
	struct csv csv;

	(void)state;
	assert_int_equal(csv_parse(&csv, "u.csv", text, sizeof(text) - 1, &err), -1);
	assert_non_null(strstr(err.text, "a NUL byte"));
}

static void too_much(void **state)
{
	size_t nr = CSV_CELLS_MAX + 10;
	char *text = malloc(2 * nr), columns[2 * CSV_COLUMNS_MAX + 2];
	struct err err = { 0 };
	struct csv csv;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', 2 * nr);
	text[0] = 'a';
	text[2 * nr - 1] = 'z';
	assert_int_equal(csv_parse(&csv, "u.csv", text, 2 * nr, &err), -1);
	assert_non_null(strstr(err.text, "more than 2000000 values"));
	free(text);
	memset(columns, ',', sizeof(columns));
	err = (struct err){ 0 };
	assert_int_equal(csv_parse(&csv, "u.csv", columns, sizeof(columns), &err), -1);
	assert_non_null(strstr(err.text, "more than 64 columns"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_columns), cmocka_unit_test(quotes),
		cmocka_unit_test(one_column),	    cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(a_nul_is_no_text), cmocka_unit_test(too_much),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
