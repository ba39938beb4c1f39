// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_trend.h"

/* The stretch of the series at work: @nr ranks at @rank, which start at value @first. */
struct search {
	const double *value;
	double *rank, *room;
	struct infer_random random;
	struct trend_change *change;
	size_t found;
};

/* Mid-ranks of the @nr values @value into @rank. */
static void rank_all(const double *value, size_t nr, double *rank)
{
	size_t i, j;

	for (i = 0; i < nr; i++) {
		rank[i] = 0.5;
		for (j = 0; j < nr; j++)
			rank[i] += (value[j] < value[i]) + 0.5 * (value[j] == value[i]);
	}
}

/*
 * The best split of @rank[@nr]: *@at, and how far the sum of the ranks before it is from what it
 * would be on average, in standard deviations of a random order.
 */
static double best_split(const double *rank, size_t nr, size_t *at)
{
	double mean = (double)(nr + 1) / 2, sum = 0, best = 0;
	size_t i;

	*at = 0;
	for (i = 1; i + TREND_LEAST <= nr; i++) {
		double distance;

		sum += rank[i - 1] - mean;
		if (i < TREND_LEAST)
			continue;
		distance = fabs(sum) / sqrt((double)i * (double)(nr - i));
		if (distance > best) {
			best = distance;
			*at = i;
		}
	}
	return best;
}

static void shuffle(double *value, size_t nr, struct infer_random *random)
{
	size_t i;

	for (i = nr; i > 1; i--) {
		size_t k = (size_t)(((unsigned __int128)infer_random_next(random) * i) >> 64);
		double was = value[i - 1];

		value[i - 1] = value[k];
		value[k] = was;
	}
}

/* How often a random order of @rank[@nr] has a split as good as @seen. */
static double permutation_test(struct search *s, size_t nr, double seen)
{
	size_t hits = 0, round, at;

	memcpy(s->room, s->rank, nr * sizeof(*s->room));
	for (round = 0; round < TREND_SHUFFLES; round++) {
		shuffle(s->room, nr, &s->random);
		hits += best_split(s->room, nr, &at) >= seen - 1e-9;
	}
	return (double)(hits + 1) / (TREND_SHUFFLES + 1);
}

/*
 * Searches the stretch from @first on, @nr long, at @level: half of it for each side of a change,
 * so that all stretches of a depth together keep the level. What it finds is in order of place.
 */
static void search(struct search *s, size_t first, size_t nr, double level)
{
	double seen, p;
	size_t at;

	if (nr < 2 * TREND_LEAST)
		return;
	rank_all(s->value + first, nr, s->rank);
	seen = best_split(s->rank, nr, &at);
	if (!at)
		return;
	p = permutation_test(s, nr, seen);
	if (p >= level)
		return;
	search(s, first, at, level / 2);
	s->change[s->found++] = (struct trend_change){ .at = first + at, .p_value = p };
	search(s, first + at, nr - at, level / 2);
}

static double level_of(struct search *s, size_t from, size_t to)
{
	memcpy(s->room, s->value + from, (to - from) * sizeof(*s->room));
	return infer_median(s->room, to - from);
}

int infer_trend(const double *value, size_t nr, u64 seed, struct trend_change *change,
		size_t *found)
{
	struct search s = { .value = value, .random = { seed }, .change = change };
	size_t i;

	*found = 0;
	s.rank = calloc(2 * nr + 1, sizeof(*s.rank));
	if (!s.rank)
		return -ENOMEM;
	s.room = s.rank + nr;
	search(&s, 0, nr, INFER_LEVEL);
	for (i = 0; i < s.found; i++) {
		size_t from = i ? change[i - 1].at : 0;
		size_t to = i + 1 < s.found ? change[i + 1].at : nr;

		change[i].before = level_of(&s, from, change[i].at);
		change[i].after = level_of(&s, change[i].at, to);
	}
	*found = s.found;
	free(s.rank);
	return 0;
}
