// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare.h"
#include "user/experiment/ranking.h"
#include "user/experiment/trend.h"

void trend_free(struct trend *trend)
{
	size_t i;

	for (i = 0; i < trend->nr; i++) {
		free(trend->series[i].placement);
		free(trend->series[i].point);
		free(trend->series[i].change);
	}
	free(trend->series);
	*trend = (struct trend){ 0 };
}

/* The series of @placement and @kpi, made when there is none. NULL without memory. */
static struct trend_series *series_of(struct trend *trend, const char *placement,
				      const struct kpi *kpi)
{
	struct trend_series *grown;
	size_t i;

	for (i = 0; i < trend->nr; i++) {
		if (trend->series[i].kpi == kpi &&
		    strcmp(trend->series[i].placement, placement) == 0)
			return &trend->series[i];
	}
	grown = realloc(trend->series, (trend->nr + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	trend->series = grown;
	grown[trend->nr] = (struct trend_series){ .placement = strdup(placement), .kpi = kpi };
	if (!grown[trend->nr].placement)
		return NULL;
	return &grown[trend->nr++];
}

static int add_point(struct trend_series *series, const struct trend_point *point)
{
	struct trend_point *grown =
		realloc(series->point, (series->nr + 1) * sizeof(*series->point));

	if (!grown)
		return -ENOMEM;
	series->point = grown;
	grown[series->nr++] = *point;
	return 0;
}

/* Whether @run has the endpoint in @placement that @kpi is about. */
static bool has_endpoint(const struct run *run, const char *placement, const struct kpi *kpi)
{
	size_t i, k;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];

		for (k = 0; strcmp(phase->placement, placement) == 0 && k < phase->nr_endpoints;
		     k++) {
			const struct subject subject = { ENTITY_ENDPOINT, &phase->endpoints[k],
							 NULL };

			if (kpi_matches(kpi, &subject))
				return true;
		}
	}
	return false;
}

/* What @run has of @kpi in @placement. 0 or a negative errno. */
static int find_value(const struct run *run, const char *placement, struct kpi *kpi,
		      struct trend_point *point)
{
	const struct kpi_list only = { kpi, 1 };
	const struct compare_options options = { .kpis = &only, .kpis_only = true };
	struct comparison c;
	int err = compare_placements(run, placement, placement, &options, &c);

	*point = (struct trend_point){ run->id, run->started_at_ns, NAN, 0 };
	if (!err && c.nr) {
		point->value = c.difference[0].a;
		point->trials = c.difference[0].trials_a;
	} else if (!err && kpi->metric->kind == METRIC_TALLY && has_endpoint(run, placement, kpi)) {
		/* A comparison has no row of what never happened. */
		point->value = 0;
		point->trials = c.trials_a;
	}
	comparison_free(&c);
	return err;
}

static int add_placement(struct trend *trend, const struct run *run, const struct kpi_list *kpis,
			 const char *placement)
{
	size_t i;

	for (i = 0; i < kpis->nr; i++) {
		struct trend_series *series;
		struct trend_point point;
		int err = find_value(run, placement, &kpis->kpi[i], &point);

		if (err)
			return err;
		if (!isfinite(point.value))
			continue;
		series = series_of(trend, placement, &kpis->kpi[i]);
		if (!series || add_point(series, &point))
			return -ENOMEM;
	}
	return 0;
}

int trend_add(struct trend *trend, const struct run *run, const struct kpi_list *kpis,
	      const char *placement)
{
	const char **list = calloc(run->nr_phases + 1, sizeof(*list));
	size_t nr, i;
	int err = 0;

	if (!list)
		return -ENOMEM;
	nr = ranking_list(run, list, run->nr_phases);
	for (i = 0; i < nr && !err; i++) {
		if (!placement || strcmp(placement, list[i]) == 0)
			err = add_placement(trend, run, kpis, list[i]);
	}
	free(list);
	return err;
}

static int by_placement(const void *left, const void *right)
{
	const struct trend_series *l = left, *r = right;
	int order = strcmp(l->placement, r->placement);

	return order ? order : (l->kpi > r->kpi) - (l->kpi < r->kpi);
}

static int finish(struct trend_series *series, u64 seed)
{
	double *value = calloc(series->nr + 1, sizeof(*value));
	size_t i;
	int err = -ENOMEM;

	series->change = calloc(series->nr + 1, sizeof(*series->change));
	if (value && series->change) {
		for (i = 0; i < series->nr; i++)
			value[i] = series->point[i].value;
		err = infer_trend(value, series->nr, seed, series->change, &series->nr_changes);
	}
	free(value);
	return err;
}

int trend_finish(struct trend *trend, u64 seed)
{
	size_t i;
	int err = 0;

	if (trend->nr)
		qsort(trend->series, trend->nr, sizeof(*trend->series), by_placement);
	for (i = 0; i < trend->nr && !err; i++)
		err = finish(&trend->series[i], seed);
	return err;
}
