// SPDX-License-Identifier: GPL-2.0-only
/* How many blocks would show which difference, from how much the blocks at hand differ. */
#include <math.h>

#include "user/experiment/infer_power.h"
#include "user/show/comparison_parts.h"

static const double shares[] = { 0.02, 0.05, 0.1, 0.2 };

/* The row of @kpi with the widest spread: what it takes there is enough for every pair. */
static const struct difference *widest(const struct ranking *r, const struct kpi *kpi)
{
	const struct difference *found = NULL;
	size_t i, k;

	for (i = 0; i < r->nr_pairs; i++) {
		for (k = 0; k < r->pair[i].nr_kpis; k++) {
			const struct difference *d = &r->pair[i].difference[k];

			if (d->kpi == kpi && d->has_ratio && isfinite(d->found.spread) &&
			    (!found || d->found.spread > found->found.spread))
				found = d;
		}
	}
	return found;
}

static bool is_open(const struct ranking *r)
{
	size_t i, k;

	for (i = 0; i < r->nr_pairs; i++) {
		for (k = 0; k < r->pair[i].nr_kpis; k++) {
			if (r->pair[i].difference[k].verdict == VERDICT_UNDECIDED)
				return true;
		}
	}
	return false;
}

static void add_row(struct table *table, const struct difference *d, size_t family)
{
	char text[PART_TEXT];
	size_t i;

	table_text(table, d->subject);
	table_text(table, part_metric(text, d));
	table_printf(table, "%.2g %%", 100 * d->found.spread);
	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		const struct infer_goal goal = { log1p(shares[i]), d->found.spread, 0, family };
		unsigned int blocks = infer_blocks(&goal);

		if (blocks)
			table_printf(table, "%u", blocks);
		else
			table_printf(table, "> %d", INFER_MOST_BLOCKS);
	}
}

int part_power(const struct ranking *r, const struct compare_options *options, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "of", TABLE_LEFT, true },
		{ NULL, "metric", TABLE_LEFT, false },
		{ NULL, "they vary by", TABLE_RIGHT, false },
		{ "blocks to find", "2 %", TABLE_RIGHT, false },
		{ "blocks to find", "5 %", TABLE_RIGHT, false },
		{ "blocks to find", "10 %", TABLE_RIGHT, false },
		{ "blocks to find", "20 %", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	const struct difference *d;
	size_t i;
	int err = 0;

	for (i = 0; i < options->kpis->nr && is_open(r); i++) {
		d = widest(r, &options->kpis->kpi[i]);
		if (d)
			add_row(&table, d, r->family);
	}
	if (table.nr_cells) {
		fputs("\nBlocks that it takes, as far as these tell (4 times out of 5):\n", out);
		err = table_print(&table, TABLE_WIDTH, table_ansi(out), out);
	}
	table_free(&table);
	return err;
}
