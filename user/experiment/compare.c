// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare.h"
#include "user/experiment/compare_trials.h"
#include "user/experiment/infer_power.h"
#include "user/model/run.h"

struct job {
	const struct compare_options *options;
	struct trials trials;
	double *value; /* room for one per trial, of the row at work */
	double *room;  /* and for twice as many more */
	struct comparison *out;
};

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BETTER] = "better",
		[VERDICT_WORSE] = "worse",
		[VERDICT_EQUIVALENT] = "equivalent",
		[VERDICT_UNDECIDED] = "not enough data",
	};

	return names[verdict];
}

bool difference_is_pair(const struct difference *d)
{
	return isfinite(d->a) && isfinite(d->b);
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

static enum verdict verdict_of(const struct metric *metric, enum infer_change change)
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

/* Sets the verdict of @row from its p_adjusted, as one of @family hypotheses. */
static void judge(struct difference *row, double margin, size_t family)
{
	enum infer_change change =
		infer_change(&row->found, row->p_adjusted, row->has_ratio ? margin : 0);
	struct infer_goal goal = {
		.distance = fabs(row->found.estimate),
		.spread = row->found.spread,
		.margin = row->has_ratio ? log1p(margin) : 0,
		.family = family,
	};
	unsigned int blocks;

	if (!row->has_ratio && change == INFER_SAME)
		change = INFER_UNDECIDED; /* differences know no margin */
	row->verdict = verdict_of(row->metric, change);
	row->more = 0;
	if (row->verdict != VERDICT_UNDECIDED || !difference_is_pair(row))
		return;
	blocks = infer_blocks(&goal);
	if (blocks)
		row->more = blocks > row->pairs ? blocks - row->pairs : 1;
}

/* Fills in what the pairs of job->value say. */
static int infer_row(const struct job *job, struct difference *row)
{
	const struct series series = { &job->trials, job->value };
	size_t nr_a, nr_b;
	int err;

	nr_a = series_side(&series, false, job->room);
	nr_b = series_side(&series, true, job->room + nr_a);
	row->delta = infer_cliff(job->room, nr_a, job->room + nr_a, nr_b);
	row->trials_a = (unsigned int)nr_a;
	row->trials_b = (unsigned int)nr_b;
	row->a = infer_median(job->room, nr_a);
	row->b = infer_median(job->room + nr_a, nr_b);
	row->has_ratio = true;
	row->pairs = (unsigned int)series_pairs(&series, &row->has_ratio, job->room);
	err = infer_pairs(job->room, row->pairs, job->options->seed, &row->found);
	if (err)
		return err;
	row->p_value = row->p_adjusted = row->found.p_value;
	if (row->has_ratio) {
		row->ratio = exp(row->found.estimate);
		row->ratio_low = exp(row->found.low);
		row->ratio_high = exp(row->found.high);
	}
	if (!row->kpi)
		judge(row, job->options->margin, 1);
	return 0;
}

static bool nothing_happened(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->trials.nr; i++) {
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

/* Whether a KPI has made the row already. */
static bool has_row(const struct comparison *out, const char *subject, const struct metric *metric,
		    const char *stat)
{
	size_t i;

	for (i = 0; i < out->nr_kpis; i++) {
		const struct difference *d = &out->difference[i];

		if (d->metric == metric && strcmp(d->stat, stat) == 0 &&
		    strcmp(d->subject, subject) == 0)
			return true;
	}
	return false;
}

static double value_of(const struct job *job, const struct subject *subject,
		       const struct phase *phase, const struct metric *metric,
		       const struct subject_stat *stat)
{
	bool per_request = job->trials.per_request;

	if (!subject->thing)
		return subject_all_services(job->trials.run, phase, metric, per_request);
	return subject_value(subject, phase, metric, stat, per_request);
}

static int add_row(struct job *job, const struct subject *subject, const struct metric *metric,
		   const struct subject_stat *stat, const struct kpi *kpi)
{
	struct comparison *out = job->out;
	struct difference *row;
	char *name;
	size_t i;

	for (i = 0; i < job->trials.nr; i++)
		job->value[i] = value_of(job, subject, &job->trials.trial[i].phase, metric, stat);
	if (nothing_happened(job))
		return 0;
	name = subject_text(subject);
	if (!name)
		return -ENOMEM;
	if (has_row(out, name, metric, stat->name)) {
		free(name);
		return 0;
	}
	row = append_row(out);
	if (!row) {
		free(name);
		return -ENOMEM;
	}
	*row = (struct difference){
		.entity = subject->entity,
		.metric = metric,
		.kpi = kpi,
		.subject = name,
		.stat = stat->name,
		.ratio = NAN,
		.ratio_low = NAN,
		.ratio_high = NAN,
		.verdict = VERDICT_UNDECIDED,
	};
	out->nr++;
	out->nr_kpis += kpi != NULL;
	return infer_row(job, row);
}

static int add_metric(struct job *job, const struct subject *subject, const struct metric *metric)
{
	const struct subject_stat *stat;
	size_t i, nr;

	stat = subject_stats(subject, metric, job->trials.per_request, &nr);
	for (i = 0; i < nr; i++) {
		int err = add_row(job, subject, metric, &stat[i], NULL);

		if (err)
			return err;
	}
	return 0;
}

/* Adds the row of each KPI that is about @subject. */
static int add_kpis(struct job *job, const struct subject *subject)
{
	const struct kpi_list *kpis = job->options->kpis;
	size_t i, nr;

	for (i = 0; i < kpis->nr; i++) {
		const struct kpi *kpi = &kpis->kpi[i];
		const struct subject_stat *stat = &kpi->stat;
		int err;

		if (!kpi_matches(kpi, subject))
			continue;
		if (kpi->metric->kind != METRIC_HIST)
			stat = subject_stats(subject, kpi->metric, job->trials.per_request, &nr);
		err = add_row(job, subject, kpi->metric, stat, kpi);
		if (err)
			return err;
	}
	return 0;
}

/* Adds the rows of every metric of @subject. */
static int add_metrics(struct job *job, const struct subject *subject)
{
	size_t nr;

	for_each_metric (metric, subject->entity, nr) {
		int err = is_judged(metric) ? add_metric(job, subject, metric) : 0;

		if (err)
			return err;
	}
	return 0;
}

/* Runs @add on every thing that any trial has. */
static int for_each_subject(struct job *job, int (*add)(struct job *, const struct subject *))
{
	const struct phase *all = &job->trials.all;
	size_t i, k;
	int err = 0;

	for (i = 0; !err && i < all->nr_endpoints; i++)
		err = add(job, &(struct subject){ ENTITY_ENDPOINT, &all->endpoints[i], NULL });
	for (i = 0; !err && i < all->nr_services; i++) {
		const struct service *service = &all->services[i];

		err = add(job, &(struct subject){ ENTITY_SERVICE, service, NULL });
		for (k = 0; !err && k < service->nr_disks; k++)
			err = add(job,
				  &(struct subject){ ENTITY_DISK, &service->disks[k], service });
	}
	for (i = 0; !err && i < all->nr_edges; i++)
		err = add(job, &(struct subject){ ENTITY_EDGE, &all->edges[i], NULL });
	return err;
}

static int add_all(struct job *job)
{
	const struct subject all_services = { ENTITY_SERVICE, NULL, NULL };
	int err = add_kpis(job, &all_services);

	if (!err)
		err = for_each_subject(job, add_kpis);
	if (!err && !job->options->kpis_only)
		err = for_each_subject(job, add_metrics);
	return err;
}

static int rank(const struct difference *d)
{
	bool leaning;

	if (!difference_is_pair(d))
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

	if (l->kpi && r->kpi)
		return (l->kpi > r->kpi) - (l->kpi < r->kpi);
	if (l->kpi || r->kpi)
		return l->kpi ? -1 : 1;
	if (order)
		return order;
	if (dl != dr)
		return dl > dr ? -1 : 1;
	order = strcmp(l->subject, r->subject);
	if (!order)
		order = strcmp(l->metric->id, r->metric->id);
	return order ? order : strcmp(l->stat, r->stat);
}

int compare_placements(const struct run *run, const char *a, const char *b,
		       const struct compare_options *options, struct comparison *comparison)
{
	struct job job = { .options = options, .out = comparison };
	int err = -ENOMEM;

	*comparison = (struct comparison){ 0 };
	job.value = calloc(2 * run->nr_phases + 1, sizeof(*job.value));
	job.room = calloc(2 * run->nr_phases + 1, sizeof(*job.room));
	if (!job.value || !job.room || run_set_text(&comparison->placement_a, a) ||
	    run_set_text(&comparison->placement_b, b))
		goto out;
	err = trials_collect(run, a, b, &job.trials);
	if (err)
		goto out;
	comparison->trials_a = job.trials.nr_a;
	comparison->trials_b = job.trials.nr_b;
	err = add_all(&job);
	if (!err && comparison->nr)
		qsort(comparison->difference, comparison->nr, sizeof(*comparison->difference),
		      by_rank);
out:
	trials_free(&job.trials);
	free(job.value);
	free(job.room);
	return err;
}

size_t compare_family(const struct comparison *list, size_t nr)
{
	size_t i, k, family = 0;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < list[i].nr_kpis; k++)
			family += isfinite(list[i].difference[k].p_value);
	}
	return family ? family : 1;
}

int compare_judge(struct comparison *list, size_t nr, const struct compare_options *options)
{
	size_t family = compare_family(list, nr), total = 0, at = 0, i, k;
	double *p;
	int err;

	for (i = 0; i < nr; i++)
		total += list[i].nr_kpis;
	p = calloc(total + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		for (k = 0; k < list[i].nr_kpis; k++)
			p[at++] = list[i].difference[k].p_value;
	}
	err = infer_holm(p, total, p);
	for (i = at = 0; !err && i < nr; i++) {
		for (k = 0; k < list[i].nr_kpis; k++) {
			list[i].difference[k].p_adjusted = p[at++];
			judge(&list[i].difference[k], options->margin, family);
		}
	}
	free(p);
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
