/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has counted on a socket, into the row of its edge. */
#ifndef SITU_BPF_ACCOUNT_BPF_H
#define SITU_BPF_ACCOUNT_BPF_H

#include "bpf/edge.bpf.h"

static __always_inline void add(u64 *to, u64 value)
{
	__sync_fetch_and_add(to, value);
}

/* Adds what the kernel has counted on the socket since the last time. */
static __always_inline void account(struct edge_row *row, struct conn *conn,
				    const struct tcp_sock *tp)
{
	u64 acked = tp->bytes_acked, received = tp->bytes_received;
	u32 retrans = tp->total_retrans;

	if (retrans != conn->retrans) {
		add(&row->retransmits, (u32)(retrans - conn->retrans));
		conn->retrans = retrans;
	}
	/* Joined: the client's half has counted the bytes of both directions. */
	if (conn->joined)
		return;
	if (acked != conn->acked) {
		add(conn->role == ROLE_CLIENT ? &row->bytes_tx : &row->bytes_rx,
		    acked - conn->acked);
		conn->acked = acked;
	}
	if (received != conn->received) {
		add(conn->role == ROLE_CLIENT ? &row->bytes_rx : &row->bytes_tx,
		    received - conn->received);
		conn->received = received;
	}
}

/*
 * A FIN takes a sequence number, so bytes_acked and bytes_received count it as a byte: ours when
 * the state says that it was acknowledged, the peer's when tcp_fin() has seen it.
 */
static __always_inline void leave_out_fins(struct conn *conn, const struct sock *sk, int oldstate)
{
	if (oldstate == TCP_FIN_WAIT2 || oldstate == TCP_LAST_ACK || oldstate == TCP_CLOSING)
		conn->acked++;
	if (sk->__sk_common.skc_flags & 1 << SOCK_DONE)
		conn->received++;
}

/*
 * The smallest round trip of the last minutes, not srtt: where the peer answers, its ACK waits for
 * the answer to travel with, and srtt becomes the server's time (5.5 ms over loopback, measured).
 * It changes seldom, so a connection is asked once in a period of 2^24 ns, not at each answer.
 */
#define RTT_PERIOD_BITS 24

static __always_inline void count_rtt(struct edge_row *row, struct conn *conn,
				      const struct tcp_sock *tp, u64 now_ns)
{
	u32 period = now_ns >> RTT_PERIOD_BITS;
	u64 rtt_ns;

	if (period == conn->rtt_period)
		return;
	conn->rtt_period = period;
	rtt_ns = (u64)tp->rtt_min.s[0].v * 1000;
	add(&row->rtt_sum_ns, rtt_ns);
	hist_count_coarse(row->rtt, rtt_ns);
}

/* In the row's open connections from here on, until closed() takes it out. */
static __always_inline void count_open(struct edge_row *row, struct conn *conn)
{
	conn->counted = 1;
	add(&row->open, 1);
}

#endif
