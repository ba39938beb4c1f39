// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/join/halves.h"

#define REMOTE "(remote)" /* what tracer.c calls a client that is not on its kernel */

/* A call of a kept trace to a server that is not on its client's kernel. */
struct seen_call {
	u64 isn;
	size_t client; /* index of the half */
};

struct search {
	const struct source *sources;
	size_t nr;
	double margin;
	struct halves *halves;
	struct join_report *report;
	struct seen_call *calls; /* by isn once they are sorted */
	size_t nr_calls;
};

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool halves_agree(u64 a, u64 b, double margin)
{
	u64 more = a > b ? a : b, less = a > b ? b : a;

	return less && (double)(more - less) <= 1 + margin * (double)more;
}

/* A client's half: its server is not a service of some host but the address that was dialled. */
static bool is_client_half(const struct edge *e)
{
	return *e->client_host && !*e->server_host && same(e->server, e->server_addr);
}

static bool is_server_half(const struct edge *e)
{
	return !*e->client_host && *e->server_host;
}

static size_t count_edges(const struct source *sources, size_t nr)
{
	size_t i, sum = 0;

	for (i = 0; i < nr; i++)
		sum += sources[i].pooled.nr_edges;
	return sum;
}

/* The first half of a server: from whatever client. */
static size_t find_server(const struct halves *h, size_t source, const char *server,
			  const char *addr)
{
	size_t i;

	for (i = 0; i < h->nr_servers; i++) {
		if (h->servers[i].source == source && same(h->servers[i].edge->server, server) &&
		    same(h->servers[i].edge->server_addr, addr))
			return i;
	}
	return HALF_NONE;
}

static int collect(struct search *s)
{
	size_t i, k, room = count_edges(s->sources, s->nr) + 1;
	struct halves *h = s->halves;

	h->clients = calloc(room, sizeof(*h->clients));
	h->servers = calloc(room, sizeof(*h->servers));
	h->groups = calloc(room, sizeof(*h->groups));
	if (!h->clients || !h->servers || !h->groups)
		return -ENOMEM;
	h->nr_clients = h->nr_servers = h->nr_groups = 0;
	for (i = 0; i < s->nr; i++) {
		for (k = 0; k < s->sources[i].pooled.nr_edges; k++) {
			const struct edge *edge = &s->sources[i].pooled.edges[k];
			const struct half half = { i, edge, HALF_NONE, HALF_NONE, false, false };

			if (is_client_half(edge))
				h->clients[h->nr_clients++] = half;
			else if (is_server_half(edge))
				h->servers[h->nr_servers++] = half;
		}
	}
	for (i = 0; i < h->nr_servers; i++)
		h->servers[i].target =
			find_server(h, h->servers[i].source, h->servers[i].edge->server,
				    h->servers[i].edge->server_addr);
	return 0;
}

static size_t find_client(const struct halves *h, size_t source, const char *client,
			  const char *addr)
{
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		if (h->clients[i].source == source && same(h->clients[i].edge->client, client) &&
		    same(h->clients[i].edge->server_addr, addr))
			return i;
	}
	return HALF_NONE;
}

static u64 isn_of(const struct kept_span *span)
{
	return (u64)span->client_isn << 32 | span->server_isn;
}

/* Calls @each for every span of the kept traces that count. 0 or its first other value. */
static int each_span(struct search *s,
		     int (*each)(struct search *, size_t source, const struct kept_span *))
{
	size_t r, p, t, k;
	int err = 0;

	for (r = 0; r < s->nr; r++) {
		const struct run *run = s->sources[r].run;

		for (p = 0; p < run->nr_phases && !err; p++) {
			const struct phase *phase = &run->phases[p];

			for (t = 0; t < phase->nr_traces && phase_counts(phase); t++) {
				const struct kept_trace *trace = &phase->traces[t];

				for (k = 0; k < trace->nr_spans && !err; k++)
					err = each(s, r, &trace->spans[k]);
			}
		}
	}
	return err;
}

static int note_call(struct search *s, size_t source, const struct kept_span *span)
{
	size_t nr = s->nr_calls, client;
	struct seen_call *grown;

	if (!isn_of(span) || !*span->server_addr || !same(span->server, span->server_addr))
		return 0;
	client = find_client(s->halves, source, span->client, span->server_addr);
	if (client == HALF_NONE)
		return 0;
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(s->calls, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->calls = grown;
	}
	s->calls[s->nr_calls++] = (struct seen_call){ isn_of(span), client };
	return 0;
}

static int by_isn(const void *left, const void *right)
{
	const struct seen_call *l = left, *r = right;

	return l->isn == r->isn ? 0 : l->isn < r->isn ? -1 : 1;
}

static size_t first_call(const struct search *s, u64 isn)
{
	size_t low = 0, high = s->nr_calls;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->calls[middle].isn < isn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void lead_to(struct half *client, size_t target)
{
	if (client->target != HALF_NONE && client->target != target)
		client->several = true;
	client->target = target;
}

/* The server's end of calls that were seen at their client's. */
static int prove(struct search *s, size_t source, const struct kept_span *span)
{
	size_t i, target;

	if (span->parent != KEPT_ROOT || !same(span->client, REMOTE) || !isn_of(span))
		return 0;
	target = find_server(s->halves, source, span->server, span->server_addr);
	if (target == HALF_NONE)
		return 0;
	for (i = first_call(s, isn_of(span)); i < s->nr_calls && s->calls[i].isn == isn_of(span);
	     i++) {
		struct half *client = &s->halves->clients[s->calls[i].client];

		if (client->source == source)
			continue;
		lead_to(client, target);
		client->by_isn = true;
	}
	return 0;
}

/* Loopback and "any": such an address names another host on each of them. */
static bool is_of_its_host(const char *addr)
{
	return strncmp(addr, "127.", 4) == 0 || strncmp(addr, "[::1]", 5) == 0 ||
	       strncmp(addr, "0.0.0.0:", 8) == 0 || strncmp(addr, "[::]:", 5) == 0;
}

static void lead_by_address(struct halves *h, struct half *client)
{
	size_t i;

	if (client->by_isn || is_of_its_host(client->edge->server_addr))
		return;
	for (i = 0; i < h->nr_servers; i++) {
		const struct half *server = &h->servers[i];

		if (server->source != client->source &&
		    same(server->edge->server_addr, client->edge->server_addr))
			lead_to(client, server->target);
	}
}

/* Of the halves of one server that are free, the only one, or the only one with @want responses. */
static size_t pick_server(const struct search *s, size_t target, u64 want, enum join_left *why)
{
	const struct halves *h = s->halves;
	size_t i, nr = 0, nr_agree = 0, agrees = HALF_NONE;

	/* The target is the first of them. */
	for (i = target; i < h->nr_servers; i++) {
		const struct half *half = &h->servers[i];

		if (half->group != HALF_NONE || half->target != target)
			continue;
		nr++;
		if (halves_agree(half->edge->responses, want, s->margin)) {
			agrees = i;
			nr_agree++;
		}
	}
	*why = nr_agree > 1 || nr == 0 ? JOIN_SEVERAL : JOIN_DIFFER;
	return nr_agree == 1 ? agrees : HALF_NONE;
}

static bool is_member(const struct half *client, size_t source, size_t target)
{
	return client->source == source && client->target == target && !client->several;
}

/* What all clients of the group have in common: NAN without both sides, or below zero. */
static double network_of(const struct search *s, size_t source, size_t target,
			 const struct hist *service)
{
	const struct halves *h = s->halves;
	double sum_ns = 0, count = 0, mean_ns;
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		if (!is_member(&h->clients[i], source, target))
			continue;
		sum_ns += (double)h->clients[i].edge->response_ns.sum_ns;
		count += (double)h->clients[i].edge->response_ns.count;
	}
	mean_ns = sum_ns / count - hist_mean(service);
	return count > 0 && service->count && mean_ns >= 0 ? mean_ns : NAN;
}

/* Whether each of the clients that share a server's half waited at least for the network. */
static bool can_share(const struct search *s, size_t source, size_t target, double network_ns)
{
	const struct halves *h = s->halves;
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		if (is_member(&h->clients[i], source, target) &&
		    !(hist_mean(&h->clients[i].edge->response_ns) >= network_ns))
			return false;
	}
	return true;
}

static int note_left(struct search *s, const struct half *client, enum join_left why, u64 sent,
		     u64 served)
{
	const struct edge *e = client->edge;
	struct buf *notes = &s->report->notes;

	buf_printf(notes, "%s (%s) -> %s: ", e->client, e->client_host, e->server_addr);
	if (why == JOIN_DIFFER)
		buf_printf(notes, "%llu responses at its host, %llu at the server's\n",
			   (unsigned long long)sent, (unsigned long long)served);
	else if (why == JOIN_SEVERAL)
		buf_puts(notes, "several halves come into question\n");
	else
		buf_puts(notes, "shares the server's half with clients that are faster than the "
				"network\n");
	/* Of more than there is room for, the counts tell. */
	return notes->failed == -ENOMEM ? -ENOMEM : 0;
}

static int leave_all(struct search *s, size_t source, size_t target, enum join_left why, u64 want)
{
	struct halves *h = s->halves;
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		if (!is_member(&h->clients[i], source, target))
			continue;
		s->report->clients_left[why]++;
		if (note_left(s, &h->clients[i], why, want, h->servers[target].edge->responses))
			return -ENOMEM;
	}
	return 0;
}

static void make_group(struct search *s, size_t source, size_t target, struct group group)
{
	struct halves *h = s->halves;
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		struct half *client = &h->clients[i];

		if (!is_member(client, source, target))
			continue;
		client->group = h->nr_groups;
		if (client->by_isn)
			s->report->by_isn++;
		else
			s->report->by_address++;
		s->report->shared += group.nr_clients > 1;
	}
	h->servers[group.server].group = h->nr_groups;
	h->groups[h->nr_groups++] = group;
}

/* All clients of one source that lead to one server. */
static int try_group(struct search *s, size_t source, size_t target)
{
	struct halves *h = s->halves;
	struct group group = { 0 };
	enum join_left why;
	u64 want = 0;
	size_t i;

	for (i = 0; i < h->nr_clients; i++) {
		if (is_member(&h->clients[i], source, target)) {
			want += h->clients[i].edge->responses;
			group.nr_clients++;
		}
	}
	group.server = pick_server(s, target, want, &why);
	if (group.server == HALF_NONE)
		return leave_all(s, source, target, why, want);
	group.network_ns =
		network_of(s, source, target, &h->servers[group.server].edge->service_ns);
	if (group.nr_clients > 1 && !can_share(s, source, target, group.network_ns))
		return leave_all(s, source, target, JOIN_TOO_FAST, want);
	make_group(s, source, target, group);
	return 0;
}

/* True of the first of the clients that are tried together. */
static bool is_first(const struct halves *h, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++) {
		if (is_member(&h->clients[i], h->clients[at].source, h->clients[at].target))
			return false;
	}
	return true;
}

static int group_all(struct search *s)
{
	struct halves *h = s->halves;
	size_t i;
	int err = 0;

	for (i = 0; i < h->nr_clients && !err; i++) {
		const struct half *client = &h->clients[i];

		if (client->target == HALF_NONE) {
			s->report->clients_left[JOIN_NO_PARTNER]++;
		} else if (client->several) {
			s->report->clients_left[JOIN_SEVERAL]++;
			err = note_left(s, client, JOIN_SEVERAL, 0, 0);
		} else if (is_first(h, i)) {
			err = try_group(s, client->source, client->target);
		}
	}
	for (i = 0; i < h->nr_servers; i++)
		s->report->servers_left += h->servers[i].group == HALF_NONE;
	return err ? -ENOMEM : 0;
}

int halves_find(const struct source *sources, size_t nr, double margin, struct halves *halves,
		struct join_report *report)
{
	struct search s = { sources, nr, margin, halves, report, NULL, 0 };
	int err = collect(&s);
	size_t i;

	if (!err)
		err = each_span(&s, note_call);
	if (s.nr_calls)
		qsort(s.calls, s.nr_calls, sizeof(*s.calls), by_isn);
	if (!err)
		err = each_span(&s, prove);
	for (i = 0; !err && i < halves->nr_clients; i++)
		lead_by_address(halves, &halves->clients[i]);
	if (!err)
		err = group_all(&s);
	free(s.calls);
	return err;
}

void halves_free(struct halves *halves)
{
	free(halves->clients);
	free(halves->servers);
	free(halves->groups);
	*halves = (struct halves){ 0 };
}
