// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>

#include "user/base/text.h"
#include "user/export/when.h"
#include "user/show/comparison_parts.h"
#include "user/show/trend.h"

#define NAME_COLUMNS 36

/* The change that starts at point @at, or NULL. */
static const struct trend_change *change_at(const struct trend_series *series, size_t at)
{
	size_t i;

	for (i = 0; i < series->nr_changes; i++) {
		if (series->change[i].at == at)
			return &series->change[i];
	}
	return NULL;
}

static void add_point(struct table *table, const struct trend_series *series, size_t at)
{
	const struct trend_point *point = &series->point[at];
	const struct trend_change *change = change_at(series, at);
	const struct metric *metric = series->kpi->metric;
	char text[PART_TEXT], after[PART_TEXT];
	bool worse;

	table_printf(table, "%llu", (unsigned long long)point->run_id);
	table_text(table, part_when(text, point->started_at_ns));
	table_printf(table, "%u", point->trials);
	table_text(table, part_value(text, metric, point->value));
	if (!change) {
		table_text(table, "");
		return;
	}
	table_printf(table, "from %s to %s, p = %.2g", part_value(text, metric, change->before),
		     part_value(after, metric, change->after), change->p_value);
	worse = (change->after > change->before) == (metric->better == BETTER_LOWER);
	table_mark(table, worse ? TABLE_BAD : TABLE_GOOD);
}

static int print_series(const struct trend_series *series, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "run", TABLE_RIGHT, false },	{ NULL, "started", TABLE_LEFT, false },
		{ NULL, "trials", TABLE_RIGHT, false }, { NULL, "value", TABLE_RIGHT, false },
		{ NULL, "level", TABLE_LEFT, true },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;
	int err;

	fputc('\n', out);
	table_title(out, "%.*s in placement %.*s: %zu run%s, %zu change%s of level",
		    (int)text_fit(series->kpi->text, 24), series->kpi->text,
		    (int)text_fit(series->placement, 20), series->placement, series->nr,
		    series->nr == 1 ? "" : "s", series->nr_changes,
		    series->nr_changes == 1 ? "" : "s");
	for (i = 0; i < series->nr; i++)
		add_point(&table, series, i);
	err = table_print(&table, TABLE_WIDTH, table_ansi(out), out);
	table_free(&table);
	return err;
}

int trend_print(const struct trend *trend, const char *name, FILE *out)
{
	size_t i, longest = 0;
	int err = 0;

	fprintf(out, "Runs of %.*s\n", (int)text_fit(name, NAME_COLUMNS), name);
	for (i = 0; i < trend->nr && !err; i++) {
		err = print_series(&trend->series[i], out);
		longest = trend->series[i].nr > longest ? trend->series[i].nr : longest;
	}
	if (!trend->nr)
		fputs("No run has a value.\n", out);
	else if (longest < TREND_LEAST_RUNS)
		fprintf(out, "\nA change of level takes at least %d runs to show.\n",
			TREND_LEAST_RUNS);
	return err;
}

static json_t *json_point(const struct trend_point *point)
{
	char when[WHEN_TEXT];

	return json_pack("{sI ss sf sI}", "run", (json_int_t)point->run_id, "started_at",
			 when_format(when, point->started_at_ns), "value", point->value, "trials",
			 (json_int_t)point->trials);
}

static json_t *json_change(const struct trend_series *series, const struct trend_change *change)
{
	return json_pack("{sI sf sf sf}", "run", (json_int_t)series->point[change->at].run_id,
			 "before", change->before, "after", change->after, "p_value",
			 change->p_value);
}

/* Adds @series to @list. 0 or -1. */
static int add_series(json_t *list, const struct trend_series *series)
{
	json_t *points = json_array(), *changes = json_array();
	int failed =
		json_array_append_new(list, json_pack("{ss ss ss so so}", "placement",
						      series->placement, "kpi", series->kpi->text,
						      "unit", series->kpi->metric->unit, "points",
						      points, "changes", changes));
	size_t i;

	for (i = 0; i < series->nr && !failed; i++)
		failed = json_array_append_new(points, json_point(&series->point[i]));
	for (i = 0; i < series->nr_changes && !failed; i++)
		failed = json_array_append_new(changes, json_change(series, &series->change[i]));
	return failed;
}

int trend_print_json(const struct trend *trend, const char *name, FILE *out)
{
	json_t *list = json_array(), *document;
	int err = 0;
	size_t i;

	document = json_pack("{si ss ss so}", "schema", 1, "situ_version", SITU_VERSION, "name",
			     name, "series", list);
	if (!document)
		return -ENOMEM;
	for (i = 0; i < trend->nr && !err; i++)
		err = add_series(list, &trend->series[i]) ? -ENOMEM : 0;
	if (!err && (json_dumpf(document, out, JSON_INDENT(2)) || fputc('\n', out) == EOF))
		err = -EIO;
	json_decref(document);
	return err;
}
