/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns of text that fit a width: the terminal's side of every table. */
#ifndef SITU_SHOW_TABLE_H
#define SITU_SHOW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define TABLE_WIDTH	  80
#define TABLE_COLUMNS_MAX 16

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *group; /* printed once above all neighbours that share it; NULL: none */
	const char *heading;
	enum table_align align;
	bool shrinks; /* loses its middle to an ellipsis when the table is too wide */
};

enum table_mark { TABLE_PLAIN, TABLE_BOLD, TABLE_GOOD, TABLE_BAD, TABLE_FAINT };

struct table_cell {
	char *text;
	enum table_mark mark;
};

struct table {
	const struct table_column *column;
	size_t nr_columns;
	struct table_cell *cell; /* row by row */
	size_t nr_cells;
	int failed; /* 0 or -ENOMEM: set once, cells added later are ignored */
};

/* An empty table of @nr_columns (at most TABLE_COLUMNS_MAX); @column must outlive it. */
struct table table_init(const struct table_column *column, size_t nr_columns);
void table_free(struct table *table);

/*
 * Adds the next cell, in its row's order. The texts are cleaned ones (base/text.h). Returns
 * table->failed, so that a writer can check once, at its end.
 */
int table_text(struct table *table, const char *text);
int table_printf(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How the cell added last looks where colour and bold are allowed. */
void table_mark(struct table *table, enum table_mark mark);

/*
 * Prints the headings and the rows, at most @width columns wide, two blanks between columns,
 * none at a line's end. Columns that shrink share the loss, the widest first, none below
 * 8 columns. @ansi allows escape sequences. 0 or table->failed.
 */
int table_print(const struct table *table, int width, bool ansi, FILE *out);

/* Whether @out takes escape sequences: a terminal, and NO_COLOR unset or empty (no-color.org). */
bool table_ansi(FILE *out);

/* Prints a line to @out, bold where that is allowed. */
void table_title(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whether the locale's characters reach beyond ASCII, so that ellipses and bars may too. */
bool table_unicode(void);

#endif
