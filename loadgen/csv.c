// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/csv.h"

struct reader {
	const char *file;
	char *at; /* the next byte; fields are unquoted in place, behind it */
	const char *end;
	const char *line; /* its first byte */
	size_t line_nr;	  /* from 1 */
	struct csv *csv;
	size_t nr_cells;
	size_t cells_room;
	struct err *err;
};

__attribute__((format(printf, 2, 3))) static int mistake(const struct reader *r, const char *fmt,
							 ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->err, EXIT_USAGE, "%s:%zu:%zu: %s", r->file, r->line_nr,
		       (size_t)(r->at - r->line) + 1, text);
}

static int add_cell(struct reader *r, char *cell)
{
	size_t room = r->cells_room ? 2 * r->cells_room : 256;
	char **cells;

	if (r->nr_cells >= CSV_CELLS_MAX)
		return mistake(r, "more than %d values: use a shorter file", CSV_CELLS_MAX);
	if (r->nr_cells == r->cells_room) {
		cells = realloc(r->csv->cells, room * sizeof(*cells));
		if (!cells)
			return err_set(r->err, EXIT_FAILED, "out of memory for %s: make it shorter",
				       r->file);
		r->csv->cells = cells;
		r->cells_room = room;
	}
	r->csv->cells[r->nr_cells++] = cell;
	return 0;
}

/* Length of the line break at @at: 0, 1 or 2. */
static size_t break_len(const struct reader *r, const char *at)
{
	if (at < r->end && *at == '\n')
		return 1;
	return at + 1 < r->end && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static void count_break(struct reader *r)
{
	r->line_nr++;
	r->line = r->at + 1;
}

/* Reads the quoted field at r->at, its quotes taken off. */
static int read_quoted(struct reader *r)
{
	size_t line_nr = r->line_nr;
	char *cell = ++r->at, *to = cell;

	for (; r->at < r->end; r->at++) {
		if (*r->at == '"') {
			if (r->at + 1 >= r->end || r->at[1] != '"')
				break;
			r->at++;
		} else if (*r->at == '\n') {
			count_break(r);
		}
		*to++ = *r->at;
	}
	if (r->at == r->end)
		return mistake(r, "the quote that opens in line %zu does not close: add '\"'",
			       line_nr);
	*to = '\0';
	r->at++;
	if (r->at < r->end && *r->at != ',' && !break_len(r, r->at))
		return mistake(r, "text behind a closing quote: double a quote within a value");
	return add_cell(r, cell);
}

/* Reads a field; what ends it (a comma, a line break, the end) is left and still to be cut off. */
static int read_field(struct reader *r)
{
	char *cell = r->at;

	if (r->at < r->end && *r->at == '"')
		return read_quoted(r);
	while (r->at < r->end && *r->at != ',' && !break_len(r, r->at)) {
		if (*r->at == '"')
			return mistake(r, "a quote within a value: quote the whole, double it");
		if (*r->at == '\r')
			return mistake(r, "a carriage return within a line: quote the value");
		r->at++;
	}
	return add_cell(r, cell);
}

/* Reads a line of fields and goes behind its end. */
static int read_line(struct reader *r)
{
	size_t first = r->nr_cells, nr, len;
	bool more;

	do {
		if (read_field(r))
			return -1;
		more = r->at < r->end && *r->at == ',';
		if (more)
			*r->at++ = '\0';
	} while (more);
	nr = r->nr_cells - first;
	if (!r->csv->nr_columns && nr > CSV_COLUMNS_MAX)
		return mistake(r, "more than %d columns: take some out", CSV_COLUMNS_MAX);
	if (r->csv->nr_columns && nr != r->csv->nr_columns)
		return mistake(r, "%zu values for %zu columns: make them as many", nr,
			       r->csv->nr_columns);
	if (r->csv->nr_columns)
		r->csv->nr_rows++;
	else
		r->csv->nr_columns = nr;
	len = break_len(r, r->at);
	if (!len)
		return 0;
	*r->at = '\0';
	r->at += len - 1;
	count_break(r);
	r->at++;
	return 0;
}

static int read_all(struct reader *r)
{
	char *nul = memchr(r->at, '\0', (size_t)(r->end - r->at));
	const char *last = r->end;

	if (nul) {
		r->at = nul;
		return mistake(r, "a NUL byte: save the file as text");
	}
	while (last > r->at && (last[-1] == '\n' || last[-1] == '\r'))
		last--;
	if (last == r->at)
		return mistake(r, "the file is empty: begin it with a line of column names");
	while (r->at < last) {
		if (read_line(r))
			return -1;
	}
	if (!r->csv->nr_rows)
		return mistake(r, "no line behind the column names: add values");
	return 0;
}

int csv_parse(struct csv *csv, const char *file, const char *text, size_t len, struct err *err)
{
	struct reader r = { .file = file, .line_nr = 1, .csv = csv, .err = err };
	bool marked = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;

	*csv = (struct csv){ .text = malloc(len + 1) };
	if (!csv->text)
		return err_set(err, EXIT_FAILED, "out of memory for %s: make it shorter", file);
	if (len)
		memcpy(csv->text, text, len);
	csv->text[len] = '\0';
	r.at = csv->text + (marked ? 3 : 0);
	r.line = r.at;
	r.end = csv->text + len;
	if (read_all(&r) == 0)
		return 0;
	csv_free(csv);
	return -1;
}

void csv_free(struct csv *csv)
{
	free(csv->text);
	free(csv->cells);
	*csv = (struct csv){ 0 };
}

const char *csv_name(const struct csv *csv, size_t column)
{
	return csv->cells[column];
}

const char *csv_value(const struct csv *csv, size_t row, size_t column)
{
	return csv->cells[(row + 1) * csv->nr_columns + column];
}
