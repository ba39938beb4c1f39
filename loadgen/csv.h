/* SPDX-License-Identifier: GPL-2.0-only */
/* Comma-separated values as RFC 4180 has them, with a header line, into a table of strings. */
#ifndef SITU_LOADGEN_CSV_H
#define SITU_LOADGEN_CSV_H

#include "user/base/err.h"
#include "user/base/types.h"

#define CSV_BYTES_MAX	(16U << 20)
#define CSV_COLUMNS_MAX 64
#define CSV_CELLS_MAX	2000000

struct csv {
	char *text;   /* what the cells point into */
	char **cells; /* nr_columns names, then nr_rows times nr_columns values */
	size_t nr_columns;
	size_t nr_rows; /* at least 1 */
};

/*
 * Parses @text[@len], called @file in errors, into @csv. Lines end with LF or CRLF, a byte order
 * mark is skipped, empty lines at the end are too. 0, or -1 with @err set to one line
 * "file:line:column: ...": columns count bytes. The caller frees @csv with csv_free().
 */
int csv_parse(struct csv *csv, const char *file, const char *text, size_t len, struct err *err);
void csv_free(struct csv *csv);

const char *csv_name(const struct csv *csv, size_t column);
const char *csv_value(const struct csv *csv, size_t row, size_t column);

#endif
