// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/show/cell.h"
#include "user/show/parts.h"

static int by_responses(const void *left, const void *right)
{
	const struct edge *l = *(const struct edge *const *)left;
	const struct edge *r = *(const struct edge *const *)right;
	int order = part_descending(l->responses, r->responses);

	if (!order)
		order = strcmp(l->client, r->client);
	return order ? order : strcmp(l->server, r->server);
}

static void cells_of_ends(struct table *table, const struct phase *phase, const struct edge *edge)
{
	char client[256], server[256];

	part_place(phase, edge->client, edge->client_host, client, sizeof(client));
	part_place(phase, edge->server, edge->server_host, server, sizeof(server));
	table_text(table, client);
	table_printf(table, "> %s", server);
}

static void edge_times(struct table *table, const struct edge *edge)
{
	cell_count(table, (double)edge->responses);
	cell_quantile(table, &edge->response_ns, 0.5);
	cell_quantile(table, &edge->response_ns, 0.99);
	cell_quantile(table, &edge->service_ns, 0.5);
	cell_quantile(table, &edge->service_ns, 0.99);
	cell_mean(table, &edge->network_ns);
	cell_quantile(table, &edge->rtt_ns, 0.5);
}

static void edge_connections(struct table *table, const struct edge *edge)
{
	cell_count(table, (double)edge->connections);
	cell_quantile(table, &edge->connect_ns, 0.5);
	cell_quantile(table, &edge->connect_ns, 0.99);
	cell_bad_count(table, edge->retransmits);
	cell_bad_count(table, edge->resets);
	cell_bytes(table, (double)edge->bytes_tx);
	cell_bytes(table, (double)edge->bytes_rx);
}

static int print_edge_table(const struct phase *phase, const struct edge **list,
			    const struct table_column *columns, size_t nr_columns,
			    void (*cells)(struct table *, const struct edge *), FILE *out)
{
	struct table table = table_init(columns, nr_columns);
	size_t i;

	for (i = 0; i < part_shown(phase->nr_edges); i++) {
		cells_of_ends(&table, phase, list[i]);
		cells(&table, list[i]);
	}
	return part_end(&table, phase->nr_edges - part_shown(phase->nr_edges), out);
}

/* Two tables, since all of it does not fit into 80 columns: the requests, then the connections. */
int part_edges(const struct phase *phase, FILE *out)
{
	static const struct table_column times[] = {
		{ NULL, "client", TABLE_LEFT, true },
		{ NULL, "> server", TABLE_LEFT, true },
		{ NULL, "responses", TABLE_RIGHT, false },
		{ "response", "p50", TABLE_RIGHT, false },
		{ "response", "p99", TABLE_RIGHT, false },
		{ "server", "p50", TABLE_RIGHT, false },
		{ "server", "p99", TABLE_RIGHT, false },
		{ "network", "mean", TABLE_RIGHT, false },
		{ "rtt", "p50", TABLE_RIGHT, false },
	};
	static const struct table_column connections[] = {
		{ NULL, "client", TABLE_LEFT, true },	  { NULL, "> server", TABLE_LEFT, true },
		{ NULL, "conns", TABLE_RIGHT, false },	  { "connect", "p50", TABLE_RIGHT, false },
		{ "connect", "p99", TABLE_RIGHT, false }, { NULL, "retrans", TABLE_RIGHT, false },
		{ NULL, "resets", TABLE_RIGHT, false },	  { NULL, "tx", TABLE_RIGHT, false },
		{ NULL, "rx", TABLE_RIGHT, false },
	};
	const struct edge **list;
	int err;

	list = (const struct edge **)part_sorted(phase->edges, phase->nr_edges,
						 sizeof(*phase->edges), by_responses);
	if (!list)
		return -ENOMEM;
	err = print_edge_table(phase, list, times, ARRAY_SIZE(times), edge_times, out);
	if (!err)
		err = print_edge_table(phase, list, connections, ARRAY_SIZE(connections),
				       edge_connections, out);
	free(list);
	return err;
}
