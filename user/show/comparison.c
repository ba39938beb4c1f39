// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/show/comparison.h"
#include "user/show/comparison_parts.h"

static void cell_verdict(struct table *table, const struct difference *d)
{
	const char *name = d->verdict == VERDICT_UNDECIDED ? "undecided" : verdict_name(d->verdict);

	table_text(table, difference_is_pair(d) ? name : "n/a");
	if (d->verdict == VERDICT_BETTER)
		table_mark(table, d->kpi ? TABLE_GOOD : TABLE_PLAIN);
	else if (d->verdict == VERDICT_WORSE)
		table_mark(table, d->kpi ? TABLE_BAD : TABLE_PLAIN);
	else
		table_mark(table, TABLE_FAINT);
}

static void add_row(struct table *table, const struct difference *d)
{
	char text[PART_TEXT], high[PART_TEXT];

	table_text(table, d->subject);
	table_text(table, part_metric(text, d));
	table_text(table, part_value(text, d->metric, d->a));
	table_text(table, part_value(text, d->metric, d->b));
	table_text(table, part_ratio(text, d->ratio));
	if (isfinite(d->ratio_low) && isfinite(d->ratio_high))
		table_printf(table, "%s..%s", part_ratio(text, d->ratio_low),
			     part_ratio(high, d->ratio_high));
	else
		table_text(table, "-");
	cell_verdict(table, d);
}

/* The rows @from to @to of @c. 0 or -ENOMEM. */
static int print_table(const struct comparison *c, size_t from, size_t to, FILE *out)
{
	const struct table_column columns[] = {
		{ NULL, "of", TABLE_LEFT, true },
		{ NULL, "metric", TABLE_LEFT, false },
		{ NULL, c->placement_a, TABLE_RIGHT, true },
		{ NULL, c->placement_b, TABLE_RIGHT, true },
		{ NULL, "ratio", TABLE_RIGHT, false },
		{ NULL, "95 %", TABLE_RIGHT, false },
		{ NULL, "verdict", TABLE_LEFT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;
	int err;

	for (i = from; i < to; i++)
		add_row(&table, &c->difference[i]);
	err = table_print(&table, TABLE_WIDTH, table_ansi(out), out);
	table_free(&table);
	return err;
}

static void print_counts(const struct comparison *c, FILE *out)
{
	size_t count[VERDICT_UNDECIDED + 1] = { 0 }, na = 0, i;

	for (i = c->nr_kpis; i < c->nr; i++) {
		if (difference_is_pair(&c->difference[i]))
			count[c->difference[i].verdict]++;
		else
			na++;
	}
	fprintf(out,
		"Exploratory, not what the verdict rests on: %zu figures, each tested by itself\n",
		c->nr - c->nr_kpis);
	fprintf(out, "(%zu better, %zu worse, %zu equivalent, %zu undecided, %zu n/a",
		count[VERDICT_BETTER], count[VERDICT_WORSE], count[VERDICT_EQUIVALENT],
		count[VERDICT_UNDECIDED], na);
	fprintf(out, "; up to %.0f by chance):\n",
		ceil(INFER_LEVEL * (double)(c->nr - c->nr_kpis - na)));
}

static int print_pair(const struct comparison *c, size_t most, FILE *out)
{
	size_t end = c->nr - c->nr_kpis > most ? c->nr_kpis + most : c->nr;
	int err;

	if (c->nr_kpis) {
		fputs("\nThe figures judged:\n", out);
		err = print_table(c, 0, c->nr_kpis, out);
		if (err)
			return err;
	}
	if (c->nr == c->nr_kpis)
		return 0;
	fputc('\n', out);
	print_counts(c, out);
	err = print_table(c, c->nr_kpis, end, out);
	if (!err && end < c->nr)
		fprintf(out, "%s %zu more ('situ compare --most 100' shows more)\n",
			table_unicode() ? "…" : "...", c->nr - end);
	return err;
}

int comparison_print(const struct ranking *ranking, const struct compare_options *options,
		     size_t most, FILE *out)
{
	const struct comparison *first = &ranking->pair[0];
	int err;

	fputc('\n', out);
	if (ranking->nr == 2)
		table_title(out, "%s against %s: %u and %u trials", first->placement_b,
			    first->placement_a, first->trials_b, first->trials_a);
	else
		table_title(out, "%zu placements, every two of them", ranking->nr);
	if (ranking->nr == 2 && !first->nr) {
		fputs("Nothing to compare: no trial measured anything.\n", out);
		return 0;
	}
	part_resolution(ranking, out);
	part_best(ranking, options, out);
	err = part_power(ranking, options, out);
	if (err)
		return err;
	if (ranking->nr != 2) {
		fputs("\nName two placements to see all their figures, and why they differ.\n",
		      out);
		return 0;
	}
	if (part_has_blames(ranking))
		err = part_blames(ranking, options->endpoint != NULL, out);
	else
		part_reasons(ranking, out);
	if (err)
		return err;
	return print_pair(first, most, out);
}

int comparison_print_run(const struct run *run, const struct compare_options *options, size_t most,
			 FILE *out, struct err *err)
{
	const char *placement[RANKING_PLACEMENTS_MAX];
	size_t nr = ranking_choose(run, placement, ARRAY_SIZE(placement));
	struct ranking ranking = { 0 };
	int failed;

	if (nr < 2)
		return 0;
	failed = ranking_make(run, placement, nr, options, &ranking);
	if (!failed)
		failed = comparison_print(&ranking, options, most, out);
	ranking_free(&ranking);
	return failed ? err_set(err, EXIT_FAILED, "cannot compare: %s", strerror(-failed)) : 0;
}
