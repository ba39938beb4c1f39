/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables that a summary is made of, and what they have in common. Internal to show/. */
#ifndef SITU_SHOW_PARTS_H
#define SITU_SHOW_PARTS_H

#include "user/model/run.h"
#include "user/show/table.h"

/*
 * Each prints one view of @phase, the biggest rows first, with a blank line behind it (the
 * programs come last and have none); nothing when there is nothing to show. 0 or -ENOMEM.
 */
int part_services(const struct phase *phase, size_t most, FILE *out); /* @most rows of it */
int part_waits(const struct phase *phase, FILE *out);
int part_stalls(const struct phase *phase, FILE *out);
int part_disks(const struct phase *phase, FILE *out);
int part_edges(const struct phase *phase, FILE *out);
int part_programs(const struct phase *phase, FILE *out);

/* How many of @nr rows are printed. */
size_t part_shown(size_t nr);

/* Ends a table: prints it, says that @cut more rows were left out, frees it. 0 or -ENOMEM. */
int part_finish(struct table *table, size_t cut, FILE *out);

/* The same with a blank line behind it, and nothing at all of a table without rows. */
int part_end(struct table *table, size_t cut, FILE *out);

/*
 * Pointers to the @nr elements of @size bytes at @first, in the @order of two such pointers. The
 * caller frees the list; NULL without memory.
 */
const void **part_sorted(const void *first, size_t nr, size_t size,
			 int (*order)(const void *, const void *));

/* For a comparison: the larger of two numbers first. */
int part_descending(u64 a, u64 b);

/* Writes "cart" into @label, or "cart@b" when services of that name run on several hosts. */
void part_place(const struct phase *phase, const char *name, const char *host, char *label,
		size_t size);

#endif
