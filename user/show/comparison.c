// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/experiment/infer.h"
#include "user/show/cell.h"
#include "user/show/comparison.h"

#define SCHEMA	   1
#define LOAD_TOTAL "all"
#define RATIO_TEXT 24

/* A ratio with three digits: "0.52", "1.84", "12.3", "123". */
static const char *ratio_text(char *text, double ratio)
{
	int digits = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0;

	if (isfinite(ratio) && ratio < 1e6)
		snprintf(text, RATIO_TEXT, "%.*f", digits, ratio);
	else if (isfinite(ratio))
		snprintf(text, RATIO_TEXT, "%.2g", ratio);
	else
		snprintf(text, RATIO_TEXT, "-");
	return text;
}

static bool is_pair(const struct difference *d)
{
	return isfinite(d->a) && isfinite(d->b);
}

/* "latency p99", "cpu /req", "memory". */
static void cell_metric(struct table *table, const struct difference *d)
{
	const char *stat = d->stat;

	if (strcmp(stat, "value") == 0)
		table_text(table, d->metric->label);
	else
		table_printf(table, "%s %s", d->metric->label,
			     strcmp(stat, "per request") == 0  ? "/req"
			     : strcmp(stat, "per second") == 0 ? "/s"
							       : stat);
}

static void cell_value(struct table *table, const struct difference *d, double value)
{
	if (strcmp(d->metric->unit, "ns") == 0)
		cell_duration(table, value);
	else if (strcmp(d->metric->unit, "bytes") == 0)
		cell_bytes(table, value);
	else
		cell_count(table, value);
}

static void cell_verdict(struct table *table, const struct difference *d)
{
	table_text(table, is_pair(d) ? verdict_name(d->verdict) : "n/a");
	if (d->verdict == VERDICT_BETTER)
		table_mark(table, TABLE_GOOD);
	else if (d->verdict == VERDICT_WORSE)
		table_mark(table, TABLE_BAD);
	else
		table_mark(table, TABLE_FAINT);
}

static void add_row(struct table *table, const struct difference *d)
{
	char ratio[RATIO_TEXT], low[RATIO_TEXT], high[RATIO_TEXT];

	table_text(table, d->subject);
	cell_metric(table, d);
	cell_value(table, d, d->a);
	cell_value(table, d, d->b);
	table_text(table, ratio_text(ratio, d->ratio));
	if (isfinite(d->ratio_low) && isfinite(d->ratio_high))
		table_printf(table, "%s..%s", ratio_text(low, d->ratio_low),
			     ratio_text(high, d->ratio_high));
	else
		table_text(table, "-");
	cell_verdict(table, d);
}

static int print_table(const struct comparison *c, size_t most, FILE *out)
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
	size_t i, nr = c->nr < most ? c->nr : most;
	int err;

	for (i = 0; i < nr; i++)
		add_row(&table, &c->difference[i]);
	err = table_print(&table, TABLE_WIDTH, table_ansi(out), out);
	table_free(&table);
	if (!err && nr < c->nr)
		fprintf(out, "%s %zu more (--most shows more, --json all)\n",
			table_unicode() ? "…" : "...", c->nr - nr);
	return err;
}

/*
 * The row that the words are about: of the whole load's figures the one that comes first, else
 * the first of an endpoint, else the first of all.
 */
static const struct difference *headline(const struct comparison *c)
{
	const struct difference *endpoint = NULL;
	size_t i;

	for (i = 0; i < c->nr; i++) {
		const struct difference *d = &c->difference[i];

		if (d->entity != ENTITY_ENDPOINT || !is_pair(d))
			continue;
		if (strcmp(d->subject, LOAD_TOTAL) == 0)
			return d;
		if (!endpoint)
			endpoint = d;
	}
	if (endpoint)
		return endpoint;
	return c->nr && is_pair(&c->difference[0]) ? &c->difference[0] : NULL;
}

static void print_sureness(const struct difference *d, FILE *out)
{
	if (d->verdict == VERDICT_EQUIVALENT)
		fprintf(out, "That is equivalent: the interval lies within the margin.\n");
	else if (d->verdict != VERDICT_UNDECIDED)
		fprintf(out, "That is %s: p = %.2g from %u pairs of trials.\n",
			verdict_name(d->verdict), d->p_value, d->pairs);
	else if (d->pairs < INFER_LEAST_PAIRS)
		fprintf(out,
			"Not enough data for a verdict: p < %.2f takes at least %d pairs of trials,"
			"\nand here %s %u.\n",
			INFER_LEVEL, INFER_LEAST_PAIRS, d->pairs == 1 ? "is" : "are", d->pairs);
	else
		fprintf(out,
			"Undecided: %u pairs of trials do not tell it from no change (p = %.2g).\n",
			d->pairs, d->p_value);
}

/* The cells' texts of @d, for use in a sentence. */
static int print_headline(const struct difference *d, FILE *out)
{
	static const struct table_column none[7];
	struct table cells = table_init(none, ARRAY_SIZE(none));
	const struct table_cell *cell;
	char text[RATIO_TEXT];
	int err;

	add_row(&cells, d);
	err = cells.failed;
	if (err)
		goto out;
	cell = cells.cell;
	/* A name from outside must not fill the screen. */
	fprintf(out, "Moved most: %s of %.*s%s,\n%s -> %s", cell[1].text,
		(int)text_fit(cell[0].text, 40), cell[0].text,
		strcmp(d->subject, LOAD_TOTAL) == 0 ? " requests" : "", cell[2].text, cell[3].text);
	if (isfinite(d->ratio))
		fprintf(out, ", %s times", ratio_text(text, d->ratio));
	if (isfinite(d->ratio_low))
		fprintf(out, " (95 %%: %s)", cell[5].text);
	fputs(".\n", out);
	print_sureness(d, out);
out:
	table_free(&cells);
	return err;
}

static void print_counts(const struct comparison *c, FILE *out)
{
	size_t count[VERDICT_UNDECIDED + 1] = { 0 }, na = 0, i, decided;

	for (i = 0; i < c->nr; i++) {
		if (is_pair(&c->difference[i]))
			count[c->difference[i].verdict]++;
		else
			na++;
	}
	fprintf(out, "%zu figures: %zu better, %zu worse, %zu equivalent, %zu undecided, %zu n/a",
		c->nr, count[VERDICT_BETTER], count[VERDICT_WORSE], count[VERDICT_EQUIVALENT],
		count[VERDICT_UNDECIDED], na);
	fputc('\n', out);
	decided = count[VERDICT_BETTER] + count[VERDICT_WORSE];
	if (decided)
		fprintf(out,
			"Each is tested by itself: if nothing differed, up to %.0f would look decided.\n",
			ceil(INFER_LEVEL * (double)(c->nr - na)));
}

int comparison_print(const struct comparison *c, size_t most, FILE *out)
{
	const struct difference *first = headline(c);
	int err = 0;

	fputc('\n', out);
	table_title(out, "%s against %s: %u and %u trials", c->placement_b, c->placement_a,
		    c->trials_b, c->trials_a);
	if (!c->nr) {
		fputs("Nothing to compare: no trial measured anything.\n", out);
		return 0;
	}
	if (first)
		err = print_headline(first, out);
	if (err)
		return err;
	print_counts(c, out);
	fputs("\nBiggest differences first:\n", out);
	return print_table(c, most, out);
}

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_difference(const struct difference *d)
{
	return json_pack("{ss ss ss ss ss so so so so so so sI sI sI ss}", "entity",
			 entity_name(d->entity), "subject", d->subject, "metric", d->metric->id,
			 "unit", d->metric->unit, "stat", d->stat, "a", real(d->a), "b", real(d->b),
			 "ratio", real(d->ratio), "ratio_low", real(d->ratio_low), "ratio_high",
			 real(d->ratio_high), "p_value", real(d->p_value), "trials_a",
			 (json_int_t)d->trials_a, "trials_b", (json_int_t)d->trials_b, "pairs",
			 (json_int_t)d->pairs, "verdict",
			 is_pair(d) ? verdict_name(d->verdict) : "n/a");
}

int comparison_print_json(const struct comparison *c, const struct run *run, double margin,
			  FILE *out)
{
	json_t *rows = json_array(), *document;
	size_t i;
	int err = -ENOMEM;

	document = json_pack("{si ss s{sI ss} ss ss sI sI sf sf si so}", "schema", SCHEMA,
			     "situ_version", SITU_VERSION, "run", "id", (json_int_t)run->id, "name",
			     run->name ? run->name : "", "a", c->placement_a, "b", c->placement_b,
			     "trials_a", (json_int_t)c->trials_a, "trials_b",
			     (json_int_t)c->trials_b, "margin", margin, "level", INFER_LEVEL,
			     "least_pairs", INFER_LEAST_PAIRS, "differences", rows);
	if (!document)
		return err;
	for (i = 0; i < c->nr; i++) {
		if (json_array_append_new(rows, json_difference(&c->difference[i])))
			goto out;
	}
	err = json_dumpf(document, out, JSON_INDENT(2)) ? -EIO : 0;
	if (!err && fputc('\n', out) == EOF)
		err = -EIO;
out:
	json_decref(document);
	return err;
}
