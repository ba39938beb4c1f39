// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: for every pair of services connect, response, server and round-trip time, bytes,
 * retransmitted segments and resets.
 *
 * tcp_probe fires for each segment that an established socket receives, before the segment is
 * processed. tp->tcp_wstamp_ns then still is the departure of the last segment sent, so this one
 * hook sees an arrival and the departure before it: at the client arrival - departure is the
 * response time, at the server departure - arrival the server's. write_seq tells whether anything
 * was said since the last turn. The role decides which of the two stamps means anything: a
 * client's think time looks like a server's time.
 */
#include "bpf/edge.bpf.h"
#include "bpf/owner.bpf.h"

#define TCP_HEADER_MAX 60

/*
 * Filled by user space before the programs are attached, kept up by tcp_state. The value is the
 * key of who called listen(), where its socket does not say so itself; 0: not known.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTENERS_MAX);
	__type(key, struct listener_key);
	__type(value, u64);
} tcp_listeners SEC(".maps");

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
 */
static __always_inline void count_rtt(struct edge_row *row, const struct tcp_sock *tp)
{
	u64 rtt_ns = (u64)tp->rtt_min.s[0].v * 1000;

	add(&row->rtt_sum_ns, rtt_ns);
	hist_count_coarse(row->rtt, rtt_ns);
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

static __always_inline void count_open(struct edge_row *row, struct conn *conn)
{
	conn->counted = 1;
	add(&row->open, 1);
}

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

static __always_inline struct listener_key listener_of(const struct sock *sk)
{
	return (struct listener_key){
		.netns = sk->__sk_common.skc_net.net->ns.inum,
		.port = sk->__sk_common.skc_num,
	};
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

static __always_inline bool is_listening(const struct sock *sk)
{
	struct listener_key key = listener_of(sk);

	return bpf_map_lookup_elem(&tcp_listeners, &key) != NULL;
}

/*
 * Which end of a connection that was open before @sk is. A port that connect() chose stands out:
 * __inet_hash_connect() marks its bucket by a negative fastreuse. Left are servers whose listener
 * is gone and clients with a port of their own choice.
 */
static __always_inline enum conn_role role_of(const struct sock *sk, const struct tcp_sock *tp)
{
	if (is_listening(sk))
		return ROLE_SERVER;
	if (tp->inet_conn.icsk_bind_hash->fastreuse < 0)
		return ROLE_CLIENT;
	lose(LOSS_CONN_NO_ROLE);
	return ROLE_UNKNOWN;
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

/* The server has answered since the request came: its time ends with the departure. */
static __always_inline void server_turn(struct edge_row *row, struct conn *conn,
					const struct tcp_sock *tp)
{
	u64 departed_ns = tp->tcp_wstamp_ns, service_ns = departed_ns - conn->request_ns;

	conn->request_ns = 0;
	account(row, conn, tp);
	if (!conn->joined) {
		add(&row->responses, 1);
		count_rtt(row, tp);
	}
	if ((s64)service_ns < 0) {
		lose(LOSS_TCP_CLOCK);
		return;
	}
	add(&row->service_sum_ns, service_ns);
	hist_count_shared(row->service, service_ns);
}

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

static __always_inline void client_receive(struct sock *sk, struct conn *conn,
					   const struct tcp_sock *tp, bool payload)
{
	u64 response_ns;
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
	response_ns = (spans_on ? conn->arrived_ns : bpf_ktime_get_ns()) - asked_at(conn, tp);
	conn->write_seq = tp->write_seq;
	row = edge_of(conn);
	if (!row)
		return;
	add(&row->responses, 1);
	account(row, conn, tp);
	count_rtt(row, tp);
	if ((s64)response_ns < 0) {
		lose(LOSS_TCP_CLOCK);
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

SEC("?tp_btf/tcp_probe")
int BPF_PROG(tcp_receive, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
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

/* Stays when the listener goes: another one may share its port. */
static __always_inline void note_listener(const struct sock *sk)
{
	struct listener_key key = listener_of(sk);
	const struct kernfs_node *node;
	u64 owner = sock_is_ownerless(sk) ? caller_key(&node) : 0;

	if (bpf_map_update_elem(&tcp_listeners, &key, &owner, BPF_ANY))
		lose(LOSS_LISTENER_FULL);
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
