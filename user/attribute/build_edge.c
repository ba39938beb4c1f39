// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/address.h"
#include "user/attribute/build_parts.h"
#include "user/attribute/delta.h"
#include "user/attribute/owner.h"

static const struct edge_row *edge_before(const struct build *b, u32 index)
{
	const struct edge_sample *edge = &b->after->edges[index];
	s64 client = owner_before(b->before, b->after, edge->client),
	    server = owner_before(b->before, b->after, edge->server);
	const struct edge_key *key = &edge->row.key;
	u32 i;

	for (i = 0; i < b->before->nr_edges; i++) {
		const struct edge_sample *was =
			&b->before->edges[(index + i) % b->before->nr_edges];

		if (was->client == client && was->server == server &&
		    was->row.generation == edge->row.generation && was->row.key.port == key->port &&
		    memcmp(&was->row.key.server, &key->server, sizeof(key->server)) == 0 &&
		    memcmp(&was->row.key.peer, &key->peer, sizeof(key->peer)) == 0)
			return &was->row;
	}
	return NULL;
}

/* Copies what an end of @key's edge is called; the other end's address where it is not here. */
static char *end_name(const struct build *b, u32 slot, const struct addr *addr, u32 port,
		      char **host)
{
	const char *at = "", *name;
	char text[ADDRESS_TEXT];

	if (slot == SLOT_REMOTE)
		name = address_text(text, sizeof(text), addr, port);
	else
		name = owner_name(b->after, b->names, slot, &at);
	*host = strdup(at);
	return strdup(name);
}

static struct edge *edge_of(const struct build *b, const struct edge_sample *sample)
{
	char *client, *server, *client_host = NULL, *server_host = NULL, addr[ADDRESS_TEXT];
	const struct edge_key *key = &sample->row.key;
	struct edge *edge = NULL;

	address_text(addr, sizeof(addr), &key->server, key->port);
	client = end_name(b, sample->client, &key->peer, 0, &client_host);
	server = end_name(b, sample->server, &key->server, key->port, &server_host);
	if (client && server && client_host && server_host) {
		edge = phase_find_edge(b->phase, client, server, addr);
		if (!edge)
			edge = phase_add_edge(b->phase, client, server, addr, client_host,
					      server_host);
	}
	free(client);
	free(server);
	free(client_host);
	free(server_host);
	return edge;
}

static int add_edge_hists(struct edge *edge, const struct edge_row *now, const struct edge_row *was)
{
	int err;

	err = delta_hist_coarse(&edge->connect_ns, now->connect, was->connect, now->connect_sum_ns,
				was->connect_sum_ns);
	if (!err)
		err = delta_hist_kernel(&edge->response_ns, now->response, was->response,
					now->response_sum_ns, was->response_sum_ns);
	if (!err)
		err = delta_hist_kernel(&edge->service_ns, now->service, was->service,
					now->service_sum_ns, was->service_sum_ns);
	if (!err)
		err = delta_hist_coarse(&edge->rtt_ns, now->rtt, was->rtt, now->rtt_sum_ns,
					was->rtt_sum_ns);
	return err;
}

static int add_to_service(const struct build *b, u32 owner, u64 tx, u64 rx)
{
	struct service *service;

	if (owner == SLOT_REMOTE)
		return 0;
	service = build_service(b, owner);
	if (!service)
		return -ENOMEM;
	service->net_tx_bytes += tx;
	service->net_rx_bytes += rx;
	return 0;
}

/*
 * Turns so far: the client's where its end is on this kernel, else the server's. Each is in its
 * histogram, unless its stamps were of no use.
 */
static u64 responses_of(const struct edge_row *row)
{
	const u64 *turns = row->key.client_slot == SLOT_REMOTE ? row->service : row->response;
	u64 sum = row->untimed;
	unsigned int i;

	for (i = 0; i < HIST_KERNEL_NR; i++)
		sum += turns[i];
	return sum;
}

static bool edge_moved(const struct edge_row *now, const struct edge_row *was)
{
	return now->connections != was->connections || now->untimed != was->untimed ||
	       now->response_sum_ns != was->response_sum_ns ||
	       now->retransmits != was->retransmits || now->resets != was->resets ||
	       now->bytes_tx != was->bytes_tx || now->bytes_rx != was->bytes_rx ||
	       now->service_sum_ns != was->service_sum_ns || now->open;
}

int build_edge(const struct build *b, u32 index)
{
	static const struct edge_row none;
	const struct edge_sample *sample = &b->after->edges[index];
	const struct edge_row *now = &sample->row, *was = edge_before(b, index);
	struct edge *edge;
	u64 tx, rx;

	if (!was)
		was = &none;
	if (!edge_moved(now, was))
		return 0;
	edge = edge_of(b, sample);
	if (!edge)
		return -ENOMEM;
	tx = delta_u64(now->bytes_tx, was->bytes_tx);
	rx = delta_u64(now->bytes_rx, was->bytes_rx);
	edge->connections += delta_u64(now->connections, was->connections);
	edge->open += now->open;
	edge->responses += delta_u64(responses_of(now), responses_of(was));
	edge->retransmits += delta_u64(now->retransmits, was->retransmits);
	edge->resets += delta_u64(now->resets, was->resets);
	edge->bytes_tx += tx;
	edge->bytes_rx += rx;
	/* The edge's bytes are seen from its client. */
	if (add_edge_hists(edge, now, was) || add_to_service(b, sample->client, tx, rx))
		return -ENOMEM;
	return add_to_service(b, sample->server, rx, tx);
}

void build_network(struct edge *edge)
{
	const struct hist *response = &edge->response_ns, *service = &edge->service_ns;
	struct hist *network = &edge->network_ns;
	u64 more = response->count > service->count ? response->count : service->count,
	    less = response->count + service->count - more;
	double mean_ns = hist_mean(response) - hist_mean(service);

	if (!less || (double)(more - less) > 1 + 0.01 * (double)more || mean_ns < 0)
		return;
	network->count = response->count;
	network->sum_ns = (u64)(mean_ns * (double)response->count);
	network->min_ns = HIST_UNKNOWN;
}
