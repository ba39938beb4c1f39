// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a CSV file: a full table, or one line that says what is wrong. */
#include <stdlib.h>
#include <string.h>

#include "loadgen/csv.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct err err = { 0 };
	struct csv csv;
	size_t row, column, len = 0;

	if (csv_parse(&csv, "u.csv", (const char *)data, size, &err)) {
		if (err.code != EXIT_USAGE || !err.text[0] || strchr(err.text, '\n'))
			abort();
		return 0;
	}
	if (err.code != EXIT_OK || !csv.nr_rows || !csv.nr_columns)
		abort();
	for (column = 0; column < csv.nr_columns; column++) {
		len += strlen(csv_name(&csv, column));
		for (row = 0; row < csv.nr_rows; row++)
			len += strlen(csv_value(&csv, row, column));
	}
	if (len > size)
		abort();
	csv_free(&csv);
	return 0;
}
