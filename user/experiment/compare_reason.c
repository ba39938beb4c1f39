// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare_reason.h"
#include "user/experiment/compare_trials.h"
#include "user/experiment/plan.h"

/* What a thing takes by itself. */
static const struct {
	enum metric_entity entity;
	const char *metric;
} own_time[] = {
	{ ENTITY_SERVICE, "cpu_ns" },  { ENTITY_SERVICE, "runq_wait_ns" },
	{ ENTITY_DISK, "queue_ns" },   { ENTITY_DISK, "device_ns" },
	{ ENTITY_EDGE, "connect_ns" }, { ENTITY_EDGE, "network_ns" },
};

struct search {
	struct trials trials;
	struct reasons *out;
	u64 seed;
	double *value, *room;
	size_t room_nr; /* reasons that fit into out->reason */
};

/* An edge's network time is a difference of two means, and unknown where one side is: no number. */
static bool is_partial(const struct phase *phase, const struct subject *subject,
		       const struct metric *metric)
{
	const struct edge *like = subject->thing;
	size_t i;

	if (subject->entity != ENTITY_EDGE || strcmp(metric->id, "network_ns") != 0)
		return false;
	for (i = 0; i < phase->nr_edges; i++) {
		const struct edge *edge = &phase->edges[i];

		if (strcmp(edge->client, like->client) == 0 &&
		    strcmp(edge->server, like->server) == 0)
			return edge->responses && !edge->network_ns.count;
	}
	return false;
}

static int infer_reason(struct search *s, struct reason *reason)
{
	const struct series series = { &s->trials, s->value };
	bool ratios = false;
	size_t nr;
	int err;

	nr = series_side(&series, false, s->room);
	reason->a_ns = infer_median(s->room, nr);
	nr = series_side(&series, true, s->room);
	reason->b_ns = infer_median(s->room, nr);
	nr = series_pairs(&series, &ratios, s->room);
	err = infer_pairs(s->room, nr, s->seed, &reason->found);
	return err;
}

static int add_reason(struct search *s, const struct subject *subject, const struct metric *metric)
{
	struct reason reason = { .entity = subject->entity, .metric = metric };
	struct reason *grown;
	size_t i;
	int err;

	for (i = 0; i < s->trials.nr; i++) {
		const struct phase *phase = &s->trials.trial[i].phase;

		s->value[i] = is_partial(phase, subject, metric)
				      ? NAN
				      : subject_time_per_request(subject, phase, metric);
	}
	err = infer_reason(s, &reason);
	if (err || !(reason.found.low > 0 || reason.found.high < 0))
		return err;
	if (s->out->nr == s->room_nr) {
		grown = realloc(s->out->reason, (2 * s->room_nr + 8) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->out->reason = grown;
		s->room_nr = 2 * s->room_nr + 8;
	}
	reason.subject = subject_text(subject);
	if (!reason.subject)
		return -ENOMEM;
	s->out->reason[s->out->nr++] = reason;
	return 0;
}

static int add_subject(struct search *s, enum metric_entity entity, const void *thing,
		       const struct service *owner)
{
	const struct subject subject = { entity, thing, owner };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own_time); i++) {
		const struct metric *metric = metric_find(entity, own_time[i].metric);
		int err;

		if (own_time[i].entity != entity)
			continue;
		err = add_reason(s, &subject, metric);
		if (err)
			return err;
	}
	return 0;
}

static int add_all(struct search *s)
{
	const struct phase *all = &s->trials.all;
	size_t i, k;
	int err = 0;

	for (i = 0; !err && i < all->nr_services; i++) {
		const struct service *service = &all->services[i];

		if (strcmp(service->name, PLAN_LOAD) == 0)
			continue;
		err = add_subject(s, ENTITY_SERVICE, service, NULL);
		for (k = 0; !err && k < service->nr_disks; k++)
			err = add_subject(s, ENTITY_DISK, &service->disks[k], service);
	}
	for (i = 0; !err && i < all->nr_edges; i++)
		err = add_subject(s, ENTITY_EDGE, &all->edges[i], NULL);
	return err;
}

static int by_size(const void *left, const void *right)
{
	const struct reason *l = left, *r = right;
	double dl = fabs(l->found.estimate), dr = fabs(r->found.estimate);

	if (dl != dr)
		return dl > dr ? -1 : 1;
	return strcmp(l->subject, r->subject);
}

int reasons_find(const struct run *run, const char *a, const char *b, size_t most, u64 seed,
		 struct reasons *reasons)
{
	struct search s = { .out = reasons, .seed = seed };
	int err = -ENOMEM;

	*reasons = (struct reasons){ 0 };
	s.value = calloc(2 * run->nr_phases + 1, sizeof(*s.value));
	s.room = calloc(2 * run->nr_phases + 1, sizeof(*s.room));
	if (!s.value || !s.room)
		goto out;
	err = trials_collect(run, a, b, &s.trials);
	if (!err && s.trials.per_request)
		err = add_all(&s);
	if (err || !reasons->nr)
		goto out;
	qsort(reasons->reason, reasons->nr, sizeof(*reasons->reason), by_size);
	while (reasons->nr > most)
		free(reasons->reason[--reasons->nr].subject);
out:
	trials_free(&s.trials);
	free(s.value);
	free(s.room);
	return err;
}

void reasons_free(struct reasons *reasons)
{
	size_t i;

	for (i = 0; i < reasons->nr; i++)
		free(reasons->reason[i].subject);
	free(reasons->reason);
	*reasons = (struct reasons){ 0 };
}
