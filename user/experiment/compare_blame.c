// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare_blame.h"
#include "user/experiment/compare_trials.h"
#include "user/model/profile.h"

#define SMALLEST_SHARE 0.001
#define TOTAL	       "all"

struct search {
	struct trials trials;
	struct profile *total;	     /* [trials.nr], the one called "all" of each trial */
	struct breakdown *breakdown; /* [trials.nr], of the blame at work */
	double *value, *room;
	u64 seed;
	struct blames *out;
};

static int infer_series(const struct search *s, double *a_ns, double *b_ns, struct inference *found)
{
	const struct series series = { &s->trials, s->value };
	bool ratios = false;
	size_t nr;

	nr = series_side(&series, false, s->room);
	*a_ns = infer_median(s->room, nr);
	nr = series_side(&series, true, s->room);
	*b_ns = infer_median(s->room, nr);
	nr = series_pairs(&series, &ratios, s->room);
	return infer_pairs(s->room, nr, s->seed, found);
}

static double whole_ns(const struct breakdown *b)
{
	if (!b->nr_rows)
		return NAN;
	return isfinite(b->client_ns) ? b->client_ns : b->traced_ns;
}

static double row_ns(const struct breakdown *b, const struct attribution *like)
{
	size_t i;

	if (!b->nr_rows)
		return NAN;
	for (i = 0; i < b->nr_rows; i++) {
		if (b->rows[i].component == like->component &&
		    strcmp(b->rows[i].path, like->path) == 0)
			return b->rows[i].ns;
	}
	return 0;
}

static bool has_row(const struct blame *blame, const struct attribution *like)
{
	size_t i;

	for (i = 0; i < blame->nr; i++) {
		if (blame->row[i].component == like->component &&
		    strcmp(blame->row[i].path, like->path) == 0)
			return true;
	}
	return false;
}

static bool is_small(const struct search *s, const struct blame *blame)
{
	double floor_ns = SMALLEST_SHARE * fmax(blame->a_ns, blame->b_ns);
	size_t i;

	for (i = 0; i < s->trials.nr; i++) {
		if (fabs(s->value[i]) >= floor_ns)
			return false;
	}
	return true;
}

static int add_row(struct search *s, struct blame *blame, const struct attribution *like)
{
	struct blame_row *grown, *row;
	size_t i;

	if (like->component == COMPONENT_downstream || has_row(blame, like))
		return 0;
	for (i = 0; i < s->trials.nr; i++)
		s->value[i] = row_ns(&s->breakdown[i], like);
	if (is_small(s, blame))
		return 0;
	/* The list doubles at each power of two. */
	if ((blame->nr & (blame->nr - 1)) == 0) {
		grown = realloc(blame->row, (blame->nr ? 2 * blame->nr : 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		blame->row = grown;
	}
	row = &blame->row[blame->nr];
	*row = (struct blame_row){ .path = strdup(like->path), .component = like->component };
	if (!row->path)
		return -ENOMEM;
	blame->nr++;
	return infer_series(s, &row->a_ns, &row->b_ns, &row->found);
}

static int by_size(const void *left, const void *right)
{
	const struct blame_row *l = left, *r = right;
	double dl = fabs(l->found.estimate), dr = fabs(r->found.estimate);

	if (dl != dr)
		return dl > dr ? -1 : 1;
	return strcmp(l->path, r->path);
}

/* Breaks the band of each trial down. 0 or -ENOMEM. */
static int break_down(struct search *s, const char *endpoint, enum band band)
{
	size_t i;
	int err = 0;

	for (i = 0; i < s->trials.nr && !err; i++) {
		const struct phase *phase = &s->trials.trial[i].phase;
		const struct profile *profile = strcmp(endpoint, TOTAL) == 0
							? &s->total[i]
							: phase_find_profile(phase, endpoint);

		breakdown_free(&s->breakdown[i]);
		if (profile)
			err = breakdown_make(profile, band, phase_find_endpoint(phase, endpoint),
					     &s->breakdown[i]);
	}
	return err;
}

static int fill_blame(struct search *s, struct blame *blame)
{
	size_t i, k;
	int err = 0;

	for (i = 0; i < s->trials.nr && !err; i++) {
		for (k = 0; k < s->breakdown[i].nr_rows && !err; k++)
			err = add_row(s, blame, &s->breakdown[i].rows[k]);
	}
	if (blame->nr)
		qsort(blame->row, blame->nr, sizeof(*blame->row), by_size);
	return err;
}

static int add_blame(struct search *s, const char *endpoint, enum band band)
{
	struct blame *grown, *blame;
	struct blame found = { .band = band };
	size_t i;
	int err = break_down(s, endpoint, band);

	for (i = 0; i < s->trials.nr; i++)
		s->value[i] = whole_ns(&s->breakdown[i]);
	if (!err)
		err = infer_series(s, &found.a_ns, &found.b_ns, &found.total);
	if (err || !found.total.nr)
		return err;
	grown = realloc(s->out->blame, (s->out->nr + 1) * sizeof(*grown));
	found.endpoint = strdup(endpoint);
	if (grown)
		s->out->blame = grown;
	if (!grown || !found.endpoint) {
		free(found.endpoint);
		return -ENOMEM;
	}
	blame = &s->out->blame[s->out->nr++];
	*blame = found;
	return fill_blame(s, blame);
}

static int add_endpoint(struct search *s, const char *endpoint)
{
	enum band band;
	int err = 0;

	for (band = 0; band < BAND_NR && !err; band++)
		err = add_blame(s, endpoint, band);
	return err;
}

static bool is_called(const char *endpoint, const char *name)
{
	const char *blank = strchr(endpoint, ' ');

	return strcmp(endpoint, name) == 0 || (blank && strcmp(blank + 1, name) == 0);
}

/* Adds the mean's blame of the load's endpoint whose time differs most, if that is sure. */
static int add_most_moved(struct search *s)
{
	const char *most = NULL;
	double most_ns = 0;
	size_t i, k;

	for (k = 0; k < s->trials.all.nr_profiles; k++) {
		const char *name = s->trials.all.profiles[k].endpoint;
		struct blame moved = { 0 };
		int err;

		if (!phase_find_endpoint(&s->trials.all, name))
			continue;
		err = break_down(s, name, BAND_ALL);
		for (i = 0; i < s->trials.nr; i++)
			s->value[i] = whole_ns(&s->breakdown[i]);
		if (!err)
			err = infer_series(s, &moved.a_ns, &moved.b_ns, &moved.total);
		if (err)
			return err;
		if ((moved.total.low > 0 || moved.total.high < 0) &&
		    fabs(moved.total.estimate) > most_ns) {
			most_ns = fabs(moved.total.estimate);
			most = name;
		}
	}
	return most ? add_blame(s, most, BAND_ALL) : 0;
}

static int add_all(struct search *s, const char *endpoint)
{
	bool has_load = false;
	size_t i;
	int err = 0;

	for (i = 0; i < s->trials.nr && !err; i++) {
		err = bands_total(&s->trials.trial[i].phase, &s->total[i]);
		has_load |= s->total[i].nr_places > 0;
	}
	if (err)
		return err;
	if (!endpoint || strcmp(endpoint, TOTAL) == 0) {
		err = has_load ? add_endpoint(s, TOTAL) : 0;
		return err || endpoint ? err : add_most_moved(s);
	}
	for (i = 0; i < s->trials.all.nr_profiles && !err; i++) {
		const char *name = s->trials.all.profiles[i].endpoint;

		if (is_called(name, endpoint))
			err = add_endpoint(s, name);
	}
	return err;
}

static void search_free(struct search *s)
{
	size_t i;

	for (i = 0; i < s->trials.nr; i++) {
		if (s->total)
			profile_free(&s->total[i]);
		if (s->breakdown)
			breakdown_free(&s->breakdown[i]);
	}
	trials_free(&s->trials);
	free(s->total);
	free(s->breakdown);
	free(s->value);
	free(s->room);
}

int blames_find(const struct run *run, const char *a, const char *b, const char *endpoint, u64 seed,
		struct blames *blames)
{
	struct search s = { .seed = seed, .out = blames };
	size_t nr = 2 * run->nr_phases + 1;
	int err = -ENOMEM;

	*blames = (struct blames){ 0 };
	s.total = calloc(nr, sizeof(*s.total));
	s.breakdown = calloc(nr, sizeof(*s.breakdown));
	s.value = calloc(nr, sizeof(*s.value));
	s.room = calloc(nr, sizeof(*s.room));
	if (s.total && s.breakdown && s.value && s.room)
		err = trials_collect(run, a, b, &s.trials);
	if (!err)
		err = add_all(&s, endpoint);
	search_free(&s);
	return err;
}

void blames_free(struct blames *blames)
{
	size_t i, k;

	for (i = 0; i < blames->nr; i++) {
		for (k = 0; k < blames->blame[i].nr; k++)
			free(blames->blame[i].row[k].path);
		free(blames->blame[i].row);
		free(blames->blame[i].endpoint);
	}
	free(blames->blame);
	*blames = (struct blames){ 0 };
}

bool blame_is_sure(const struct blame_row *row)
{
	return row->found.low > 0 || row->found.high < 0;
}
