// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/model/metrics.h"
#include "user/model/pool.h"
#include "user/model/profile.h"

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static struct service *find_service(const struct phase *phase, const struct service *like,
				    enum pool_key key)
{
	size_t i;

	for (i = 0; i < phase->nr_services; i++) {
		struct service *service = &phase->services[i];

		if (same(service->name, like->name) &&
		    (key == POOL_BY_NAME || same(service->host, like->host)))
			return service;
	}
	return NULL;
}

bool pool_same_edge(const struct edge *a, const struct edge *b, enum pool_key key)
{
	if (!same(a->client, b->client) || !same(a->server, b->server))
		return false;
	if (key == POOL_BY_ADDRESS && !same(a->server_addr, b->server_addr))
		return false;
	return key == POOL_BY_NAME ||
	       (same(a->client_host, b->client_host) && same(a->server_host, b->server_host));
}

static struct edge *find_edge(const struct phase *phase, const struct edge *like, enum pool_key key)
{
	size_t i;

	for (i = 0; i < phase->nr_edges; i++) {
		if (pool_same_edge(&phase->edges[i], like, key))
			return &phase->edges[i];
	}
	return NULL;
}

static struct program *find_program(const struct phase *phase, const char *name)
{
	size_t i;

	for (i = 0; i < phase->nr_programs; i++) {
		if (same(phase->programs[i].name, name))
			return &phase->programs[i];
	}
	return NULL;
}

static int add_disks(struct service *dst, const struct service *src)
{
	size_t i;

	for (i = 0; i < src->nr_disks; i++) {
		const struct disk *from = &src->disks[i];
		struct disk *to = service_find_disk(dst, from->device, from->op);
		int err;

		if (!to)
			to = service_add_disk(dst, from->device, from->op);
		err = to ? metrics_add(ENTITY_DISK, to, from) : -ENOMEM;
		if (err)
			return err;
	}
	return 0;
}

static int add_services(struct phase *dst, const struct phase *src, enum pool_key key)
{
	size_t i;

	for (i = 0; i < src->nr_services; i++) {
		const struct service *from = &src->services[i];
		struct service *to = find_service(dst, from, key);
		int err;

		if (!to)
			to = phase_add_service(dst, from->name, from->host);
		err = to ? metrics_add(ENTITY_SERVICE, to, from) : -ENOMEM;
		if (!err)
			err = add_disks(to, from);
		if (err)
			return err;
	}
	return 0;
}

static int add_edges(struct phase *dst, const struct phase *src, enum pool_key key)
{
	size_t i;

	for (i = 0; i < src->nr_edges; i++) {
		const struct edge *from = &src->edges[i];
		struct edge *to = find_edge(dst, from, key);
		int err;

		if (!to)
			to = phase_add_edge(dst, from->client, from->server, from->server_addr,
					    from->client_host, from->server_host);
		err = to ? metrics_add(ENTITY_EDGE, to, from) : -ENOMEM;
		if (err)
			return err;
	}
	return 0;
}

static int add_endpoints(struct phase *dst, const struct phase *src)
{
	size_t i;

	for (i = 0; i < src->nr_endpoints; i++) {
		const struct endpoint *from = &src->endpoints[i];
		struct endpoint *to = phase_find_endpoint(dst, from->name);
		int err;

		if (!to)
			to = phase_add_endpoint(dst, from->name);
		err = to ? metrics_add(ENTITY_ENDPOINT, to, from) : -ENOMEM;
		if (err)
			return err;
	}
	return 0;
}

static int add_profiles(struct phase *dst, const struct phase *src)
{
	size_t i;

	for (i = 0; i < src->nr_profiles; i++) {
		const struct profile *from = &src->profiles[i];
		struct profile *to = phase_find_profile(dst, from->endpoint);

		if (!to)
			to = phase_add_profile(dst, from->endpoint);
		if (!to || profile_merge(to, from))
			return -ENOMEM;
		to->mark = from->mark;
	}
	return 0;
}

static int add_programs(struct phase *dst, const struct phase *src)
{
	size_t i;

	for (i = 0; i < src->nr_programs; i++) {
		const struct program *from = &src->programs[i];
		struct program *to = find_program(dst, from->name);
		int err;

		if (!to)
			to = phase_add_program(dst, from->name);
		err = to ? metrics_add(ENTITY_PROGRAM, to, from) : -ENOMEM;
		if (err)
			return err;
	}
	return 0;
}

int pool_add(struct phase *dst, const struct phase *src, enum pool_key key)
{
	int err = metrics_add(ENTITY_PHASE, dst, src);

	if (!err) {
		tally_highest(&dst->map_fill, &src->map_fill);
		err = add_services(dst, src, key);
	}
	if (!err)
		err = add_edges(dst, src, key);
	if (!err)
		err = add_endpoints(dst, src);
	if (!err)
		err = add_profiles(dst, src);
	if (!err)
		err = add_programs(dst, src);
	if (err)
		return err;
	if (!dst->started_at_ns || src->started_at_ns < dst->started_at_ns)
		dst->started_at_ns = src->started_at_ns;
	dst->duration_ns += src->duration_ns;
	return 0;
}

/* Turns the sums of gauges and rates in @object into means of @nr. */
static void divide(enum metric_entity entity, void *object, u64 nr)
{
	size_t nr_metrics;

	if (!nr)
		return;
	for_each_metric (metric, entity, nr_metrics) {
		if (metric->kind == METRIC_GAUGE)
			*metric_u64(metric, object) /= nr;
		else if (metric->kind == METRIC_REAL)
			*metric_real(metric, object) /= (double)nr;
	}
}

static bool matches(const struct phase *phase, const char *placement, const char *name)
{
	return phase_counts(phase) && same(phase->placement, placement) && same(phase->name, name);
}

/* Only these four have gauges or rates; a thing that a trial lacks does not lower its mean. */
static void average(const struct run *run, const char *placement, const char *name,
		    enum pool_key key, struct phase *pooled)
{
	size_t i, p;
	u64 nr;

	divide(ENTITY_PHASE, pooled, pooled->trial);
	for (i = 0; i < pooled->nr_services; i++) {
		for (nr = 0, p = 0; p < run->nr_phases; p++)
			nr += matches(&run->phases[p], placement, name) &&
			      find_service(&run->phases[p], &pooled->services[i], POOL_BY_HOST);
		divide(ENTITY_SERVICE, &pooled->services[i], nr);
	}
	for (i = 0; i < pooled->nr_edges; i++) {
		for (nr = 0, p = 0; p < run->nr_phases; p++)
			nr += matches(&run->phases[p], placement, name) &&
			      find_edge(&run->phases[p], &pooled->edges[i], key);
		divide(ENTITY_EDGE, &pooled->edges[i], nr);
	}
	for (i = 0; i < pooled->nr_endpoints; i++) {
		for (nr = 0, p = 0; p < run->nr_phases; p++)
			nr += matches(&run->phases[p], placement, name) &&
			      phase_find_endpoint(&run->phases[p], pooled->endpoints[i].name);
		divide(ENTITY_ENDPOINT, &pooled->endpoints[i], nr);
	}
}

int pool_placement_by(const struct run *run, const char *placement, const char *phase_name,
		      enum pool_key key, struct phase *pooled)
{
	size_t i;

	if (run_set_text(&pooled->placement, placement) || run_set_text(&pooled->name, phase_name))
		return -ENOMEM;
	for (i = 0; i < run->nr_phases; i++) {
		int err;

		if (!matches(&run->phases[i], placement, phase_name))
			continue;
		err = pool_add(pooled, &run->phases[i], key);
		if (err)
			return err;
		pooled->trial++;
	}
	if (pooled->trial)
		average(run, placement, phase_name, key, pooled);
	return 0;
}

int pool_placement(const struct run *run, const char *placement, const char *phase_name,
		   struct phase *pooled)
{
	return pool_placement_by(run, placement, phase_name, POOL_BY_HOST, pooled);
}
