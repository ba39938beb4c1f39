/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns: a request, and the first of its answer.
 *
 * tcp_probe fires for each segment that an established socket receives, before the segment is
 * processed. tp->tcp_wstamp_ns then still is the departure of the last segment sent, so this one
 * hook sees an arrival and the departure before it: at the client arrival - departure is the
 * response time, at the server departure - arrival the server's. write_seq tells whether anything
 * was said since the last turn. The role decides which of the two stamps means anything: a
 * client's think time looks like a server's time.
 */
#ifndef SITU_BPF_TURN_BPF_H
#define SITU_BPF_TURN_BPF_H

#include "bpf/resolve.bpf.h"

#define TCP_HEADER_MAX 60

/* A turn whose stamps say nothing. @counts: there is no other half that has it in a histogram. */
static __noinline int lose_time(struct edge_row *row, bool counts)
{
	if (row && counts)
		add(&row->untimed, 1);
	lose(LOSS_TCP_CLOCK);
	return 0;
}

/* The server has answered since the request came: its time ends with the departure. */
static __always_inline void server_turn(struct edge_row *row, struct conn *conn,
					const struct tcp_sock *tp)
{
	u64 departed_ns = tp->tcp_wstamp_ns, service_ns = departed_ns - conn->request_ns;

	conn->request_ns = 0;
	account(row, conn, tp);
	if (!conn->joined)
		count_rtt(row, conn, tp, departed_ns);
	if ((s64)service_ns < 0) {
		lose_time(row, !conn->joined);
		return;
	}
	add(&row->service_sum_ns, service_ns);
	hist_count_shared(row->service, service_ns);
}

/* A segment, with @payload or without, has come to the server's end. */
static __always_inline void server_receive(struct sock *sk, struct conn *conn,
					   const struct tcp_sock *tp, bool payload)
{
	u32 write_seq = tp->write_seq;
	struct edge_row *row;

	if (conn->request_ns && write_seq != conn->write_seq) {
		if (conn->row == DENSE_NONE)
			server_resolve(sk, conn);
		row = edge_of(conn);
		if (row)
			server_turn(row, conn, tp);
	}
	if (payload) {
		conn->request_ns = spans_on ? conn->arrived_ns : bpf_ktime_get_ns();
		conn->write_seq = write_seq;
	}
}

/*
 * All that was asked has been acknowledged without an answer: its departure is kept, since probes
 * of keep-alive, of which a long poll may send many, put their own stamp in its place.
 */
static __always_inline void client_acknowledged(struct conn *conn, const struct tcp_sock *tp)
{
	u32 write_seq = tp->write_seq;

	if (write_seq == conn->write_seq || write_seq == conn->asked_seq ||
	    tp->snd_nxt != write_seq)
		return;
	conn->asked_seq = write_seq;
	conn->asked_ns = tp->tcp_wstamp_ns;
}

/* When the request that is now answered departed. */
static __always_inline u64 asked_at(const struct conn *conn, const struct tcp_sock *tp)
{
	return conn->asked_ns && conn->asked_seq == tp->write_seq ? conn->asked_ns
								  : tp->tcp_wstamp_ns;
}

/* A segment has come to the client's end: the first @payload since a request is its answer. */
static __always_inline void client_receive(struct sock *sk, struct conn *conn,
					   const struct tcp_sock *tp, bool payload)
{
	u64 now_ns, response_ns;
	struct edge_row *row;

	if (!payload) {
		client_acknowledged(conn, tp);
		return;
	}
	/* Adopted on v1: it is counted once it is known whose it is. */
	if (conn->ownerless) {
		conn->write_seq = tp->write_seq;
		return;
	}
	if (conn->row == DENSE_NONE)
		client_resolve(sk, conn);
	/* Nothing was asked since the last answer: this is more of it, or the server's own idea. */
	if (tp->write_seq == conn->write_seq)
		return;
	now_ns = spans_on ? conn->arrived_ns : bpf_ktime_get_ns();
	response_ns = now_ns - asked_at(conn, tp);
	conn->write_seq = tp->write_seq;
	row = edge_of(conn);
	if (!row)
		return;
	account(row, conn, tp);
	count_rtt(row, conn, tp, now_ns);
	if ((s64)response_ns < 0) {
		lose_time(row, true);
		return;
	}
	add(&row->response_sum_ns, response_ns);
	hist_count_shared(row->response, response_ns);
}

/* Whether the segment @skb, at its TCP header, carries data. */
static __always_inline bool has_payload(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 len = skb->len;
	u8 offset = 0;

	/* Most are decided by their length: options only make a header longer than agreed. */
	if (len > TCP_HEADER_MAX)
		return true;
	if (len <= tp->tcp_header_len)
		return false;
	bpf_probe_read_kernel(&offset, sizeof(offset), skb->data + 12);
	return len > (u32)(offset >> 4) * 4;
}

#endif
