// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: for every pair of services connect, response, server and round-trip time, bytes,
 * retransmitted segments and resets.
 *
 * Here are the hooks and the states of a connection's life. What a segment tells: turn.bpf.h; how
 * the halves of a connection come to count in one row: join.bpf.h, resolve.bpf.h.
 */
#include "bpf/account.bpf.h"
#include "bpf/join.bpf.h"
#include "bpf/listener.bpf.h"
#include "bpf/resolve.bpf.h"
#include "bpf/turn.bpf.h"

/* What the socket has counted before this measurement is none of its business. */
static __always_inline void start_from_here(struct conn *conn, const struct tcp_sock *tp)
{
	conn->write_seq = tp->write_seq;
	conn->acked = tp->bytes_acked;
	conn->received = tp->bytes_received;
	conn->isn = isn_of(tp, conn->role);
}

static __always_inline void client_established(struct sock *sk, const struct tcp_sock *tp,
					       struct conn *conn)
{
	conn->connect_ns = bpf_ktime_get_ns() - conn->started_ns;
	start_from_here(conn, tp);
	client_join(sk, conn);
}

/*
 * On v1 the process that reads first tells whose connection it is: tcp_reader. Until then, and for
 * a server that speaks before it reads, it is the listener's.
 */
static __noinline void server_await_owner(struct sock *sk, struct conn *conn)
{
	struct listener_key listener = listener_of(sk);
	struct isn_pair isn = conn->isn;
	struct join *join = bpf_map_lookup_elem(&edge_joins, &isn);
	u64 *key = bpf_map_lookup_elem(&tcp_listeners, &listener);

	conn->ownerless = 1;
	conn->row = DENSE_NONE;
	if (key && *key)
		conn->slot = owner_slot(*key, NULL);
	if (!join)
		return;
	join->server_slot = conn->slot;
	join->awaits = AWAITS_SERVER;
}

static __always_inline void server_established(struct sock *sk, const struct tcp_sock *tp)
{
	struct conn *conn = conn_make(sk);

	if (!conn)
		return;
	conn->role = ROLE_SERVER;
	conn->slot = owner_of_sock(sk);
	start_from_here(conn, tp);
	if (sock_is_ownerless(sk))
		server_await_owner(sk, conn);
	else
		server_resolve(sk, conn);
}

/*
 * A connection that was open before the programs were attached: its turns count from the next one
 * on. Its row is resolved with its first turn, by when the other half has been adopted as well.
 */
static __noinline void adopt(struct sock *sk, const struct tcp_sock *tp)
{
	struct conn *conn = conn_make(sk);
	struct isn_pair isn;
	struct join *join;

	if (!conn)
		return;
	conn->adopted = 1;
	conn->row = DENSE_NONE;
	conn->role = role_of(sk, tp);
	if (conn->role == ROLE_UNKNOWN)
		return;
	conn->slot = owner_of_sock(sk);
	conn->ownerless = sock_is_ownerless(sk);
	conn->retrans = tp->total_retrans;
	start_from_here(conn, tp);
	if (conn->role == ROLE_CLIENT) {
		client_join(sk, conn);
		return;
	}
	isn = conn->isn;
	join = join_meet(&isn);
	if (join)
		join->server_slot = conn->slot;
}

SEC("?tp_btf/tcp_probe")
int BPF_PROG(tcp_receive, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_of(sk);
	struct conn *conn;
	bool payload;

	if (!tp)
		return 0;
	conn = conn_find(sk);
	if (!conn) {
		adopt(sk, tp);
		return 0;
	}
	payload = has_payload(tp, skb);
	if (spans_on && payload)
		conn->arrived_ns = bpf_ktime_get_ns();
	if (conn->role == ROLE_CLIENT)
		client_receive(sk, conn, tp, payload);
	else if (conn->role == ROLE_SERVER)
		server_receive(sk, conn, tp, payload);
	return 0;
}

/* How much of tp->write_seq is a FIN, which answers nothing. */
static __always_inline u32 fin_sent(int state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_LAST_ACK ||
	       state == TCP_CLOSING;
}

/* The socket's last words: what no later segment will report. */
static __always_inline void closed(struct sock *sk, const struct tcp_sock *tp, int oldstate)
{
	struct conn *conn = conn_find(sk);
	struct edge_row *row;
	struct isn_pair isn;

	if (!conn)
		return;
	if (conn->role == ROLE_CLIENT && conn->row == DENSE_NONE)
		client_resolve(sk, conn);
	if (conn->role == ROLE_SERVER && conn->row == DENSE_NONE && !conn->adopted)
		server_resolve(sk, conn);
	if (conn->adopted) {
		isn = conn->isn;
		bpf_map_delete_elem(&edge_joins, &isn);
	}
	row = edge_of(conn);
	if (row) {
		if (conn->role == ROLE_SERVER && conn->request_ns &&
		    tp->write_seq - fin_sent(oldstate) != conn->write_seq)
			server_turn(row, conn, tp);
		leave_out_fins(conn, sk, oldstate);
		account(row, conn, tp);
		if (conn->counted)
			add(&row->open, (u64)-1);
	}
	conn_drop(sk);
}

static __always_inline void connecting(struct sock *sk)
{
	struct conn *conn = conn_make(sk);

	if (!conn)
		return;
	__builtin_memset(conn, 0, sizeof(*conn));
	conn->started_ns = bpf_ktime_get_ns();
	conn->slot = owner_of_caller(sk);
	conn->row = DENSE_NONE;
	conn->role = ROLE_CLIENT;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int oldstate, int newstate)
{
	struct tcp_sock *tp;
	struct conn *conn;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	if (newstate == TCP_LISTEN) {
		note_listener(sk);
	} else if (newstate == TCP_SYN_SENT) {
		connecting(sk);
	} else if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_SENT) {
		conn = conn_find(sk);
		if (conn)
			client_established(sk, tp, conn);
	} else if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_RECV) {
		server_established(sk, tp);
	} else if (newstate == TCP_CLOSE) {
		closed(sk, tp, oldstate);
	}
	return 0;
}

/* On v1: who reads from a connection owns it. A lock that is owned is held by a process. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_reader, struct sock *sk)
{
	struct conn *conn = conn_find(sk);

	if (!conn || !conn->ownerless || !sk->sk_lock.owned)
		return 0;
	conn->ownerless = 0;
	if (conn->row != DENSE_NONE)
		return 0;
	conn->slot = owner_of_caller(sk);
	if (conn->adopted)
		join_tell(conn);
	else
		server_resolve(sk, conn);
	return 0;
}

/*
 * total_retrans counts segments, also when one event sends several, and only those sent: its
 * difference is right where the number of these events is not.
 */
SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct conn *conn = conn_find(sk);
	struct edge_row *row;

	if (!tp || !conn)
		return 0;
	row = edge_of(conn);
	if (row)
		account(row, conn, tp);
	return 0;
}

SEC("?tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset_received, struct sock *sk)
{
	struct conn *conn = conn_find(sk);
	struct edge_row *row;

	if (!conn)
		return 0;
	/* A refused connection has no row yet. */
	if (conn->role == ROLE_CLIENT && conn->row == DENSE_NONE)
		client_resolve(sk, conn);
	row = edge_of(conn);
	if (row)
		add(&row->resets, 1);
	return 0;
}

/* Between two ends on this kernel the reset is counted where it arrives. */
SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(tcp_reset_sent, struct sock *sk)
{
	struct edge_row *row;
	struct conn *conn;

	/* NULL for a segment to a port where nobody listens. */
	if (!sk)
		return 0;
	conn = conn_find(sk);
	if (!conn)
		return 0;
	row = edge_of(conn);
	if (row && (row->key.client_slot == SLOT_REMOTE || row->key.server_slot == SLOT_REMOTE))
		add(&row->resets, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
