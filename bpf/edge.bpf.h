/* SPDX-License-Identifier: GPL-2.0-only */
/* Edges: one row for each pair of services that talk. */
#ifndef SITU_BPF_EDGE_BPF_H
#define SITU_BPF_EDGE_BPF_H

#include "bpf/conn.bpf.h"
#include "bpf/dense.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EDGE_ROWS_MAX);
	__type(key, u32);
	__type(value, struct edge_row);
} edge_rows SEC(".maps");

/* A hash, since it is looked at once in a connection's life: its state then keeps the number. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EDGE_ROWS_MAX);
	__type(key, struct edge_key);
	__type(value, u32);
} edge_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, EDGE_ROWS_MAX);
	__type(value, u32);
} edge_free SEC(".maps");

/* Number of the row of @key, made when it is new; DENSE_NONE when none is free. */
static __noinline u32 edge_number(const struct edge_key *key, const struct addr *local)
{
	u32 *known, number;
	struct edge_row *row;

	if (!key || !local)
		return DENSE_NONE;
	known = bpf_map_lookup_elem(&edge_numbers, key);
	if (known)
		return *known;
	if (bpf_map_pop_elem(&edge_free, &number))
		return DENSE_NONE;
	if (bpf_map_update_elem(&edge_numbers, key, &number, BPF_NOEXIST)) {
		if (bpf_map_push_elem(&edge_free, &number, 0))
			lose(LOSS_OWNER_RACE);
		known = bpf_map_lookup_elem(&edge_numbers, key);
		return known ? *known : DENSE_NONE;
	}
	row = bpf_map_lookup_elem(&edge_rows, &number);
	if (row) {
		row->generation++;
		row->local = *local;
		row->key = *key;
	}
	return number;
}

/* Gives the connection the row of @key. A connection without one is lost once, not by each half. */
static __always_inline struct edge_row *edge_take(struct conn *conn, const struct edge_key *key,
						  const struct addr *local)
{
	struct edge_row *row;
	u32 number;

	number = edge_number(key, local);
	if (number == DENSE_NONE) {
		conn->row = CONN_NO_ROW;
		if (!conn->joined)
			lose(LOSS_EDGE_FULL);
		return NULL;
	}
	conn->row = number;
	row = bpf_map_lookup_elem(&edge_rows, &number);
	if (row)
		conn->generation = row->generation;
	return row;
}

/* The connection's row; NULL before it has one and after user space took it back. */
static __always_inline struct edge_row *edge_of(const struct conn *conn)
{
	u32 number = conn->row;
	struct edge_row *row = bpf_map_lookup_elem(&edge_rows, &number);

	if (row && row->generation != conn->generation) {
		lose(LOSS_EDGE_STALE);
		return NULL;
	}
	return row;
}

static __always_inline void addr_v4(struct addr *to, __be32 v4)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->byte[10] = 0xff;
	to->byte[11] = 0xff;
	__builtin_memcpy(&to->byte[12], &v4, sizeof(v4));
}

static __always_inline void addr_of_peer(struct addr *to, const struct sock *sk)
{
	if (sk->__sk_common.skc_family == 10 /* AF_INET6 */)
		bpf_probe_read_kernel(to, sizeof(*to), &sk->__sk_common.skc_v6_daddr);
	else
		addr_v4(to, sk->__sk_common.skc_daddr);
}

static __always_inline void addr_of_self(struct addr *to, const struct sock *sk)
{
	if (sk->__sk_common.skc_family == 10 /* AF_INET6 */)
		bpf_probe_read_kernel(to, sizeof(*to), &sk->__sk_common.skc_v6_rcv_saddr);
	else
		addr_v4(to, sk->__sk_common.skc_rcv_saddr);
}

#endif
