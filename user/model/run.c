// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/model/run.h"

/*
 * Makes room for one more element of @size bytes behind the @nr of *@list and returns it zeroed.
 * The room doubles at each power of two, so the list needs no capacity of its own.
 */
static void *append(void *list, size_t nr, size_t size)
{
	void **at = list;
	void *grown;

	if ((nr & (nr - 1)) == 0) {
		grown = realloc(*at, (nr ? 2 * nr : 1) * size);
		if (!grown)
			return NULL;
		*at = grown;
	}
	return memset((char *)*at + nr * size, 0, size);
}

int run_set_text(char **to, const char *text)
{
	char *copy = text_dup(text);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

int run_set_file(char **to, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static struct tally_item *tally_find(const struct tally *tally, const char *label)
{
	size_t i;

	for (i = 0; i < tally->nr; i++) {
		if (strcmp(tally->item[i].label, label) == 0)
			return &tally->item[i];
	}
	return NULL;
}

/* A new item for @label, or the one that it is the same as once it is cleaned. */
static struct tally_item *tally_item(struct tally *tally, const char *label)
{
	char *copy = text_dup(label);
	struct tally_item *item = copy ? tally_find(tally, copy) : NULL;

	if (!item && copy) {
		item = append(&tally->item, tally->nr, sizeof(*item));
		if (item) {
			item->label = copy;
			tally->nr++;
			return item;
		}
	}
	free(copy);
	return item;
}

int tally_add(struct tally *tally, const char *label, u64 count)
{
	struct tally_item *item = tally_find(tally, label);

	if (!item)
		item = tally_item(tally, label);
	if (!item)
		return -ENOMEM;
	item->count += count;
	return 0;
}

void tally_highest(struct tally *sum, const struct tally *added)
{
	size_t i;

	for (i = 0; i < added->nr; i++) {
		struct tally_item *item = tally_find(sum, added->item[i].label);

		if (!item)
			continue;
		item->count -= added->item[i].count;
		if (item->count < added->item[i].count)
			item->count = added->item[i].count;
	}
}

u64 tally_get(const struct tally *tally, const char *label)
{
	const struct tally_item *item = tally_find(tally, label);

	return item ? item->count : 0;
}

u64 tally_total(const struct tally *tally)
{
	u64 total = 0;
	size_t i;

	for (i = 0; i < tally->nr; i++)
		total += tally->item[i].count;
	return total;
}

void tally_free(struct tally *tally)
{
	size_t i;

	for (i = 0; i < tally->nr; i++)
		free(tally->item[i].label);
	free(tally->item);
	*tally = (struct tally){ 0 };
}

static void service_free(struct service *service)
{
	size_t i;

	for (i = 0; i < service->nr_disks; i++) {
		free(service->disks[i].device);
		free(service->disks[i].op);
		metrics_release(ENTITY_DISK, &service->disks[i]);
	}
	free(service->disks);
	free(service->name);
	free(service->host);
	metrics_release(ENTITY_SERVICE, service);
}

static void edge_free(struct edge *edge)
{
	free(edge->client);
	free(edge->server);
	free(edge->server_addr);
	free(edge->client_host);
	free(edge->server_host);
	metrics_release(ENTITY_EDGE, edge);
}

void phase_free(struct phase *phase)
{
	size_t i;

	for (i = 0; i < phase->nr_services; i++)
		service_free(&phase->services[i]);
	for (i = 0; i < phase->nr_edges; i++)
		edge_free(&phase->edges[i]);
	for (i = 0; i < phase->nr_endpoints; i++) {
		free(phase->endpoints[i].name);
		metrics_release(ENTITY_ENDPOINT, &phase->endpoints[i]);
	}
	for (i = 0; i < phase->nr_profiles; i++)
		profile_free(&phase->profiles[i]);
	for (i = 0; i < phase->nr_traces; i++)
		kept_free(&phase->traces[i]);
	for (i = 0; i < phase->nr_programs; i++)
		free(phase->programs[i].name);
	free(phase->services);
	free(phase->edges);
	free(phase->endpoints);
	free(phase->profiles);
	free(phase->traces);
	free(phase->programs);
	free(phase->placement);
	free(phase->name);
	free(phase->invalid);
	metrics_release(ENTITY_PHASE, phase);
	*phase = (struct phase){ 0 };
}

/* Takes element @i of @size bytes out of the @nr of @list, in order. */
static void cut(void *list, size_t *nr, size_t i, size_t size)
{
	char *at = (char *)list + i * size;

	memmove(at, at + size, (--*nr - i) * size);
}

void phase_drop_service(struct phase *phase, size_t i)
{
	service_free(&phase->services[i]);
	cut(phase->services, &phase->nr_services, i, sizeof(*phase->services));
}

void phase_drop_edge(struct phase *phase, size_t i)
{
	edge_free(&phase->edges[i]);
	cut(phase->edges, &phase->nr_edges, i, sizeof(*phase->edges));
}

void phase_drop_profile(struct phase *phase, size_t i)
{
	profile_free(&phase->profiles[i]);
	cut(phase->profiles, &phase->nr_profiles, i, sizeof(*phase->profiles));
}

void tally_drop(struct tally *tally, const char *label)
{
	struct tally_item *item = tally_find(tally, label);

	if (!item)
		return;
	free(item->label);
	cut(tally->item, &tally->nr, (size_t)(item - tally->item), sizeof(*item));
}

void run_free(struct run *run)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++)
		phase_free(&run->phases[i]);
	for (i = 0; i < run->nr_hosts; i++)
		free(run->hosts[i]);
	free(run->phases);
	free(run->hosts);
	free(run->uuid);
	free(run->name);
	free(run->state);
	free(run->kernel);
	free(run->situ_version);
	free(run->cpus);
	free(run->clock_source);
	free(run->plan);
	free(run->plan_hash);
	free(run->workload_hash);
	*run = (struct run){ 0 };
}

struct phase *run_add_phase(struct run *run, const char *placement, unsigned int trial,
			    const char *name)
{
	struct phase *phase = append(&run->phases, run->nr_phases, sizeof(*phase));

	if (!phase || run_set_text(&phase->placement, placement) ||
	    run_set_text(&phase->name, name) || run_set_text(&phase->invalid, ""))
		return NULL;
	phase->trial = trial;
	phase->attempt = 1;
	run->nr_phases++;
	return phase;
}

bool disk_hands_on(const struct disk *disk)
{
	return strncmp(disk->device, "loop", strlen("loop")) == 0 ||
	       strncmp(disk->device, "dm-", strlen("dm-")) == 0;
}

bool phase_counts(const struct phase *phase)
{
	return !phase->invalid || !phase->invalid[0];
}

int run_add_host(struct run *run, const char *host)
{
	char **at = append(&run->hosts, run->nr_hosts, sizeof(*at));

	if (!at || run_set_text(at, host))
		return -ENOMEM;
	run->nr_hosts++;
	return 0;
}

struct service *phase_add_service(struct phase *phase, const char *name, const char *host)
{
	struct service *service = append(&phase->services, phase->nr_services, sizeof(*service));

	if (!service || run_set_text(&service->name, name) || run_set_text(&service->host, host))
		return NULL;
	phase->nr_services++;
	return service;
}

struct disk *service_add_disk(struct service *service, const char *device, const char *op)
{
	struct disk *disk = append(&service->disks, service->nr_disks, sizeof(*disk));

	if (!disk || run_set_text(&disk->device, device) || run_set_text(&disk->op, op))
		return NULL;
	service->nr_disks++;
	return disk;
}

struct edge *phase_add_edge(struct phase *phase, const char *client, const char *server,
			    const char *server_addr, const char *client_host,
			    const char *server_host)
{
	struct edge *edge = append(&phase->edges, phase->nr_edges, sizeof(*edge));

	if (!edge || run_set_text(&edge->client, client) || run_set_text(&edge->server, server) ||
	    run_set_text(&edge->server_addr, server_addr) ||
	    run_set_text(&edge->client_host, client_host) ||
	    run_set_text(&edge->server_host, server_host))
		return NULL;
	phase->nr_edges++;
	return edge;
}

struct endpoint *phase_add_endpoint(struct phase *phase, const char *name)
{
	struct endpoint *endpoint =
		append(&phase->endpoints, phase->nr_endpoints, sizeof(*endpoint));

	if (!endpoint || run_set_text(&endpoint->name, name))
		return NULL;
	phase->nr_endpoints++;
	return endpoint;
}

struct profile *phase_take_profile(struct phase *phase, const char *endpoint, unsigned int mark)
{
	struct profile *profile;
	size_t i;

	for (i = 0; i < phase->nr_profiles; i++) {
		profile = &phase->profiles[i];
		if (profile->mark == mark && strcmp(profile->endpoint, endpoint) == 0)
			return profile;
	}
	profile = phase_add_profile(phase, endpoint);
	if (profile)
		profile->mark = mark;
	return profile;
}

struct profile *phase_add_profile(struct phase *phase, const char *endpoint)
{
	struct profile *profile = append(&phase->profiles, phase->nr_profiles, sizeof(*profile));

	if (!profile || run_set_text(&profile->endpoint, endpoint))
		return NULL;
	phase->nr_profiles++;
	return profile;
}

struct kept_trace *phase_add_trace(struct phase *phase, const char *endpoint, const char *flaws)
{
	struct kept_trace *trace = append(&phase->traces, phase->nr_traces, sizeof(*trace));

	if (!trace || run_set_text(&trace->endpoint, endpoint) ||
	    run_set_text(&trace->flaws, flaws))
		return NULL;
	phase->nr_traces++;
	return trace;
}

struct program *phase_add_program(struct phase *phase, const char *name)
{
	struct program *program = append(&phase->programs, phase->nr_programs, sizeof(*program));

	if (!program || run_set_text(&program->name, name))
		return NULL;
	phase->nr_programs++;
	return program;
}

struct phase *run_find_phase(const struct run *run, const char *placement, unsigned int trial,
			     const char *name, unsigned int attempt)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		struct phase *phase = &run->phases[i];

		if (phase->trial == trial && phase->attempt == attempt &&
		    strcmp(phase->placement, placement) == 0 && strcmp(phase->name, name) == 0)
			return phase;
	}
	return NULL;
}

struct service *phase_find_service(const struct phase *phase, const char *name, const char *host)
{
	size_t i;

	for (i = 0; i < phase->nr_services; i++) {
		struct service *service = &phase->services[i];

		if (strcmp(service->name, name) == 0 && strcmp(service->host, host) == 0)
			return service;
	}
	return NULL;
}

struct disk *service_find_disk(const struct service *service, const char *device, const char *op)
{
	size_t i;

	for (i = 0; i < service->nr_disks; i++) {
		struct disk *disk = &service->disks[i];

		if (strcmp(disk->device, device) == 0 && strcmp(disk->op, op) == 0)
			return disk;
	}
	return NULL;
}

struct edge *phase_find_edge(const struct phase *phase, const char *client, const char *server,
			     const char *server_addr)
{
	size_t i;

	for (i = 0; i < phase->nr_edges; i++) {
		struct edge *edge = &phase->edges[i];

		if (strcmp(edge->client, client) == 0 && strcmp(edge->server, server) == 0 &&
		    strcmp(edge->server_addr, server_addr) == 0)
			return edge;
	}
	return NULL;
}

struct endpoint *phase_find_endpoint(const struct phase *phase, const char *name)
{
	size_t i;

	for (i = 0; i < phase->nr_endpoints; i++) {
		if (strcmp(phase->endpoints[i].name, name) == 0)
			return &phase->endpoints[i];
	}
	return NULL;
}

struct profile *phase_find_profile(const struct phase *phase, const char *endpoint)
{
	size_t i;

	for (i = 0; i < phase->nr_profiles; i++) {
		if (strcmp(phase->profiles[i].endpoint, endpoint) == 0)
			return &phase->profiles[i];
	}
	return NULL;
}
