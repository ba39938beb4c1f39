// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare.h"
#include "user/experiment/infer.h"
#include "user/experiment/subject.h"
#include "user/model/pool.h"

#define PHASE_NAME "measure"

/* A trial with its things added up by name, which is what two placements have in common. */
struct trial {
	unsigned int number;
	bool in_b;
	struct phase phase;
};

struct job {
	struct trial *trial;
	size_t nr_trials;
	struct phase all; /* every thing that any trial has */
	bool per_request;
	double margin;
	u64 seed;
	double *value; /* room for one per trial, of the row at work */
	double *room;  /* and for as many more */
	struct comparison *out;
};

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BETTER] = "better",
		[VERDICT_WORSE] = "worse",
		[VERDICT_EQUIVALENT] = "equivalent",
		[VERDICT_UNDECIDED] = "undecided",
	};

	return names[verdict];
}

/*
 * The load generator's other two clocks judge the generator, not the placement; the summary shows
 * how far it lagged.
 */
static bool is_judged(const struct metric *metric)
{
	return metric->better != BETTER_NEITHER &&
	       strcmp(metric->id, "latency_uncorrected_ns") != 0 &&
	       strcmp(metric->id, "send_lag_ns") != 0;
}

/* Median of the values of one side; *@nr is set to how many there are. */
static double side_median(const struct job *job, bool in_b, unsigned int *nr)
{
	size_t i;

	*nr = 0;
	for (i = 0; i < job->nr_trials; i++) {
		if (job->trial[i].in_b == in_b && isfinite(job->value[i]))
			job->room[(*nr)++] = job->value[i];
	}
	return infer_median(job->room, *nr);
}

/* The value of the trial of b with number @number, NAN when there is none. */
static double partner(const struct job *job, unsigned int number)
{
	size_t i;

	for (i = 0; i < job->nr_trials; i++) {
		if (job->trial[i].in_b && job->trial[i].number == number)
			return job->value[i];
	}
	return NAN;
}

/*
 * Fills job->room with one log ratio per pair. When a pair has a 0 on one side only, no ratio
 * exists: then with the plain differences. Returns whether they are ratios.
 */
static bool pair_up(const struct job *job, unsigned int *pairs)
{
	bool ratios = true;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		size_t i;

		*pairs = 0;
		for (i = 0; i < job->nr_trials; i++) {
			double a = job->value[i], b;

			if (job->trial[i].in_b)
				continue;
			b = partner(job, job->trial[i].number);
			if (!isfinite(a) || !isfinite(b))
				continue;
			if (pass == 0 && (a > 0) != (b > 0))
				ratios = false;
			job->room[(*pairs)++] = !ratios ? b - a : a > 0 ? log(b / a) : 0;
		}
		if (ratios)
			break;
	}
	return ratios;
}

static enum verdict judge(const struct metric *metric, enum infer_change change)
{
	bool larger_is_worse = metric->better == BETTER_LOWER;

	switch (change) {
	case INFER_SAME:
		return VERDICT_EQUIVALENT;
	case INFER_LARGER:
		return larger_is_worse ? VERDICT_WORSE : VERDICT_BETTER;
	case INFER_SMALLER:
		return larger_is_worse ? VERDICT_BETTER : VERDICT_WORSE;
	default:
		return VERDICT_UNDECIDED;
	}
}

/* Fills in what the pairs of job->value say. */
static int infer_row(const struct job *job, struct difference *row)
{
	struct inference found;
	enum infer_change change;
	bool ratios = pair_up(job, &row->pairs);
	int err;

	err = infer_pairs(job->room, row->pairs, job->seed, &found);
	if (err)
		return err;
	row->p_value = found.p_value;
	change = infer_change(&found, ratios ? job->margin : 0);
	if (ratios) {
		row->ratio = exp(found.estimate);
		row->ratio_low = exp(found.low);
		row->ratio_high = exp(found.high);
	} else if (change == INFER_SAME) {
		change = INFER_UNDECIDED; /* differences know no margin */
	}
	row->verdict = judge(row->metric, change);
	return 0;
}

static bool nothing_happened(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->nr_trials; i++) {
		if (isfinite(job->value[i]) && job->value[i] != 0)
			return false;
	}
	return true;
}

/* The list doubles at each power of two, so it needs no capacity of its own. */
static struct difference *append_row(struct comparison *out)
{
	struct difference *grown;

	if ((out->nr & (out->nr - 1)) == 0) {
		grown = realloc(out->difference, (out->nr ? 2 * out->nr : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		out->difference = grown;
	}
	return &out->difference[out->nr];
}

static int add_row(struct job *job, const struct subject *subject, const struct metric *metric,
		   const struct subject_stat *stat)
{
	struct difference *row;
	size_t i;

	for (i = 0; i < job->nr_trials; i++)
		job->value[i] = subject_value(subject, &job->trial[i].phase, metric, stat,
					      job->per_request);
	if (nothing_happened(job))
		return 0;
	row = append_row(job->out);
	if (!row)
		return -ENOMEM;
	*row = (struct difference){
		.entity = subject->entity,
		.metric = metric,
		.subject = subject_text(subject),
		.stat = stat->name,
		.ratio = NAN,
		.ratio_low = NAN,
		.ratio_high = NAN,
		.verdict = VERDICT_UNDECIDED,
	};
	if (!row->subject)
		return -ENOMEM;
	job->out->nr++;
	row->a = side_median(job, false, &row->trials_a);
	row->b = side_median(job, true, &row->trials_b);
	return infer_row(job, row);
}

static int add_metric(struct job *job, const struct subject *subject, const struct metric *metric)
{
	const struct subject_stat *stat;
	size_t i, nr;

	stat = subject_stats(subject, metric, job->per_request, &nr);
	for (i = 0; i < nr; i++) {
		int err = add_row(job, subject, metric, &stat[i]);

		if (err)
			return err;
	}
	return 0;
}

static int add_subject(struct job *job, enum metric_entity entity, const void *thing,
		       const struct service *owner)
{
	const struct subject subject = { entity, thing, owner };
	size_t nr;

	for_each_metric (metric, entity, nr) {
		int err = is_judged(metric) ? add_metric(job, &subject, metric) : 0;

		if (err)
			return err;
	}
	return 0;
}

static int add_all(struct job *job)
{
	const struct phase *all = &job->all;
	size_t i, k;
	int err = 0;

	for (i = 0; !err && i < all->nr_endpoints; i++)
		err = add_subject(job, ENTITY_ENDPOINT, &all->endpoints[i], NULL);
	for (i = 0; !err && i < all->nr_services; i++) {
		const struct service *service = &all->services[i];

		err = add_subject(job, ENTITY_SERVICE, service, NULL);
		for (k = 0; !err && k < service->nr_disks; k++)
			err = add_subject(job, ENTITY_DISK, &service->disks[k], service);
	}
	for (i = 0; !err && i < all->nr_edges; i++)
		err = add_subject(job, ENTITY_EDGE, &all->edges[i], NULL);
	return err;
}

static int rank(const struct difference *d)
{
	bool leaning;

	if (!isfinite(d->a) || !isfinite(d->b))
		return 4;
	if (d->verdict == VERDICT_EQUIVALENT)
		return 3;
	if (d->verdict != VERDICT_UNDECIDED)
		return 0;
	/* Without ratios all differences of one sign say as much: p is then as low as it can be. */
	leaning = d->ratio_low > 1 || d->ratio_high < 1 ||
		  (isnan(d->ratio) && d->pairs > 2 && d->p_value <= ldexp(2, -(int)d->pairs));
	return leaning ? 1 : 2;
}

/* |log ratio|; from nothing to something is infinitely far. */
static double distance(const struct difference *d)
{
	if (isfinite(d->ratio))
		return fabs(log(d->ratio));
	if (!isfinite(d->a) || !isfinite(d->b) || d->a == d->b)
		return 0;
	return d->a == 0 || d->b == 0 ? INFINITY : fabs(log(d->b / d->a));
}

static int by_rank(const void *left, const void *right)
{
	const struct difference *l = left, *r = right;
	double dl = distance(l), dr = distance(r);
	int order = rank(l) - rank(r);

	if (order)
		return order;
	if (dl != dr)
		return dl > dr ? -1 : 1;
	order = strcmp(l->subject, r->subject);
	if (!order)
		order = strcmp(l->metric->id, r->metric->id);
	return order ? order : strcmp(l->stat, r->stat);
}

/* Adds the trials of one side, each with its things added up by name. */
static int add_trials(struct job *job, const struct run *run, const char *placement, bool in_b)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];
		struct trial *trial = &job->trial[job->nr_trials];
		int err;

		if (strcmp(phase->placement, placement) != 0 ||
		    strcmp(phase->name, PHASE_NAME) != 0)
			continue;
		*trial = (struct trial){ .number = phase->trial, .in_b = in_b };
		job->nr_trials++;
		err = pool_add(&trial->phase, phase, POOL_BY_NAME);
		if (!err)
			err = pool_add(&job->all, phase, POOL_BY_NAME);
		if (err)
			return err;
		job->per_request &= subject_answered(&trial->phase) > 0;
	}
	return 0;
}

static void job_free(struct job *job)
{
	size_t i;

	for (i = 0; i < job->nr_trials; i++)
		phase_free(&job->trial[i].phase);
	phase_free(&job->all);
	free(job->trial);
	free(job->value);
	free(job->room);
}

int compare_placements(const struct run *run, const char *a, const char *b, double margin, u64 seed,
		       struct comparison *comparison)
{
	struct job job = { .per_request = true, .margin = margin, .seed = seed, .out = comparison };
	int err = -ENOMEM;

	*comparison = (struct comparison){ 0 };
	/* A placement may be held against itself: each phase may come twice. */
	job.trial = calloc(2 * run->nr_phases + 1, sizeof(*job.trial));
	job.value = calloc(2 * run->nr_phases + 1, sizeof(*job.value));
	job.room = calloc(2 * run->nr_phases + 1, sizeof(*job.room));
	if (!job.trial || !job.value || !job.room || run_set_text(&comparison->placement_a, a) ||
	    run_set_text(&comparison->placement_b, b))
		goto out;
	err = add_trials(&job, run, a, false);
	if (err)
		goto out;
	comparison->trials_a = (unsigned int)job.nr_trials;
	err = add_trials(&job, run, b, true);
	if (err)
		goto out;
	comparison->trials_b = (unsigned int)job.nr_trials - comparison->trials_a;
	err = add_all(&job);
	if (!err && comparison->nr)
		qsort(comparison->difference, comparison->nr, sizeof(*comparison->difference),
		      by_rank);
out:
	job_free(&job);
	return err;
}

void comparison_free(struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < comparison->nr; i++)
		free(comparison->difference[i].subject);
	free(comparison->difference);
	free(comparison->placement_a);
	free(comparison->placement_b);
	*comparison = (struct comparison){ 0 };
}
