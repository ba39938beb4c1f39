// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/show/table.h"

#define GAP	  2
#define LEAST	  8
#define ANSI_END  "\033[0m"
#define ANSI_BOLD "\033[1m"

struct table table_init(const struct table_column *column, size_t nr_columns)
{
	return (struct table){ .column = column, .nr_columns = nr_columns };
}

void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr_cells; i++)
		free(table->cell[i].text);
	free(table->cell);
	*table = table_init(table->column, table->nr_columns);
}

/* Takes @text, which may be NULL when there was no memory for it. */
static int take(struct table *table, char *text)
{
	size_t nr = table->nr_cells;
	struct table_cell *grown = table->cell;

	/* The room doubles at each power of two, so the list needs no capacity of its own. */
	if (text && !table->failed && (nr & (nr - 1)) == 0) {
		grown = realloc(table->cell, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (grown)
			table->cell = grown;
	}
	if (!text || !grown)
		table->failed = -ENOMEM;
	if (table->failed) {
		free(text);
		return table->failed;
	}
	table->cell[table->nr_cells++] = (struct table_cell){ text, TABLE_PLAIN };
	return 0;
}

int table_text(struct table *table, const char *text)
{
	return take(table, strdup(text));
}

int table_printf(struct table *table, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return take(table, len < 0 ? NULL : text);
}

void table_mark(struct table *table, enum table_mark mark)
{
	if (table->nr_cells && !table->failed)
		table->cell[table->nr_cells - 1].mark = mark;
}

bool table_ansi(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no_color && *no_color);
}

bool table_unicode(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void table_title(FILE *out, const char *fmt, ...)
{
	bool ansi = table_ansi(out);
	va_list ap;

	fputs(ansi ? ANSI_BOLD : "", out);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputs(ansi ? ANSI_END "\n" : "\n", out);
}

static bool same_group(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Width of column @c with its headings and all its texts whole. */
static int natural_width(const struct table *table, size_t c)
{
	const struct table_column *column = &table->column[c];
	int width = text_width(column->heading);
	size_t i;

	/* A group over one column must fit it; one over several does so by their headings. */
	if (column->group && (c == 0 || !same_group(column->group, column[-1].group)) &&
	    (c + 1 == table->nr_columns || !same_group(column->group, column[1].group))) {
		int w = text_width(column->group);

		width = w > width ? w : width;
	}
	for (i = c; i < table->nr_cells; i += table->nr_columns) {
		int w = text_width(table->cell[i].text);

		width = w > width ? w : width;
	}
	return width;
}

/* Fills in the width of each column; returns that of the table. */
static int natural_widths(const struct table *table, int *width)
{
	int total = -GAP;
	size_t c;

	for (c = 0; c < table->nr_columns; c++) {
		width[c] = natural_width(table, c);
		total += width[c] + GAP;
	}
	return total;
}

static void shrink(const struct table *table, int *width, int excess)
{
	while (excess > 0) {
		size_t c, widest = table->nr_columns;

		for (c = 0; c < table->nr_columns; c++) {
			if (!table->column[c].shrinks || width[c] <= LEAST)
				continue;
			if (widest == table->nr_columns || width[c] > width[widest])
				widest = c;
		}
		if (widest == table->nr_columns)
			return;
		width[widest]--;
		excess--;
	}
}

static const char *ansi_of(enum table_mark mark)
{
	static const char *const codes[] = {
		[TABLE_PLAIN] = "",	    [TABLE_BOLD] = ANSI_BOLD,  [TABLE_GOOD] = "\033[32m",
		[TABLE_BAD] = "\033[1;31m", [TABLE_FAINT] = "\033[2m",
	};

	return codes[mark];
}

/* Where the last @columns columns of @text start. */
static const char *tail_of(const char *text, int columns)
{
	const char *tail = text + text_fit(text, text_width(text) - columns);

	while (text_width(tail) > columns) {
		do {
			tail++;
		} while ((*tail & 0xc0) == 0x80);
	}
	return tail;
}

/*
 * Prints @text in @width columns. Of a longer one the middle becomes an ellipsis, since paths and
 * names of replicas differ at their ends. Blanks owed from the cells before are in *@blanks; those
 * behind it stay owed, so that no line ends in blanks.
 */
static void print_cell(const char *text, int width, enum table_align align, const char *ansi,
		       int *blanks, FILE *out)
{
	const char *ellipsis = "", *tail = "";
	int taken = text_width(text);
	size_t bytes = strlen(text);

	if (taken > width) {
		ellipsis = table_unicode() ? "…" : "...";
		taken = width - text_width(ellipsis);
		bytes = text_fit(text, taken / 3);
		tail = tail_of(text, taken - taken / 3);
		/* A wide character that did not fit leaves a column free. */
		taken = text_width(text) - text_width(text + bytes) + text_width(ellipsis) +
			text_width(tail);
	}
	if (align == TABLE_RIGHT)
		*blanks += width - taken;
	if (bytes || *ellipsis) {
		fprintf(out, "%*s%s%.*s%s%s%s", *blanks, "", ansi, (int)bytes, text, ellipsis, tail,
			*ansi ? ANSI_END : "");
		*blanks = 0;
	}
	*blanks += (align == TABLE_RIGHT ? 0 : width - taken) + GAP;
}

/* The line above the headings, when any column belongs to a group; centred over its columns. */
static void print_groups(const struct table *table, const int *width, bool ansi, FILE *out)
{
	int blanks = 0;
	bool any = false;
	size_t c, end;

	for (c = 0; c < table->nr_columns; c++)
		any |= table->column[c].group != NULL;
	if (!any)
		return;
	for (c = 0; c < table->nr_columns; c = end) {
		const char *group = table->column[c].group;
		int span = width[c], lead;

		end = c + 1;
		while (end < table->nr_columns && same_group(group, table->column[end].group))
			span += GAP + width[end++];
		lead = (span - text_width(group ? group : "") + 1) / 2;
		blanks += lead > 0 ? lead : 0;
		print_cell(group ? group : "", span - (lead > 0 ? lead : 0), TABLE_LEFT,
			   ansi ? ANSI_BOLD : "", &blanks, out);
	}
	fputc('\n', out);
}

int table_print(const struct table *table, int width, bool ansi, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX], blanks = 0;
	size_t c, i;

	if (table->failed || !table->nr_columns)
		return table->failed;
	shrink(table, widths, natural_widths(table, widths) - width);
	print_groups(table, widths, ansi, out);
	for (c = 0; c < table->nr_columns; c++)
		print_cell(table->column[c].heading, widths[c], table->column[c].align,
			   ansi ? ANSI_BOLD : "", &blanks, out);
	fputc('\n', out);
	for (i = 0; i < table->nr_cells; i++) {
		const struct table_cell *cell = &table->cell[i];

		c = i % table->nr_columns;
		if (c == 0)
			blanks = 0;
		print_cell(cell->text, widths[c], table->column[c].align,
			   ansi ? ansi_of(cell->mark) : "", &blanks, out);
		if (c + 1 == table->nr_columns)
			fputc('\n', out);
	}
	return 0;
}
