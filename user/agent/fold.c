// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/agent/fold.h"
#include "user/base/text.h"
#include "user/model/metrics.h"
#include "user/model/pool.h"
#include "user/model/profile.h"

/* A row is new once: those that an interval brings take room as those before. */
struct room {
	size_t services, edges, addresses, profiles, hops;
	struct folded *folded;
};

static int shorten(char **name)
{
	char text[FOLD_NAME_BYTES];

	if (strlen(*name) < sizeof(text))
		return 0;
	text_clean(text, sizeof(text), *name);
	return run_set_text(name, text);
}

static int shorten_labels(struct tally *tally)
{
	size_t i;

	for (i = 0; i < tally->nr; i++) {
		if (shorten(&tally->item[i].label))
			return -ENOMEM;
	}
	return 0;
}

static int shorten_all(struct phase *interval)
{
	size_t i;

	for (i = 0; i < interval->nr_services; i++) {
		struct service *service = &interval->services[i];

		if (shorten(&service->name) || shorten_labels(&service->waited_for_ns))
			return -ENOMEM;
	}
	for (i = 0; i < interval->nr_edges; i++) {
		if (shorten(&interval->edges[i].client) || shorten(&interval->edges[i].server))
			return -ENOMEM;
	}
	for (i = 0; i < interval->nr_profiles; i++) {
		if (shorten(&interval->profiles[i].endpoint))
			return -ENOMEM;
	}
	return 0;
}

static int to_other(char **name)
{
	return run_set_text(name, FOLD_OTHER);
}

static int part_to_other(char **name, struct room *room)
{
	room->folded->parts++;
	return to_other(name);
}

static int fold_disks(struct service *service, const struct service *known, struct room *room)
{
	size_t i, nr = known ? known->nr_disks : 0;

	for (i = 0; i < service->nr_disks; i++) {
		struct disk *disk = &service->disks[i];

		if (known && service_find_disk(known, disk->device, disk->op))
			continue;
		if (nr++ >= FOLD_DISKS_MAX && part_to_other(&disk->device, room))
			return -ENOMEM;
	}
	return 0;
}

static bool has_label(const struct tally *tally, const char *label)
{
	size_t i;

	for (i = 0; tally && i < tally->nr; i++) {
		if (strcmp(tally->item[i].label, label) == 0)
			return true;
	}
	return false;
}

/* What is no service's name is one of few, and has room. A cgroup may be called "(anything)". */
static bool is_special(const char *label)
{
	static const char *const special[] = { "(wake-up)", "(earlier)", FOLD_OTHER };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(special); i++) {
		if (strcmp(label, special[i]) == 0)
			return true;
	}
	return false;
}

static int fold_waits(struct tally *waits, const struct tally *known, struct room *room)
{
	size_t i, nr = known ? known->nr : 0;

	for (i = 0; i < waits->nr; i++) {
		char **label = &waits->item[i].label;

		if (is_special(*label) || has_label(known, *label))
			continue;
		if (nr++ >= FOLD_WAITS_MAX && part_to_other(label, room))
			return -ENOMEM;
	}
	return 0;
}

static int fold_services(struct phase *interval, const struct phase *total, struct room *room)
{
	size_t i;

	for (i = 0; i < interval->nr_services; i++) {
		struct service *service = &interval->services[i];
		const struct service *known =
			phase_find_service(total, service->name, service->host);

		if (!known && room->services++ >= FOLD_SERVICES_MAX) {
			room->folded->services++;
			if (to_other(&service->name))
				return -ENOMEM;
			known = phase_find_service(total, service->name, service->host);
		}
		if (fold_disks(service, known, room) ||
		    fold_waits(&service->waited_for_ns, known ? &known->waited_for_ns : NULL, room))
			return -ENOMEM;
	}
	return 0;
}

static bool by_address(const struct edge *edge)
{
	return !edge->client_host[0] || !edge->server_host[0];
}

static bool is_among(const struct edge *list, size_t nr, const struct edge *edge)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (pool_same_edge(&list[i], edge, POOL_BY_HOST))
			return true;
	}
	return false;
}

/* The end that is not measured here: clients of a public server are as many as there are. */
static int fold_address(struct edge *edge, struct room *room)
{
	room->folded->edges++;
	if (!edge->client_host[0] && to_other(&edge->client))
		return -ENOMEM;
	if (edge->server_host[0])
		return 0;
	return to_other(&edge->server) || run_set_text(&edge->server_addr, "") ? -ENOMEM : 0;
}

static int fold_edge(struct edge *edge, struct room *room)
{
	if (room->edges++ < FOLD_EDGES_MAX)
		return 0;
	room->folded->edges++;
	if (to_other(&edge->client) || to_other(&edge->server) ||
	    run_set_text(&edge->server_addr, "") || run_set_text(&edge->client_host, "") ||
	    run_set_text(&edge->server_host, ""))
		return -ENOMEM;
	return 0;
}

/* Those before @i that were folded share a row: it is new once. */
static bool is_known(const struct phase *interval, size_t i, const struct phase *total)
{
	const struct edge *edge = &interval->edges[i];

	return is_among(total->edges, total->nr_edges, edge) || is_among(interval->edges, i, edge);
}

static int fold_edges(struct phase *interval, const struct phase *total, struct room *room)
{
	size_t i;

	for (i = 0; i < total->nr_edges; i++)
		room->addresses += by_address(&total->edges[i]);
	for (i = 0; i < interval->nr_edges; i++) {
		struct edge *edge = &interval->edges[i];

		if (is_known(interval, i, total))
			continue;
		if (by_address(edge) && room->addresses++ >= FOLD_ADDRESSES_MAX &&
		    fold_address(edge, room))
			return -ENOMEM;
		if (!is_known(interval, i, total) && fold_edge(edge, room))
			return -ENOMEM;
	}
	return 0;
}

static int drop_places(struct profile *profile, struct room *room)
{
	struct profile rest = { 0 };

	room->folded->parts++;
	if (run_set_text(&rest.endpoint, profile->endpoint) ||
	    metrics_add(ENTITY_COVERAGE, &rest, profile)) {
		profile_free(&rest);
		return -ENOMEM;
	}
	rest.mark = profile->mark;
	rest.hops = profile->hops;
	rest.nr_hops = profile->nr_hops;
	profile->hops = NULL;
	profile->nr_hops = 0;
	profile_free(profile);
	*profile = rest;
	return 0;
}

/* Whether the endpoint of @profile has the hop @like in @total. */
static bool has_hop(const struct phase *total, const char *endpoint, const struct hop *like)
{
	const struct profile *profile = phase_find_profile(total, endpoint);
	size_t i;

	for (i = 0; profile && i < profile->nr_hops; i++) {
		const struct hop *hop = &profile->hops[i];

		if (hop->entry == like->entry && strcmp(hop->client, like->client) == 0 &&
		    strcmp(hop->server, like->server) == 0 &&
		    strcmp(hop->server_addr, like->server_addr) == 0)
			return true;
	}
	return false;
}

static int fold_hops(struct profile *profile, const struct phase *total, struct room *room)
{
	size_t i;

	for (i = 0; i < profile->nr_hops; i++) {
		struct hop *hop = &profile->hops[i];

		if (shorten(&hop->client) || shorten(&hop->server) || shorten(&hop->server_addr))
			return -ENOMEM;
		if (has_hop(total, profile->endpoint, hop) || room->hops++ < FOLD_HOPS_MAX)
			continue;
		if (part_to_other(&hop->client, room) || run_set_text(&hop->server, FOLD_OTHER) ||
		    run_set_text(&hop->server_addr, ""))
			return -ENOMEM;
	}
	return 0;
}

static int fold_profiles(struct phase *interval, const struct phase *total, struct room *room)
{
	size_t i, places = 0;

	for (i = 0; i < interval->nr_profiles; i++) {
		struct profile *profile = &interval->profiles[i];
		bool full = !phase_find_profile(total, profile->endpoint) &&
			    room->profiles++ >= FOLD_PROFILES_MAX;

		if (full && part_to_other(&profile->endpoint, room))
			return -ENOMEM;
		if (fold_hops(profile, total, room))
			return -ENOMEM;
		places += profile->nr_places;
		if ((full || places > FOLD_PLACES_MAX) && drop_places(profile, room))
			return -ENOMEM;
	}
	return 0;
}

int fold(struct phase *interval, const struct phase *total, struct folded *folded)
{
	struct room room = { .services = total->nr_services,
			     .edges = total->nr_edges,
			     .profiles = total->nr_profiles,
			     .folded = folded };
	size_t i;

	for (i = 0; i < total->nr_profiles; i++)
		room.hops += total->profiles[i].nr_hops;
	if (shorten_all(interval) || fold_services(interval, total, &room) ||
	    fold_edges(interval, total, &room) || fold_profiles(interval, total, &room))
		return -ENOMEM;
	return 0;
}
