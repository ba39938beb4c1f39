/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that one TCP connection carries from packet to packet, beside the socket: in socket
 * storage, or keyed by the socket's address where tracing programs may not use that (5.10).
 */
#ifndef SITU_BPF_CONN_BPF_H
#define SITU_BPF_CONN_BPF_H

#include "bpf/span.bpf.h"

/* Set before loading. */
const volatile bool conn_in_sk_storage;

/* As conn.row: no row was free. Beyond every map. */
#define CONN_NO_ROW 0xfffffffeU

enum conn_role {
	ROLE_UNKNOWN,
	ROLE_CLIENT,
	ROLE_SERVER,
};

/* Both initial sequence numbers: name a connection on both its ends, through any NAT. */
struct isn_pair {
	u32 client;
	u32 server;
};

/* Whose turn it is to say something. */
enum conn_turn {
	TURN_NONE,
	TURN_ASKED,
	TURN_ANSWERED,
};

/* In the order of use: a segment touches the first cache line, and little of the second. */
struct conn {
	u8 role;	/* enum conn_role */
	u8 joined;	/* server: the client's half is on this kernel and counts for both */
	u8 ownerless;	/* v1: the socket does not say whose it is, and nobody has read so far */
	u8 adopted;	/* was open before the programs were attached */
	u32 row;	/* of the edge; DENSE_NONE until it is known, CONN_NO_ROW without one */
	u32 write_seq;	/* client: at the last response; server: at the request's arrival */
	u32 retrans;	/* tp->total_retrans counted so far */
	u64 generation; /* of the row when it was taken */
	u64 acked;	/* tp->bytes_acked counted so far */
	u64 received;	/* tp->bytes_received counted so far */
	u64 request_ns; /* server: last arrival of a request without an answer so far; 0: none */
	u64 arrived_ns; /* for spans: last data */
	u64 asked_ns;	/* client: departure of the request that ended at asked_seq */
	u32 asked_seq;	/* client: tp->write_seq when all was acknowledged, without an answer */
	u32 rtt_period; /* of the last sample of the round-trip time */
	u64 started_ns; /* client: when the SYN was sent */
	u64 connect_ns; /* client: not yet counted in a row */
	struct isn_pair isn;
	u16 slot;   /* own service */
	u8 counted; /* in its row's open connections, by this half */

	/* For spans. */
	u8 turn;		/* enum conn_turn */
	u8 local;		/* unix-domain: no address, no segment, no number */
	u8 likely;		/* the caller below is in doubt */
	u32 link;		/* in span_links; 0: none so far */
	u32 ordinal;		/* requests seen on it by this half */
	u32 read_seq;		/* tp->copied_seq, where reads are not traced by their length */
	u64 word;		/* a unix-domain server's: what struct span_link has otherwise */
	struct span_ref span;	/* of the request under way, or the last one */
	struct span_ref caller; /* client: what its thread worked on when it connected */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct conn);
} shared_conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct conn);
} conns_by_sock SEC(".maps");

static __always_inline struct conn *conn_find(struct sock *sk)
{
	u64 key = (u64)sk;

	if (conn_in_sk_storage)
		return bpf_sk_storage_get(&shared_conns, sk, 0, 0);
	return bpf_map_lookup_elem(&conns_by_sock, &key);
}

/* The connection's state, zeroed when it is new. NULL is counted as a loss. */
static __always_inline struct conn *conn_make(struct sock *sk)
{
	u64 key = (u64)sk;
	struct conn fresh = {}, *conn;

	if (conn_in_sk_storage) {
		conn = bpf_sk_storage_get(&shared_conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	} else {
		bpf_map_update_elem(&conns_by_sock, &key, &fresh, BPF_ANY);
		conn = bpf_map_lookup_elem(&conns_by_sock, &key);
	}
	if (!conn)
		lose(LOSS_CONN_NO_STORAGE);
	return conn;
}

/* Socket storage goes with its socket. */
static __always_inline void conn_drop(struct sock *sk)
{
	u64 key = (u64)sk;

	if (!conn_in_sk_storage)
		bpf_map_delete_elem(&conns_by_sock, &key);
}

#endif
