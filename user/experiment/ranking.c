// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare_trials.h"
#include "user/experiment/infer_power.h"
#include "user/experiment/ranking.h"

bool ranking_has(const struct run *run, const char *name, size_t end)
{
	size_t i;

	for (i = 0; i < end; i++) {
		if (trials_is_one(&run->phases[i]) && strcmp(run->phases[i].placement, name) == 0)
			return true;
	}
	return false;
}

size_t ranking_list(const struct run *run, const char **list, size_t most)
{
	size_t i, nr = 0;

	for (i = 0; i < run->nr_phases && nr < most; i++) {
		const struct phase *phase = &run->phases[i];

		if (trials_is_one(phase) && !ranking_has(run, phase->placement, i))
			list[nr++] = phase->placement;
	}
	return nr;
}

const char *ranking_original(const struct run *run, const char *name)
{
	size_t len = strlen(name), i;
	const size_t tail = strlen(RANKING_AGAIN);

	if (len <= tail || strcmp(name + len - tail, RANKING_AGAIN) != 0)
		return NULL;
	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];

		if (trials_is_one(phase) && strlen(phase->placement) == len - tail &&
		    strncmp(phase->placement, name, len - tail) == 0)
			return phase->placement;
	}
	return NULL;
}

size_t ranking_choose(const struct run *run, const char **list, size_t most)
{
	const char *all[2 * RANKING_PLACEMENTS_MAX + 2];
	size_t nr_all = ranking_list(run, all, ARRAY_SIZE(all)), nr = 0, i;

	for (i = 0; i < nr_all && nr < most; i++) {
		if (nr_all == 2 || !ranking_original(run, all[i]))
			list[nr++] = all[i];
	}
	return nr;
}

static int compare_all(const struct run *run, struct ranking *r,
		       const struct compare_options *options)
{
	struct compare_options each = *options;
	size_t i, j;
	int err = 0;

	each.kpis_only = options->kpis_only || r->nr > 2;
	r->pair = calloc(r->nr * r->nr / 2 + 1, sizeof(*r->pair));
	if (!r->pair)
		return -ENOMEM;
	for (i = 0; i < r->nr; i++) {
		for (j = i + 1; j < r->nr && !err; j++)
			err = compare_placements(run, r->placement[i], r->placement[j], &each,
						 &r->pair[r->nr_pairs++]);
	}
	if (!err)
		err = compare_judge(r->pair, r->nr_pairs, options);
	r->family = compare_family(r->pair, r->nr_pairs);
	return err;
}

static void add_resolutions(struct ranking *r, const struct comparison *copy)
{
	size_t k;

	for (k = 0; k < copy->nr_kpis; k++) {
		const struct difference *d = &copy->difference[k];

		if (!d->has_ratio || !difference_is_pair(d))
			continue;
		r->resolution[r->nr_resolutions++] = (struct resolution){
			.placement = copy->placement_a,
			.difference = d,
			.detectable = expm1(infer_detectable(d->found.spread, d->pairs, r->family)),
		};
	}
}

/* Holds each copy that @run has of a ranked placement against it; each is a family of its own. */
static int compare_copies(const struct run *run, struct ranking *r,
			  const struct compare_options *options)
{
	struct compare_options each = *options;
	const char *list[2 * RANKING_PLACEMENTS_MAX];
	size_t nr = ranking_list(run, list, ARRAY_SIZE(list)), i, k;
	int err = 0;

	each.kpis_only = true;
	r->copy = calloc(nr + 1, sizeof(*r->copy));
	r->resolution = calloc(nr * options->kpis->nr + 1, sizeof(*r->resolution));
	if (!r->copy || !r->resolution)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		const char *original = ranking_original(run, list[i]);
		struct comparison *copy = &r->copy[r->nr_copies];

		for (k = 0; original && k < r->nr; k++) {
			if (strcmp(r->placement[k], original) == 0)
				break;
		}
		if (!original || k == r->nr)
			continue;
		r->nr_copies++;
		err = compare_placements(run, original, list[i], &each, copy);
		if (!err)
			err = compare_judge(copy, 1, options);
		if (!err)
			add_resolutions(r, copy);
	}
	return err;
}

int ranking_make(const struct run *run, const char *const *placement, size_t nr,
		 const struct compare_options *options, struct ranking *ranking)
{
	int err;

	*ranking = (struct ranking){ .placement = calloc(nr + 1, sizeof(*ranking->placement)) };
	if (!ranking->placement)
		return -ENOMEM;
	for (; ranking->nr < nr; ranking->nr++) {
		ranking->placement[ranking->nr] = strdup(placement[ranking->nr]);
		if (!ranking->placement[ranking->nr])
			return -ENOMEM;
	}
	err = compare_all(run, ranking, options);
	if (!err)
		err = compare_copies(run, ranking, options);
	if (!err && nr == 2)
		err = reasons_find(run, placement[0], placement[1], RANKING_REASONS, options->seed,
				   &ranking->reasons);
	if (!err && nr == 2)
		err = blames_find(run, placement[0], placement[1], options->endpoint, options->seed,
				  &ranking->blames);
	return err;
}

void ranking_free(struct ranking *ranking)
{
	size_t i;

	for (i = 0; i < ranking->nr; i++)
		free(ranking->placement[i]);
	for (i = 0; i < ranking->nr_pairs; i++)
		comparison_free(&ranking->pair[i]);
	for (i = 0; i < ranking->nr_copies; i++)
		comparison_free(&ranking->copy[i]);
	reasons_free(&ranking->reasons);
	blames_free(&ranking->blames);
	free(ranking->placement);
	free(ranking->pair);
	free(ranking->copy);
	free(ranking->resolution);
	*ranking = (struct ranking){ 0 };
}

/* The pair of placements @i < @j. */
static const struct comparison *pair_of(const struct ranking *r, size_t i, size_t j)
{
	/* Row i of the upper triangle starts behind the i rows of nr - 1, nr - 2, ... before it. */
	return &r->pair[i * (2 * r->nr - i - 1) / 2 + j - i - 1];
}

struct standing ranking_standing(const struct ranking *ranking, size_t i, size_t j,
				 const struct kpi *kpi)
{
	bool inverted = i < j;
	const struct comparison *c = inverted ? pair_of(ranking, i, j) : pair_of(ranking, j, i);
	size_t k;

	for (k = 0; k < c->nr_kpis; k++) {
		if (c->difference[k].kpi == kpi)
			return (struct standing){ &c->difference[k], inverted };
	}
	return (struct standing){ NULL, inverted };
}

enum verdict standing_verdict(const struct standing *standing)
{
	enum verdict verdict = standing->difference->verdict;

	if (!standing->inverted)
		return verdict;
	if (verdict == VERDICT_BETTER)
		return VERDICT_WORSE;
	return verdict == VERDICT_WORSE ? VERDICT_BETTER : verdict;
}

double ranking_value(const struct ranking *ranking, size_t i, const struct kpi *kpi)
{
	struct standing standing = ranking_standing(ranking, i, i ? 0 : 1, kpi);

	if (!standing.difference)
		return NAN;
	/* A row is b against a: of an inverted one this placement is a. */
	return standing.inverted ? standing.difference->a : standing.difference->b;
}

int ranking_best(const struct ranking *ranking, const struct kpi *kpi)
{
	bool higher = kpi->metric->better == BETTER_HIGHER;
	double best = NAN;
	int at = -1;
	size_t i;

	for (i = 0; i < ranking->nr; i++) {
		double value = ranking_value(ranking, i, kpi);

		if (isfinite(value) && (at < 0 || (higher ? value > best : value < best))) {
			best = value;
			at = (int)i;
		}
	}
	return at;
}
