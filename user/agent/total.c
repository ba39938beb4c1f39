// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/agent/total.h"
#include "user/model/metrics.h"
#include "user/model/pool.h"
#include "user/model/profile.h"

void total_free(struct total *total)
{
	phase_free(&total->sum);
	phase_free(&total->last);
	free(total->service_seen_ns);
	free(total->edge_seen_ns);
	free(total->profile_seen_ns);
	*total = (struct total){ 0 };
}

static struct edge *find_edge(const struct phase *phase, const struct edge *like)
{
	size_t i;

	for (i = 0; i < phase->nr_edges; i++) {
		struct edge *at = &phase->edges[i];

		if (pool_same_edge(at, like, POOL_BY_HOST))
			return at;
	}
	return NULL;
}

/*
 * Coverage and hops add up; the places, which would grow with every new path, stay in the interval.
 */
static int add_profiles(struct phase *sum, const struct phase *last)
{
	size_t i;

	for (i = 0; i < last->nr_profiles; i++) {
		struct profile from = last->profiles[i];
		struct profile *to = phase_find_profile(sum, from.endpoint);

		from.nr_places = 0;
		if (!to)
			to = phase_add_profile(sum, from.endpoint);
		if (!to || profile_merge(to, &from))
			return -ENOMEM;
	}
	return 0;
}

static int add_to_sum(struct phase *sum, struct phase *last)
{
	struct phase without = *last;
	int err;

	without.profiles = NULL;
	without.nr_profiles = 0;
	err = pool_add(sum, &without, POOL_BY_HOST);
	return err ? err : add_profiles(sum, last);
}

static int grow(u64 **seen_ns, size_t nr)
{
	u64 *grown = realloc(*seen_ns, (nr + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*seen_ns = grown;
	return 0;
}

/* Every row of the interval is one of the sum by now; an address stays what the row began with. */
static int mark_seen(struct total *total, u64 now_ns)
{
	struct phase *sum = &total->sum, *last = &total->last;
	size_t i;

	if (grow(&total->service_seen_ns, sum->nr_services) ||
	    grow(&total->edge_seen_ns, sum->nr_edges) ||
	    grow(&total->profile_seen_ns, sum->nr_profiles))
		return -ENOMEM;
	for (i = 0; i < last->nr_services; i++)
		total->service_seen_ns[phase_find_service(sum, last->services[i].name,
							  last->services[i].host) -
				       sum->services] = now_ns;
	for (i = 0; i < last->nr_profiles; i++)
		total->profile_seen_ns[phase_find_profile(sum, last->profiles[i].endpoint) -
				       sum->profiles] = now_ns;
	for (i = 0; i < last->nr_edges; i++) {
		const struct edge *edge = find_edge(sum, &last->edges[i]);

		total->edge_seen_ns[edge - sum->edges] = now_ns;
		if (run_set_text(&last->edges[i].server_addr, edge->server_addr))
			return -ENOMEM;
	}
	return 0;
}

/* A service of this name is not there any more: nor is who waited for it told. */
static void drop_label(struct phase *sum, const char *name)
{
	size_t i;

	if (strcmp(name, FOLD_OTHER) == 0)
		return;
	for (i = 0; i < sum->nr_services; i++)
		tally_drop(&sum->services[i].waited_for_ns, name);
}

static void cut(u64 *seen_ns, size_t i, size_t nr_left)
{
	memmove(&seen_ns[i], &seen_ns[i + 1], (nr_left - i) * sizeof(*seen_ns));
}

static void drop_services(struct total *total, u64 since_ns)
{
	struct phase *sum = &total->sum;
	size_t i;

	for (i = sum->nr_services; i-- > 0;) {
		if (total->service_seen_ns[i] >= since_ns)
			continue;
		drop_label(sum, sum->services[i].name);
		phase_drop_service(sum, i);
		cut(total->service_seen_ns, i, sum->nr_services);
		total->dropped_services++;
	}
}

static void drop_edges(struct total *total, u64 since_ns)
{
	size_t i;

	for (i = total->sum.nr_edges; i-- > 0;) {
		if (total->edge_seen_ns[i] >= since_ns)
			continue;
		phase_drop_edge(&total->sum, i);
		cut(total->edge_seen_ns, i, total->sum.nr_edges);
		total->dropped_edges++;
	}
}

static void drop_profiles(struct total *total, u64 since_ns)
{
	size_t i;

	for (i = total->sum.nr_profiles; i-- > 0;) {
		if (total->profile_seen_ns[i] >= since_ns)
			continue;
		phase_drop_profile(&total->sum, i);
		cut(total->profile_seen_ns, i, total->sum.nr_profiles);
		total->dropped_profiles++;
	}
}

static u64 since(u64 now_ns, bool full)
{
	u64 keep_ns = full ? TOTAL_KEEP_FULL_NS : TOTAL_KEEP_NS;

	return now_ns > keep_ns ? now_ns - keep_ns : 0;
}

int total_add(struct total *total, struct phase *interval, u64 now_ns)
{
	struct folded before = total->folded;
	int err;

	phase_free(&total->last);
	err = fold(interval, &total->sum, &total->folded);
	if (!err)
		err = pool_add(&total->last, interval, POOL_BY_HOST);
	phase_free(interval);
	if (!err)
		err = add_to_sum(&total->sum, &total->last);
	if (!err)
		err = mark_seen(total, now_ns);
	if (err)
		return err;
	drop_services(total, since(now_ns, total->folded.services != before.services));
	drop_edges(total, since(now_ns, total->folded.edges != before.edges));
	drop_profiles(total, since(now_ns, false));
	total->intervals++;
	return 0;
}
