// SPDX-License-Identifier: GPL-2.0-only
/* Why a service did not run: who ran instead, and what it was stalled for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/show/cell.h"
#include "user/show/parts.h"

#define SHARE_MIN 0.01 /* of the victim's wait: less is not worth a row */

struct pair {
	const struct service *victim;
	const struct tally_item *offender;
};

static int by_wait(const void *left, const void *right)
{
	const struct pair *l = *(const struct pair *const *)left;
	const struct pair *r = *(const struct pair *const *)right;

	return part_descending(l->offender->count, r->offender->count);
}

static size_t collect_pairs(const struct phase *phase, struct pair *pairs)
{
	size_t nr = 0, i, j;

	for (i = 0; i < phase->nr_services; i++) {
		const struct service *victim = &phase->services[i];

		for (j = 0; j < victim->waited_for_ns.nr; j++) {
			const struct tally_item *item = &victim->waited_for_ns.item[j];

			if ((double)item->count < SHARE_MIN * (double)victim->runq_wait_ns.sum_ns)
				continue;
			if (pairs)
				pairs[nr] = (struct pair){ victim, item };
			nr++;
		}
	}
	return nr;
}

static int print_pairs(const struct phase *phase, const struct pair *const *list, size_t nr,
		       FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "who waited", TABLE_LEFT, true },
		{ NULL, "while this ran", TABLE_LEFT, true },
		{ NULL, "wait", TABLE_RIGHT, false },
		{ NULL, "% of its wait", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < part_shown(nr); i++) {
		const struct service *victim = list[i]->victim;
		char label[128];

		part_place(phase, victim->name, victim->host, label, sizeof(label));
		table_text(&table, label);
		table_text(&table, list[i]->offender->label);
		cell_duration(&table, (double)list[i]->offender->count);
		cell_percent(&table, list[i]->offender->count, victim->runq_wait_ns.sum_ns);
	}
	return part_end(&table, nr - part_shown(nr), out);
}

int part_waits(const struct phase *phase, FILE *out)
{
	size_t nr = collect_pairs(phase, NULL);
	struct pair *pairs = calloc(nr + 1, sizeof(*pairs));
	const struct pair **list = NULL;
	int err = -ENOMEM;

	if (!pairs)
		return -ENOMEM;
	collect_pairs(phase, pairs);
	list = (const struct pair **)part_sorted(pairs, nr, sizeof(*pairs), by_wait);
	if (list)
		err = print_pairs(phase, list, nr, out);
	free(list);
	free(pairs);
	return err;
}

static u64 stalled_ns(const struct service *s)
{
	return s->throttled_ns + s->stall_cpu_ns + s->stall_io_ns + s->stall_memory_ns;
}

static int by_stall(const void *left, const void *right)
{
	const struct service *l = *(const struct service *const *)left;
	const struct service *r = *(const struct service *const *)right;

	return part_descending(stalled_ns(l), stalled_ns(r));
}

static void stall_row(struct table *table, const struct phase *phase, const struct service *s)
{
	char label[128];

	part_place(phase, s->name, s->host, label, sizeof(label));
	table_text(table, label);
	cell_count(table, (double)s->voluntary);
	cell_count(table, (double)s->involuntary);
	cell_duration(table, (double)s->throttled_ns);
	cell_duration(table, (double)s->stall_cpu_ns);
	cell_duration(table, (double)s->stall_io_ns);
	cell_duration(table, (double)s->stall_memory_ns);
	cell_count(table, (double)s->major_faults);
}

int part_stalls(const struct phase *phase, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "service", TABLE_LEFT, true },
		{ "switches", "own", TABLE_RIGHT, false },
		{ "switches", "forced", TABLE_RIGHT, false },
		{ NULL, "throttled", TABLE_RIGHT, false },
		{ "stalled for", "cpu", TABLE_RIGHT, false },
		{ "stalled for", "io", TABLE_RIGHT, false },
		{ "stalled for", "mem", TABLE_RIGHT, false },
		{ "major", "faults", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t nr = phase->nr_services, shown = 0, i;
	const struct service **list;

	list = (const struct service **)part_sorted(phase->services, nr, sizeof(*phase->services),
						    by_stall);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < part_shown(nr); i++) {
		if (!list[i]->voluntary && !list[i]->involuntary && !stalled_ns(list[i]))
			continue;
		stall_row(&table, phase, list[i]);
		shown++;
	}
	free(list);
	return part_end(&table, shown < part_shown(nr) ? 0 : nr - shown, out);
}
