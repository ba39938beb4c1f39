// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "user/experiment/plan.h"
#include "user/experiment/subject.h"

#define LOAD_TOTAL "all"

static const struct service *service_named(const struct phase *phase, const char *name)
{
	size_t i;

	for (i = 0; i < phase->nr_services; i++) {
		if (strcmp(phase->services[i].name, name) == 0)
			return &phase->services[i];
	}
	return NULL;
}

static const struct edge *edge_named(const struct phase *phase, const struct edge *like)
{
	size_t i;

	for (i = 0; i < phase->nr_edges; i++) {
		const struct edge *edge = &phase->edges[i];

		if (strcmp(edge->client, like->client) == 0 &&
		    strcmp(edge->server, like->server) == 0)
			return edge;
	}
	return NULL;
}

static const struct disk *disk_named(const struct phase *phase, const struct subject *subject)
{
	const struct service *owner = service_named(phase, subject->owner->name);
	const struct disk *like = subject->thing;

	return owner ? service_find_disk(owner, like->device, like->op) : NULL;
}

bool subject_is_total(const struct subject *subject)
{
	if (subject->entity == ENTITY_SERVICE)
		return !subject->thing;
	return subject->entity == ENTITY_ENDPOINT &&
	       strcmp(((const struct endpoint *)subject->thing)->name, LOAD_TOTAL) == 0;
}

/* The subject as one trial has it, NULL when it does not. */
static const void *find_thing(const struct phase *phase, const struct subject *subject)
{
	switch (subject->entity) {
	case ENTITY_SERVICE:
		return service_named(phase, ((const struct service *)subject->thing)->name);
	case ENTITY_DISK:
		return disk_named(phase, subject);
	case ENTITY_EDGE:
		return edge_named(phase, subject->thing);
	case ENTITY_ENDPOINT:
		return phase_find_endpoint(phase, ((const struct endpoint *)subject->thing)->name);
	default:
		return NULL;
	}
}

char *subject_text(const struct subject *subject)
{
	const struct disk *disk = subject->thing;
	const struct edge *edge = subject->thing;
	char *text = NULL;
	int len;

	if (!subject->thing)
		return strdup("all services");
	switch (subject->entity) {
	case ENTITY_SERVICE:
		return strdup(((const struct service *)subject->thing)->name);
	case ENTITY_ENDPOINT:
		return strdup(((const struct endpoint *)subject->thing)->name);
	case ENTITY_DISK:
		len = asprintf(&text, "%s %s %s", subject->owner->name, disk->device, disk->op);
		return len < 0 ? NULL : text;
	default:
		len = asprintf(&text, "%s > %s", edge->client, edge->server);
		return len < 0 ? NULL : text;
	}
}

u64 subject_answered(const struct phase *phase)
{
	const struct endpoint *total = phase_find_endpoint(phase, LOAD_TOTAL);
	u64 sum = 0;
	size_t i;

	if (total)
		return total->answered;
	for (i = 0; i < phase->nr_endpoints; i++)
		sum += phase->endpoints[i].answered;
	return sum;
}

/* What a counter of @thing is divided by in @phase. */
static double divisor(const struct subject *subject, const void *thing, const struct phase *phase,
		      bool per_request)
{
	if (subject->entity == ENTITY_ENDPOINT)
		return (double)((const struct endpoint *)thing)->attempted;
	if (per_request)
		return (double)subject_answered(phase);
	return (double)phase->duration_ns / (double)NSEC_PER_SEC;
}

static double share(u64 count, double of)
{
	return of > 0 ? (double)count / of : NAN;
}

static double hist_value(const struct hist *hist, const struct subject_stat *stat)
{
	if (!hist->count)
		return NAN;
	if (stat->quantile < 0)
		return hist_mean(hist);
	if (!hist->buckets || (double)hist->count * (1 - stat->quantile) < 1 - 1e-9)
		return NAN;
	return (double)hist_quantile(hist, stat->quantile);
}

const struct subject_stat *subject_stats(const struct subject *subject, const struct metric *metric,
					 bool per_request, size_t *nr)
{
	static const struct subject_stat plain = { "value", 0 }, request = { "per request", 0 },
					 second = { "per second", 0 };
	static const struct subject_stat hist[] = { { "mean", -1 },
						    { "p50", 0.5 },
						    { "p99", 0.99 } };

	*nr = 1;
	if (metric->kind == METRIC_COUNTER || metric->kind == METRIC_TALLY)
		return per_request || subject->entity == ENTITY_ENDPOINT ? &request : &second;
	if (metric->kind != METRIC_HIST)
		return &plain;
	*nr = ARRAY_SIZE(hist);
	return hist;
}

/* Whether @host is one of the experiment's; where a run does not tell its hosts, any is. */
static bool is_host_of(const struct run *run, const char *host)
{
	size_t i;

	if (!run || !run->nr_hosts)
		return true;
	for (i = 0; i < run->nr_hosts; i++) {
		if (strcmp(run->hosts[i], host) == 0)
			return true;
	}
	return false;
}

/*
 * Whether a service is placed: not the load generator, nor the rest of the machine, which is on the
 * machine's own host or has a name in brackets from attribute/, "(root)" and the like.
 */
static bool is_placed(const struct run *run, const struct service *service)
{
	return service->name[0] != '(' && strcmp(service->name, PLAN_LOAD) != 0 &&
	       is_host_of(run, service->host);
}

double subject_all_services(const struct run *run, const struct phase *phase,
			    const struct metric *metric, bool per_request)
{
	double of = per_request ? (double)subject_answered(phase)
				: (double)phase->duration_ns / (double)NSEC_PER_SEC;
	u64 sum = 0;
	size_t i;

	for (i = 0; i < phase->nr_services; i++) {
		if (is_placed(run, &phase->services[i]))
			sum += *metric_u64(metric, &phase->services[i]);
	}
	return phase->nr_services ? share(sum, of) : NAN;
}

double subject_time_per_request(const struct subject *subject, const struct phase *phase,
				const struct metric *metric)
{
	const void *thing = find_thing(phase, subject);
	u64 answered = subject_answered(phase);

	if (!answered)
		return NAN;
	if (!thing)
		return 0;
	return share(metric->kind == METRIC_HIST ? metric_hist(metric, thing)->sum_ns
						 : *metric_u64(metric, thing),
		     (double)answered);
}

double subject_value(const struct subject *subject, const struct phase *phase,
		     const struct metric *metric, const struct subject_stat *stat, bool per_request)
{
	const void *thing = find_thing(phase, subject);
	double of = thing ? divisor(subject, thing, phase, per_request) : 0;

	if (!thing)
		return NAN;
	switch (metric->kind) {
	case METRIC_COUNTER:
		return share(*metric_u64(metric, thing), of);
	case METRIC_TALLY:
		return share(tally_total(metric_tally(metric, thing)), of);
	case METRIC_GAUGE:
		return (double)*metric_u64(metric, thing);
	case METRIC_REAL:
		return *metric_real(metric, thing);
	case METRIC_HIST:
		return hist_value(metric_hist(metric, thing), stat);
	}
	return NAN;
}
