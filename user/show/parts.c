// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/base/types.h"
#include "user/show/cell.h"
#include "user/show/parts.h"

#define MOST_ROWS 20

int part_finish(struct table *table, size_t cut, FILE *out)
{
	int err = table_print(table, TABLE_WIDTH, table_ansi(out), out);

	if (!err && cut)
		fprintf(out, "%s %zu more ('situ export' has all)\n", table_unicode() ? "…" : "...",
			cut);
	table_free(table);
	return err;
}

int part_end(struct table *table, size_t cut, FILE *out)
{
	bool empty = table->nr_cells == 0 && !table->failed;
	int err = empty ? 0 : part_finish(table, cut, out);

	if (!empty)
		fputc('\n', out);
	return err;
}

size_t part_shown(size_t nr)
{
	return nr < MOST_ROWS ? nr : MOST_ROWS;
}

const void **part_sorted(const void *first, size_t nr, size_t size,
			 int (*order)(const void *, const void *))
{
	const void **list = calloc(nr + 1, sizeof(*list));
	size_t i;

	if (!list)
		return NULL;
	for (i = 0; i < nr; i++)
		list[i] = (const char *)first + i * size;
	qsort(list, nr, sizeof(*list), order);
	return list;
}

int part_descending(u64 a, u64 b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

void part_place(const struct phase *phase, const char *name, const char *host, char *label,
		size_t size)
{
	size_t i, nr = 0, len = text_clean(label, size, name);

	for (i = 0; i < phase->nr_services; i++)
		nr += strcmp(phase->services[i].name, name) == 0;
	if (nr < 2 || !*host || len + 2 > size)
		return;
	label[len++] = '@';
	text_clean(label + len, size - len, host);
}

int part_programs(const struct phase *phase, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "probe", TABLE_LEFT, true },
		{ NULL, "sampled runs", TABLE_RIGHT, false },
		{ NULL, "per run", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;

	if (!phase->nr_programs)
		return 0;
	for (i = 0; i < part_shown(phase->nr_programs); i++) {
		const struct program *p = &phase->programs[i];

		table_text(&table, p->name);
		cell_count(&table, (double)p->run_count);
		cell_duration(&table, p->run_count ? (double)p->run_ns / (double)p->run_count : -1);
	}
	return part_finish(&table, phase->nr_programs - part_shown(phase->nr_programs), out);
}
