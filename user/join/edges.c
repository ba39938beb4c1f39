// SPDX-License-Identifier: GPL-2.0-only
/* Edges of which both halves are known. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "user/join/halves.h"
#include "user/model/metrics.h"

static struct hist mean_only(u64 count, double mean_ns)
{
	double sum_ns = mean_ns * (double)count + 0.5;

	return (struct hist){
		.count = count,
		.sum_ns = sum_ns < 0x1p64 ? (u64)sum_ns : UINT64_MAX,
		.min_ns = HIST_UNKNOWN,
	};
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

/*
 * What the server's kernel alone knows. A reset is seen at both ends, a segment is sent again by
 * one. Of several clients the first one takes what cannot be told apart.
 */
static int add_server(struct edge *edge, const struct group *group, const struct edge *server,
		      bool first)
{
	if (first)
		edge->retransmits += server->retransmits;
	if (isfinite(group->network_ns))
		edge->network_ns = mean_only(edge->response_ns.count, group->network_ns);
	if (group->nr_clients > 1) {
		edge->service_ns = mean_only(edge->response_ns.count,
					     hist_mean(&edge->response_ns) - group->network_ns);
		return 0;
	}
	/* The server knows its connections from the first moment on. */
	edge->open = server->open;
	edge->resets = larger(edge->resets, server->resets);
	return hist_merge(&edge->service_ns, &server->service_ns);
}

static struct edge *add_like(struct phase *phase, const struct edge *from, const char *server,
			     const char *server_host)
{
	struct edge *edge = phase_add_edge(phase, from->client, server, from->server_addr,
					   from->client_host, server_host);

	return edge && !metrics_add(ENTITY_EDGE, edge, from) ? edge : NULL;
}

/* The half of @list that @edge is, NULL when it is none. */
static const struct half *half_of(const struct half *list, size_t nr, const struct edge *edge)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (list[i].edge == edge)
			return &list[i];
	}
	return NULL;
}

static int add_edge(const struct halves *h, const struct edge *from, bool *begun,
		    struct phase *phase)
{
	const struct half *client = half_of(h->clients, h->nr_clients, from);
	const struct half *server = half_of(h->servers, h->nr_servers, from);
	const struct group *group;
	struct edge *edge;
	bool first;

	if (server && server->group != HALF_NONE)
		return 0; /* it is in its clients' edges */
	if (!client || client->group == HALF_NONE)
		return add_like(phase, from, from->server, from->server_host) ? 0 : -ENOMEM;
	group = &h->groups[client->group];
	server = &h->servers[group->server];
	edge = add_like(phase, from, server->edge->server, server->edge->server_host);
	first = !begun[client->group];
	begun[client->group] = true;
	return edge ? add_server(edge, group, server->edge, first) : -ENOMEM;
}

int halves_add_edges(const struct halves *halves, const struct source *sources, size_t nr,
		     struct phase *phase)
{
	bool *begun = calloc(halves->nr_groups + 1, sizeof(*begun));
	int err = begun ? 0 : -ENOMEM;
	size_t i, k;

	for (i = 0; i < nr; i++) {
		const struct phase *pooled = &sources[i].pooled;

		for (k = 0; k < pooled->nr_edges && !err; k++)
			err = add_edge(halves, &pooled->edges[k], begun, phase);
	}
	free(begun);
	return err;
}
