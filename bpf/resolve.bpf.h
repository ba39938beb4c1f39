/* SPDX-License-Identifier: GPL-2.0-only */
/* Which row a connection counts in, once both its ends had the time to say who they are. */
#ifndef SITU_BPF_RESOLVE_BPF_H
#define SITU_BPF_RESOLVE_BPF_H

#include "bpf/account.bpf.h"
#include "bpf/join.bpf.h"

/* The client's row: by now the server has said who it is, if it is on this kernel at all. */
static __noinline void client_resolve(struct sock *sk, struct conn *conn)
{
	struct edge_key key = {};
	struct addr local = {};
	struct isn_pair isn = conn->isn;
	struct join *join = bpf_map_lookup_elem(&edge_joins, &isn);
	struct edge_row *row;

	key.client_slot = conn->slot;
	key.server_slot = SLOT_REMOTE;
	key.port = bpf_ntohs(sk->__sk_common.skc_dport);
	addr_of_peer(&key.server, sk);
	if (join) {
		key.server_slot = join->server_slot;
		local = join->local;
		/* A server may resolve later than its client: on v1, or adopted as its client. */
		if (join->awaits)
			join->awaits = AWAITS_SERVER_ONLY;
		else if (!conn->adopted)
			bpf_map_delete_elem(&edge_joins, &isn);
	}
	row = edge_take(conn, &key, &local);
	if (!row)
		return;
	/* Where the server is here, it counts: it knows its client from the first moment on. */
	if (key.server_slot == SLOT_REMOTE && (conn->adopted || conn->connect_ns))
		count_open(row, conn);
	/* Adopted, refused or timed out: not a connection of this measurement's. */
	if (!conn->connect_ns)
		return;
	add(&row->connections, 1);
	add(&row->connect_sum_ns, conn->connect_ns);
	hist_count_coarse(row->connect, conn->connect_ns);
}

/* The server's row: the client's, where that is on this kernel and has left its part. */
static __noinline void server_resolve(struct sock *sk, struct conn *conn)
{
	struct edge_key key = {};
	struct addr local = {};
	struct isn_pair isn = conn->isn;
	struct join *join = bpf_map_lookup_elem(&edge_joins, &isn);
	struct edge_row *row;
	bool client_was_here;

	addr_of_self(&local, sk);
	key.server_slot = conn->slot;
	if (join && join->client_slot != SLOT_REMOTE) {
		join->local = local;
		join->server_slot = conn->slot;
		key.client_slot = join->client_slot;
		key.server = join->server;
		key.port = join->port;
		conn->joined = 1;
		client_was_here = join->awaits == AWAITS_SERVER_ONLY;
		join->awaits = AWAITS_CLIENT;
		if (client_was_here)
			bpf_map_delete_elem(&edge_joins, &isn);
	} else {
		key.client_slot = SLOT_REMOTE;
		key.server = local;
		key.port = sk->__sk_common.skc_num;
		addr_of_peer(&key.peer, sk);
	}
	row = edge_take(conn, &key, &local);
	if (!row)
		return;
	count_open(row, conn);
	if (!conn->joined && !conn->adopted)
		add(&row->connections, 1);
}

#endif
