// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as JSON. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "user/experiment/infer_power.h"
#include "user/show/comparison.h"
#include "user/show/comparison_parts.h"

#define SCHEMA 1

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *number(size_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *json_difference(const struct difference *d)
{
	return json_pack("{ss ss ss ss ss so so so so so so so so so so so so ss so}", "entity",
			 entity_name(d->entity), "subject", d->subject, "metric", d->metric->id,
			 "unit", d->metric->unit, "stat", d->stat, "kpi",
			 text_or_null(d->kpi ? d->kpi->text : NULL), "a", real(d->a), "b",
			 real(d->b), "ratio", real(d->ratio), "ratio_low", real(d->ratio_low),
			 "ratio_high", real(d->ratio_high), "p_value", real(d->p_value),
			 "p_adjusted", real(d->p_adjusted), "delta", real(d->delta), "trials_a",
			 number(d->trials_a), "trials_b", number(d->trials_b), "pairs",
			 number(d->pairs), "verdict",
			 difference_is_pair(d) ? verdict_name(d->verdict) : "n/a", "more_blocks",
			 d->more ? number(d->more) : json_null());
}

/* Appends @item, which may be NULL for want of memory, to @list. 0 or -ENOMEM. */
static int append(json_t *list, json_t *item)
{
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

/* Sets @key of @object to @value, which may be NULL for want of memory. 0 or -ENOMEM. */
static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

static int set_comparison(json_t *object, const struct comparison *c)
{
	json_t *rows = json_array();
	int err = set(object, "a", json_string(c->placement_a));
	size_t i;

	err = err ? err : set(object, "b", json_string(c->placement_b));
	err = err ? err : set(object, "trials_a", number(c->trials_a));
	err = err ? err : set(object, "trials_b", number(c->trials_b));
	for (i = 0; i < c->nr && !err; i++)
		err = append(rows, json_difference(&c->difference[i]));
	if (!err)
		return set(object, "differences", rows);
	json_decref(rows);
	return err;
}

static int add_comparisons(json_t *list, const struct ranking *r)
{
	size_t i;
	int err = 0;

	for (i = 0; i < r->nr_pairs && !err; i++) {
		json_t *object = json_object();

		err = append(list, object);
		if (!err)
			err = set_comparison(object, &r->pair[i]);
	}
	return err;
}

static int add_detectable(json_t *list, const struct ranking *r)
{
	size_t i;
	int err = 0;

	for (i = 0; i < r->nr_resolutions && !err; i++) {
		const struct resolution *see = &r->resolution[i];
		const struct difference *d = see->difference;

		err = append(list,
			     json_pack("{ss ss ss ss so so ss}", "placement", see->placement,
				       "subject", d->subject, "metric", d->metric->id, "stat",
				       d->stat, "share", real(see->detectable), "pairs",
				       number(d->pairs), "verdict", verdict_name(d->verdict)));
	}
	return err;
}

/* How placement @i stands against the @best. */
static json_t *json_standing(const struct ranking *r, size_t i, size_t best, const struct kpi *kpi)
{
	struct standing s = ranking_standing(r, i, best, kpi);
	const struct difference *d = s.difference;
	double low, high, ratio;

	if (!d)
		return json_pack("{ss so ss}", "placement", r->placement[i], "value", json_null(),
				 "verdict", "n/a");
	ratio = s.inverted ? 1 / d->ratio : d->ratio;
	low = s.inverted ? 1 / d->ratio_high : d->ratio_low;
	high = s.inverted ? 1 / d->ratio_low : d->ratio_high;
	return json_pack("{ss so so so so so ss so}", "placement", r->placement[i], "value",
			 real(ranking_value(r, i, kpi)), "ratio", real(ratio), "ratio_low",
			 real(low), "ratio_high", real(high), "p_adjusted", real(d->p_adjusted),
			 "verdict",
			 difference_is_pair(d) ? verdict_name(standing_verdict(&s)) : "n/a",
			 "more_blocks", d->more ? number(d->more) : json_null());
}

static int add_kpi(json_t *list, const struct ranking *r, const struct kpi *kpi)
{
	int best = ranking_best(r, kpi);
	json_t *object, *others = json_array();
	size_t i;
	int err;

	object =
		json_pack("{ss so so}", "kpi", kpi->text, "best",
			  text_or_null(best < 0 ? NULL : r->placement[best]), "placements", others);
	err = append(list, object);
	for (i = 0; i < r->nr && !err && best >= 0; i++) {
		if (i == (size_t)best)
			err = append(others,
				     json_pack("{ss so ss}", "placement", r->placement[i], "value",
					       real(ranking_value(r, i, kpi)), "verdict", "best"));
		else
			err = append(others, json_standing(r, i, (size_t)best, kpi));
	}
	return err;
}

static int add_reasons(json_t *list, const struct ranking *r)
{
	size_t i;
	int err = 0;

	for (i = 0; i < r->reasons.nr && !err; i++) {
		const struct reason *reason = &r->reasons.reason[i];

		err = append(list, json_pack("{ss ss so so so so so so so}", "subject",
					     reason->subject, "metric", reason->metric->id, "a",
					     real(reason->a_ns), "b", real(reason->b_ns),
					     "difference", real(reason->found.estimate),
					     "difference_low", real(reason->found.low),
					     "difference_high", real(reason->found.high), "p_value",
					     real(reason->found.p_value), "pairs",
					     number(reason->found.nr)));
	}
	return err;
}

static int fill(json_t *document, const struct ranking *r, const struct compare_options *options)
{
	static const struct {
		const char *key;
		int (*add)(json_t *, const struct ranking *);
	} lists[] = { { "detectable", add_detectable },
		      { "reasons", add_reasons },
		      { "attribution", part_json_blames },
		      { "comparisons", add_comparisons } };
	json_t *kpis = json_array();
	int err = set(document, "kpis", kpis);
	size_t i;

	for (i = 0; i < options->kpis->nr && !err; i++)
		err = add_kpi(kpis, r, &options->kpis->kpi[i]);
	for (i = 0; i < ARRAY_SIZE(lists) && !err; i++) {
		json_t *list = json_array();

		err = set(document, lists[i].key, list);
		if (!err)
			err = lists[i].add(list, r);
	}
	return err ? err : set_comparison(document, &r->pair[0]);
}

int comparison_print_json(const struct ranking *ranking, const struct compare_options *options,
			  const struct run *run, FILE *out)
{
	json_t *document;
	int err;

	document = json_pack("{si ss s{sI ss} sf sf si so so}", "schema", SCHEMA, "situ_version",
			     SITU_VERSION, "run", "id", (json_int_t)run->id, "name",
			     run->name ? run->name : "", "margin", options->margin, "level",
			     INFER_LEVEL, "least_pairs", (int)infer_least_pairs(ranking->family),
			     "family", number(ranking->family), "seed", number(options->seed));
	if (!document)
		return -ENOMEM;
	err = fill(document, ranking, options);
	if (!err)
		err = json_dumpf(document, out, JSON_INDENT(2)) ? -EIO : 0;
	if (!err && fputc('\n', out) == EOF)
		err = -EIO;
	json_decref(document);
	return err;
}
