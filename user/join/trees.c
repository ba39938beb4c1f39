// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/join/trees.h"
#include "user/model/profile.h"

#define ENTRY	  "(remote) -> " /* what tracer.c calls requests from outside, the server behind */
#define PATH_ROOM (1 << 20)
#define TAIL	  "tail_not_joined"

enum tree_state { TREE_NEW, TREE_BUSY, TREE_DONE };

struct forest {
	struct source *sources;
	size_t nr;
	double margin;
	const struct halves *halves;
	struct join_report *report;
	enum tree_state **state; /* of each profile of each source */
};

/* What a place has in all, over all its slices. */
static struct slice sum_up(const struct place *place)
{
	struct slice sum = { 0 };
	size_t i;

	for (i = 0; i < place->nr_slices; i++)
		slice_add(&sum, &place->slices[i]);
	return sum;
}

/* @value * @part / @whole */
static u64 scale(u64 value, u64 part, u64 whole)
{
	return whole ? (u64)((unsigned __int128)value * part / whole) : 0;
}

static const char *last_name(const char *path)
{
	const char *brk = strrchr(path, PATH_BREAK);

	return brk ? brk + 1 : path;
}

/* Whether @name is what stands before the last name of @path, or in the endpoint's name. */
static bool is_caller(const char *name, const struct profile *profile, const char *path)
{
	const char *last = last_name(path), *from = path, *at;
	size_t len = strlen(name);

	if (last == path)
		return strncmp(profile->endpoint, name, len) == 0 &&
		       strncmp(profile->endpoint + len, " -> ", 4) == 0;
	for (at = path; at < last - 1; at++) {
		if (*at == PATH_BREAK)
			from = at + 1;
	}
	return (size_t)(last - 1 - from) == len && strncmp(from, name, len) == 0;
}

/*
 * The group that the calls of place @path belong to, HALF_NONE without one. The load's endpoints do
 * not name their client: then all that called this address must be of one group.
 */
static size_t group_of(const struct forest *f, size_t source, const struct profile *profile,
		       const char *path)
{
	const struct halves *h = f->halves;
	const char *addr = last_name(path);
	bool nameless = addr == path && !strstr(profile->endpoint, " -> ");
	size_t i, found = HALF_NONE;
	bool any = false;

	for (i = 0; i < h->nr_clients; i++) {
		const struct half *half = &h->clients[i];

		if (half->source != source || strcmp(half->edge->server_addr, addr) != 0)
			continue;
		if (!nameless && is_caller(half->edge->client, profile, path))
			return half->group;
		if (nameless && any && half->group != found)
			return HALF_NONE;
		if (nameless)
			found = half->group;
		any = true;
	}
	return found;
}

/* Whether (nearly) all that came to @server from outside is in joined edges. */
static bool is_all_joined(const struct forest *f, const struct half *server)
{
	const struct halves *h = f->halves;
	u64 joined = 0, all = 0;
	size_t i;

	for (i = 0; i < h->nr_servers; i++) {
		const struct half *half = &h->servers[i];

		if (half->source != server->source ||
		    strcmp(half->edge->server, server->edge->server) != 0)
			continue;
		all += half->edge->responses;
		joined += half->group != HALF_NONE ? half->edge->responses : 0;
	}
	return halves_agree(all, joined, f->margin);
}

static struct profile *entry_of(const struct forest *f, const struct half *server, size_t *index)
{
	struct phase *phase = &f->sources[server->source].pooled;
	size_t i;

	for (i = 0; i < phase->nr_profiles; i++) {
		const char *endpoint = phase->profiles[i].endpoint;

		if (strncmp(endpoint, ENTRY, strlen(ENTRY)) == 0 &&
		    strcmp(endpoint + strlen(ENTRY), server->edge->server) == 0) {
			*index = i;
			return &phase->profiles[i];
		}
	}
	return NULL;
}

/* A tree in the mean: how many requests, and what they took in all. */
struct whole {
	u64 requests, ns;
};

static struct whole whole_of(const struct profile *profile)
{
	struct whole whole = { 0 };
	enum component c;
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		const struct slice sum = sum_up(&profile->places[i]);

		if (profile->places[i].scope == PLACE_TAIL)
			continue;
		if (!*profile->places[i].path) {
			whole.requests += sum.calls;
			continue;
		}
		for (c = 0; c < COMPONENT_NR; c++)
			whole.ns += c == COMPONENT_downstream ? 0 : sum.ns[c];
	}
	return whole;
}

static int add_slice(struct profile *profile, const char *path, const struct slice *add)
{
	struct place *place = profile_place_of(profile, path, PLACE_MEAN);
	struct slice *slice = place ? place_slice(place, add->bucket) : NULL;

	if (!slice)
		return -ENOMEM;
	slice_add(slice, add);
	return 0;
}

/* The place @add, below the caller of @stump. */
static int add_below(struct profile *profile, const char *stump, const char *path,
		     const struct slice *add)
{
	struct buf full = buf_init(PATH_ROOM);
	int err;

	buf_add(&full, stump, (size_t)(last_name(stump) - stump));
	err = buf_puts(&full, path) ? -ENOMEM : add_slice(profile, full.data, add);
	buf_free(&full);
	return err;
}

/* A call whose other end is known. */
struct graft {
	struct slice call; /* all of the place's; what goes to the places below leaves network */
	u64 server_ns, server_sum_ns; /* the server's part of its time, and of its full time */
	struct whole whole;
	const char *stump; /* path */
};

static struct slice scaled(const struct graft *g, const struct slice *from)
{
	struct slice to = { .calls = scale(from->calls, g->call.calls, g->whole.requests) };
	enum component c;

	for (c = 0; c < COMPONENT_NR; c++) {
		to.ns[c] = scale(from->ns[c], g->server_ns, g->whole.ns);
		to.sum_ns[c] = scale(from->sum_ns[c], g->server_sum_ns, g->whole.ns);
	}
	return to;
}

/* Adds what the server has of its requests, and what is left of the call as network. */
static int hang(struct profile *profile, struct graft *g, const struct profile *entry,
		const char *server)
{
	enum component c;
	size_t i;
	int err = 0;

	g->call.sum_ns[COMPONENT_network] -= g->server_sum_ns;
	for (i = 0; i < entry->nr_places && !err; i++) {
		const struct place *place = &entry->places[i];
		const struct slice sum = sum_up(place);
		struct slice part;

		if (place->scope == PLACE_TAIL || !*place->path)
			continue;
		part = scaled(g, &sum);
		if (strcmp(place->path, server) == 0)
			part.calls = 0; /* the call's own count */
		for (c = 0; c < COMPONENT_NR; c++)
			g->call.ns[COMPONENT_network] -= c == COMPONENT_downstream ? 0 : part.ns[c];
		err = add_below(profile, g->stump, place->path, &part);
	}
	return err ? err : add_below(profile, g->stump, server, &g->call);
}

/* @part is 0..1. */
static u64 share(u64 value, double part)
{
	double shared = (double)value * part + 0.5;

	return shared < (double)value ? (u64)shared : value;
}

/* A request has a reason once, however many of its calls bring it in. */
static int add_reason(struct profile *profile, const char *reason, double part)
{
	u64 nr = share(profile->total, part), said = tally_get(&profile->reasons, reason);
	u64 room = profile->total > said ? profile->total - said : 0;

	return tally_add(&profile->reasons, reason, nr < room ? nr : room);
}

/*
 * @part of the requests make calls that are continued by @entry's trees: their tree is whole where
 * @entry's is. What the two have to do with each other is not known, so the shares multiply.
 */
static int cover(struct profile *profile, const struct profile *entry, double part)
{
	const double total = (double)entry->total;
	char reason[128];
	size_t i;

	if (add_reason(profile, TAIL, part))
		return -ENOMEM;
	if (!entry->total)
		return 0;
	profile->complete =
		share(profile->complete, 1 - part * (1 - (double)entry->complete / total));
	for (i = 0; i < entry->reasons.nr; i++) {
		const struct tally_item *item = &entry->reasons.item[i];
		bool said = strncmp(item->label, "remote_", 7) == 0;

		if (strcmp(item->label, TAIL) == 0)
			continue;
		snprintf(reason, sizeof(reason), "%s%s", said ? "" : "remote_", item->label);
		if (add_reason(profile, reason, part * (double)item->count / total))
			return -ENOMEM;
	}
	return 0;
}

static u64 requests_of(const struct profile *profile)
{
	u64 requests = 0;
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		if (!*profile->places[i].path)
			requests += sum_up(&profile->places[i]).calls;
	}
	return requests;
}

static double part_with_calls(const struct profile *profile, u64 calls)
{
	u64 requests = requests_of(profile);

	return calls < requests ? (double)calls / (double)requests : 1;
}

/* Splits the call's time into the network's and the server's. False when that cannot be. */
static bool split(struct graft *g, double network_ns)
{
	const u64 full_ns = g->call.sum_ns[COMPONENT_network];
	double part = network_ns * (double)g->call.calls / (double)full_ns;

	if (!full_ns || !(part <= 1) || !g->whole.ns)
		return false;
	g->server_sum_ns = full_ns - share(full_ns, part);
	g->server_ns = g->call.ns[COMPONENT_network] - share(g->call.ns[COMPONENT_network], part);
	return true;
}

static int join_tree(struct forest *f, size_t source, size_t index);

static int leave(struct forest *f, enum join_stump why)
{
	f->report->stumps[why]++;
	return 0;
}

/* Continues the calls of the place @at, which went to @group's server. */
static int join_place(struct forest *f, struct profile *profile, size_t at,
		      const struct group *group)
{
	const struct half *server = &f->halves->servers[group->server];
	struct place *place = &profile->places[at];
	struct graft g = { .call = sum_up(place), .stump = place->path };
	struct profile *entry;
	size_t index;
	int err;

	entry = entry_of(f, server, &index);
	if (!entry)
		return leave(f, STUMP_NO_SPANS);
	if (!is_all_joined(f, server))
		return leave(f, STUMP_MIXED);
	if (f->state[server->source][index] == TREE_BUSY)
		return leave(f, STUMP_CYCLE);
	err = join_tree(f, server->source, index);
	if (err)
		return err;
	g.whole = whole_of(entry);
	if (!g.whole.requests)
		return leave(f, STUMP_NO_SPANS);
	if (!split(&g, group->network_ns))
		return leave(f, STUMP_NO_NETWORK);
	if (place->scope == PLACE_ANY)
		place->scope = PLACE_TAIL;
	else
		place->nr_slices = 0;
	f->report->calls++;
	err = hang(profile, &g, entry, server->edge->server);
	return err ? err : cover(profile, entry, part_with_calls(profile, g.call.calls));
}

/* Continues all calls of one profile; those that it calls come first. */
static int join_tree(struct forest *f, size_t source, size_t index)
{
	struct profile *profile = &f->sources[source].pooled.profiles[index];
	const size_t nr = profile->nr_places; /* not those that are added */
	enum tree_state *state = &f->state[source][index];
	size_t i, group;
	int err = 0;

	if (*state != TREE_NEW)
		return 0;
	*state = TREE_BUSY;
	for (i = 0; i < nr && !err; i++) {
		const struct place *place = &profile->places[i];

		if (!*place->path || place->scope == PLACE_TAIL || !place->nr_slices)
			continue;
		group = group_of(f, source, profile, place->path);
		if (group != HALF_NONE)
			err = join_place(f, profile, i, &f->halves->groups[group]);
	}
	*state = TREE_DONE;
	return err;
}

static int join_all(struct forest *f)
{
	size_t i, k;
	int err = 0;

	for (i = 0; i < f->nr; i++) {
		f->state[i] = calloc(f->sources[i].pooled.nr_profiles + 1, sizeof(**f->state));
		if (!f->state[i])
			return -ENOMEM;
	}
	for (i = 0; i < f->nr && !err; i++) {
		for (k = 0; k < f->sources[i].pooled.nr_profiles && !err; k++)
			err = join_tree(f, i, k);
	}
	return err;
}

int trees_join(struct source *sources, size_t nr, double margin, const struct halves *halves,
	       struct join_report *report)
{
	struct forest f = { sources, nr, margin, halves, report, calloc(nr, sizeof(*f.state)) };
	int err = f.state ? join_all(&f) : -ENOMEM;
	size_t i;

	for (i = 0; f.state && i < nr; i++)
		free(f.state[i]);
	free(f.state);
	return err;
}
