/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two halves of a connection whose ends are both on this kernel find each other by their
 * initial sequence numbers, whatever addresses, namespaces and NAT lie between them, and count
 * into one row.
 */
#ifndef SITU_BPF_JOIN_BPF_H
#define SITU_BPF_JOIN_BPF_H

#include "bpf/edge.bpf.h"

/* Whom a join is kept for. */
enum awaits {
	AWAITS_CLIENT,	    /* who takes the server's part, and the join with it */
	AWAITS_SERVER,	    /* on v1, which has to find out first whose it is */
	AWAITS_SERVER_ONLY, /* the client has been here */
};

/*
 * Where the two halves of a connection meet. The client becomes established first and leaves its
 * part, so a server that is on this kernel finds it; the client takes the server's part with its
 * first response. Of a connection that was open before, either may come first. A hash, since the
 * two sockets know nothing else of each other.
 */
struct join {
	struct addr server; /* as the client dialled it */
	struct addr local;  /* the server's own address */
	u16 port;
	u16 client_slot; /* SLOT_REMOTE until the client came */
	u16 server_slot; /* SLOT_REMOTE until the server came */
	u16 awaits;	 /* enum awaits */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct isn_pair);
	__type(value, struct join);
} edge_joins SEC(".maps");

/* The name of @tp's connection, where this end of it is @role. */
static __always_inline struct isn_pair isn_of(const struct tcp_sock *tp, enum conn_role role)
{
	/*
	 * Own number: what is acknowledged less the count of it. At the client the SYN counts as a
	 * byte, at the server (tcp_create_openreq_child()) it does not: one is added there.
	 * The peer's: what is next less the count received, the SYN not counted on either side.
	 */
	u32 own = tp->snd_una - (u32)tp->bytes_acked, peer = tp->rcv_nxt - (u32)tp->bytes_received;

	if (role == ROLE_CLIENT)
		return (struct isn_pair){ .client = own + 1, .server = peer };
	return (struct isn_pair){ .client = peer, .server = own };
}

/* Where the halves of the connection @isn meet, made when neither came so far. */
static __always_inline struct join *join_meet(const struct isn_pair *isn)
{
	struct join fresh = { .client_slot = SLOT_REMOTE, .server_slot = SLOT_REMOTE };
	struct join *join = bpf_map_lookup_elem(&edge_joins, isn);

	if (join)
		return join;
	bpf_map_update_elem(&edge_joins, isn, &fresh, BPF_NOEXIST);
	join = bpf_map_lookup_elem(&edge_joins, isn);
	if (!join)
		lose(LOSS_JOIN_FULL);
	return join;
}

/* Leaves the client's part for the server to find. */
static __always_inline void client_join(struct sock *sk, const struct conn *conn)
{
	struct isn_pair isn = conn->isn;
	struct join *join = join_meet(&isn);

	if (!join)
		return;
	join->client_slot = conn->slot;
	join->port = bpf_ntohs(sk->__sk_common.skc_dport);
	addr_of_peer(&join->server, sk);
}

/* Tells whose an adopted connection is to the other half. */
static __always_inline void join_tell(const struct conn *conn)
{
	struct isn_pair isn = conn->isn;
	struct join *join = bpf_map_lookup_elem(&edge_joins, &isn);

	if (!join)
		return;
	if (conn->role == ROLE_CLIENT)
		join->client_slot = conn->slot;
	else
		join->server_slot = conn->slot;
}

#endif
