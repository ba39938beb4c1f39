// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans: one for each request on a connection, seen where a thread sends and receives, and which
 * request made which other one.
 *
 * A thread works on the request that it read last, or on the one whose call was answered last;
 * what it sends elsewhere meanwhile is that request's call. Where a thread has several requests
 * open and has slept since it touched the last one's sockets, or has read another one on which
 * nothing was done so far, nobody can tell: then the call is nobody's, and all that are open say
 * so.
 */
#include "bpf/spanpool.bpf.h"

#define MSG_PEEK     0x2
#define MSG_ERRQUEUE 0x2000

#define SPAN_WORKERS 16384

/* The process that marks its requests by their endpoint; set before loading. */
const volatile unsigned int span_marker_tgid;

/* What other threads must know of one: how many requests it has read that are not answered. */
struct span_worker {
	u32 generation;
	u32 open;
	u32 pending;   /* of them: nothing was sent for their sake so far */
	u32 ambiguous; /* calls that may be any of them's */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_WORKERS);
	__type(key, u32);
	__type(value, struct span_worker);
} span_workers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, SPAN_WORKERS);
	__type(value, u32);
} span_worker_free SEC(".maps");

/* Of the load generator's connections, by local port: the endpoint of the request, from 1. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SPAN_PORTS);
	__type(key, u32);
	__type(value, u32);
} span_marks SEC(".maps");

/* What one call of a socket's send or receive is about. */
struct event {
	struct sock *sk;
	struct conn *conn;
	struct task_struct *task;
	struct thread *thread;
	u64 at_ns;
	u32 stream; /* where the data begins in the client's stream, when it goes that way */
	bool slept; /* by its own will, since it last touched its span's sockets */
	struct span_usage used; /* since the last event of the thread */
};

static __always_inline struct span_worker *worker_at(u32 number)
{
	return bpf_map_lookup_elem(&span_workers, &number);
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	struct thread *t =
		bpf_task_storage_get(&shared_threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct span_worker *worker;
	u32 number;

	if (t && t->worker)
		return t;
	if (!t || bpf_map_pop_elem(&span_worker_free, &number)) {
		lose(LOSS_SPAN_THREAD);
		return NULL;
	}
	worker = worker_at(number);
	if (worker) {
		worker->generation++;
		worker->open = 0;
		worker->pending = 0;
	}
	t->worker = number;
	return t;
}

/* Something is sent for the sake of @span. */
static __always_inline void act(struct span *span)
{
	struct span_worker *worker;

	if (span->acted)
		return;
	span->acted = 1;
	worker = worker_at(span->worker);
	if (worker && worker->generation == span->worker_generation)
		__sync_fetch_and_add(&worker->pending, -1);
}

static __always_inline void touch(struct event *e, struct span_ref ref)
{
	e->thread->span = ref;
	e->thread->slept = e->task->nvcsw;
}

/* The time since the thread's last event goes to what it worked on, when that is under way. */
static __always_inline void charge(struct event *e)
{
	struct span *span = span_of(e->thread->span);

	if (span)
		span_use(span, &e->used);
}

static __always_inline u32 link_join(struct conn *conn, u32 number)
{
	struct span_link *link = bpf_map_lookup_elem(&span_links, &number);

	if (!number || !link)
		return 0;
	__sync_fetch_and_add(&link->halves, 1);
	conn->link = number;
	return number;
}

/* The number that both halves of the connection know; 0: none. */
static __noinline u32 link_of(struct conn *conn)
{
	struct isn_pair isn;
	struct span_link *link;
	u32 *known, number;

	if (!conn)
		return 0;
	if (conn->link)
		return conn->link;
	/* Both ends are here only where the server has found its client. */
	if (conn->role == ROLE_SERVER && !conn->joined && !conn->adopted)
		return 0;
	isn = conn->isn;
	known = bpf_map_lookup_elem(&span_link_numbers, &isn);
	if (known)
		return link_join(conn, *known);
	if (bpf_map_pop_elem(&span_link_free, &number)) {
		lose(LOSS_SPAN_LINK);
		return 0;
	}
	link = bpf_map_lookup_elem(&span_links, &number);
	if (link) {
		link->word = 0;
		link->halves = 0;
	}
	if (bpf_map_update_elem(&span_link_numbers, &isn, &number, BPF_NOEXIST)) {
		bpf_map_push_elem(&span_link_free, &number, 0);
		known = bpf_map_lookup_elem(&span_link_numbers, &isn);
		if (!known)
			lose(LOSS_SPAN_LINK);
		number = known ? *known : 0;
	}
	return link_join(conn, number);
}

/* Whether @span is the request that begins at e->stream of the event's connection. */
static __always_inline bool is_same(const struct event *e, const struct span *span)
{
	return span->generation & 1 && span->record.stream == e->stream &&
	       span->record.isn.client == e->conn->isn.client &&
	       span->record.isn.server == e->conn->isn.server;
}

/* The other half's, where the link names it and it is this request. */
static __always_inline struct span *span_met(const struct event *e, u64 word, struct span_ref *ref)
{
	struct span *span = (u32)word ? span_at((u32)word) : NULL;

	if (!span || !is_same(e, span))
		return NULL;
	ref->at = (u32)word;
	ref->generation = span->generation;
	return span;
}

/*
 * The span of the request that begins at e->stream: whichever half comes first makes it, and the
 * other one finds it by that. NULL is counted.
 */
static __always_inline struct span *span_open(const struct event *e, struct span_ref *ref)
{
	u32 number = link_of(e->conn);
	struct span_link *link = number ? bpf_map_lookup_elem(&span_links, &number) : NULL;
	struct span *span, *other;
	struct span_ref theirs;
	u64 word = 0;

	if (link) {
		word = link->word;
		other = span_met(e, word, ref);
		if (other)
			return other;
	}
	span = span_new(ref, e->at_ns);
	if (!span)
		return NULL;
	span->record.stream = e->stream;
	span->record.isn.client = e->conn->isn.client;
	span->record.isn.server = e->conn->isn.server;
	if (e->conn->adopted && !e->conn->ordinal)
		span->record.flags |= SPAN_ADOPTED;
	if (!link ||
	    __sync_val_compare_and_swap(&link->word, word, (u64)e->stream << 32 | ref->at) == word)
		return span;
	/* The other half was faster by a hair. */
	other = span_met(e, link->word, &theirs);
	if (!other)
		return span;
	span_free(span);
	*ref = theirs;
	return other;
}

/*
 * The request before this one on the connection, or before its end, is over. A root ends here; one
 * with both halves when its client says so.
 */
static __always_inline void leave(struct conn *conn)
{
	struct span *span = span_of(conn->span);

	if (span && !span->parent.at && (conn->role == ROLE_CLIENT || !span->record.sent_ns))
		span_finish(conn->span.at, conn->span.generation);
	conn->span.at = 0;
}

/* The request of @span is read by the event's thread: it has one more to answer. */
static __always_inline void take(struct event *e, struct span *span)
{
	struct span_worker *worker = worker_at(e->thread->worker);

	if (!worker)
		return;
	span->worker = e->thread->worker;
	span->worker_generation = worker->generation;
	span->ambiguous = worker->ambiguous;
	span->open = 1;
	__sync_fetch_and_add(&worker->open, 1);
	__sync_fetch_and_add(&worker->pending, 1);
}

/* The answer has begun to leave: what its reader has open is one less. */
static __always_inline void give(struct span *span)
{
	struct span_worker *worker = worker_at(span->worker);

	act(span);
	if (!span->open)
		return;
	span->open = 0;
	if (!worker || worker->generation != span->worker_generation)
		return;
	__sync_fetch_and_add(&worker->open, -1);
	if (worker->ambiguous != span->ambiguous)
		span->record.flags |= SPAN_AMBIGUOUS;
}

/* More of the request that was there, or of what its client still sends with it. */
static __always_inline bool is_more(const struct conn *conn, const struct span *span)
{
	if (!span)
		return false;
	return conn->turn == TURN_ASKED || (span->record.sent_ns && !span->record.read_ns);
}

static __always_inline void server_received(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span);
	struct span_ref ref;

	if (!e->slept)
		charge(e);
	if (is_more(conn, span)) {
		if (e->slept)
			span_use(span, &e->used);
		conn->turn = TURN_ASKED;
		touch(e, conn->span);
		return;
	}
	leave(conn);
	span = span_open(e, &ref);
	conn->span = ref;
	conn->turn = TURN_ASKED;
	touch(e, ref);
	if (!span)
		return;
	take(e, span);
	span->record.ordinal = conn->ordinal++;
	span->record.server_slot = conn->slot;
	if (conn->row < EDGE_ROWS_MAX)
		span->record.edge = conn->row;
	span->record.arrived_ns = conn->arrived_ns ? conn->arrived_ns : e->at_ns;
	span->record.begun_ns = e->at_ns;
}

static __always_inline void server_sent(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span);

	charge(e);
	if (!span || conn->turn == TURN_NONE)
		return;
	if (e->thread->span.at != conn->span.at ||
	    e->thread->span.generation != conn->span.generation) {
		if (e->thread->worker != span->worker)
			span->record.flags |= SPAN_HANDOVER;
	}
	give(span);
	conn->turn = TURN_ANSWERED;
	span->record.answered_ns = e->at_ns;
	span->record.used = span->used;
	touch(e, conn->span);
}

/* Whose call the event is, when it is the first send of one. False: nobody can tell. */
static __always_inline bool find_caller(struct event *e, struct span_ref *ref)
{
	struct span_worker *worker = worker_at(e->thread->worker);
	struct span *span = span_of(e->thread->span);
	u32 others;

	ref->at = 0;
	ref->generation = 0;
	if (!worker)
		return true;
	others = worker->pending;
	if (span && !span->acted && span->worker == e->thread->worker)
		others--;
	if (span && !others && !e->slept) {
		*ref = e->thread->span;
		return true;
	}
	if (span && span->open && worker->open == (span->worker == e->thread->worker ? 1 : 0)) {
		*ref = e->thread->span;
		return true;
	}
	if (!worker->open)
		return true;
	__sync_fetch_and_add(&worker->ambiguous, 1);
	return false;
}

/* The part of a call that its caller knows. */
static __always_inline void ask(struct event *e, struct span *span, struct span_ref ref)
{
	struct conn *conn = e->conn;
	struct span_ref caller = conn->caller;
	struct span *parent = span_of(caller);

	if (!parent || parent->record.answered_ns) {
		if (!find_caller(e, &caller))
			span->record.flags |= SPAN_AMBIGUOUS;
		parent = span_of(caller);
	}
	conn->caller.at = 0;
	span->record.client_slot = conn->slot;
	span->record.ordinal = conn->ordinal++;
	span->record.sent_ns = e->at_ns;
	if (conn->row < EDGE_ROWS_MAX)
		span->record.edge = conn->row;
	if (!span->record.ordinal && !conn->adopted) {
		span->record.connect_ns = conn->connect_ns;
		span->record.flags |= SPAN_CONNECTED;
	}
	span->asker = e->thread->worker;
	if (!parent) {
		span->before = e->thread->total;
		return;
	}
	act(parent);
	span->before = parent->used;
	span_adopt(span, ref.at, parent, caller);
}

static __always_inline void client_sent(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span);
	struct span_ref ref;

	charge(e);
	if (!span || conn->turn != TURN_ASKED) {
		leave(conn);
		span = span_open(e, &ref);
		conn->span = ref;
		conn->turn = TURN_ASKED;
		if (!span)
			return;
		ask(e, span, ref);
	}
	/* With TLS the first send of a turn may end the handshake, and the last one be the request.
	 */
	if (!span->parent.at && span_marker_tgid &&
	    span_marker_tgid == bpf_get_current_pid_tgid() >> 32) {
		u32 port = e->sk->__sk_common.skc_num,
		    *mark = bpf_map_lookup_elem(&span_marks, &port);

		span->record.endpoint = mark ? *mark : 0;
		span->record.port = port;
	}
	if (span->parent.at)
		touch(e, span->parent);
}

static __always_inline void usage_since(struct span_usage *to, const struct span_usage *now,
					const struct span_usage *before)
{
	to->cpu_ns = now->cpu_ns - before->cpu_ns;
	to->runq_ns = now->runq_ns - before->runq_ns;
	to->throttled_ns = now->throttled_ns - before->throttled_ns;
	to->disk_ns = now->disk_ns - before->disk_ns;
}

static __always_inline void client_received(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span), *parent;

	if (!span || conn->turn == TURN_NONE) {
		charge(e);
		return;
	}
	parent = span_of(span->parent);
	/* An event loop that slept was woken for this answer, not for what it did before. */
	if (!e->slept)
		charge(e);
	else if (parent)
		span_use(parent, &e->used);
	conn->turn = TURN_ANSWERED;
	if (conn->row < EDGE_ROWS_MAX)
		span->record.edge = conn->row;
	span->record.returned_ns = conn->arrived_ns;
	span->record.read_ns = e->at_ns;
	if (parent) {
		usage_since(&span->record.caller, &parent->used, &span->before);
		touch(e, span->parent);
	} else if (span->asker == e->thread->worker) {
		usage_since(&span->record.caller, &e->thread->total, &span->before);
	}
}

/* What the connection and the thread know, for an event of @bytes. False: no request is touched. */
static __always_inline bool begin(struct event *e, struct sock *sk, bool sent, u32 bytes)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	u64 now_ns, after_ns = 0;
	u32 end;

	e->conn = conn_find(sk);
	if (!tp || !e->conn || e->conn->role == ROLE_UNKNOWN)
		return false;
	e->sk = sk;
	e->task = bpf_get_current_task_btf();
	e->thread = thread_of(e->task);
	if (!e->thread)
		return false;
	now_ns = bpf_ktime_get_ns();
	if (sent && tp->tcp_wstamp_ns > e->thread->at_ns && tp->tcp_wstamp_ns < now_ns)
		after_ns = now_ns - tp->tcp_wstamp_ns;
	e->at_ns = now_ns - after_ns;
	end = sent ? tp->write_seq : tp->copied_seq;
	e->stream = end - bytes - e->conn->isn.client;
	e->slept = e->task->nvcsw != e->thread->slept;
	thread_account(e->thread, e->task, now_ns, after_ns, &e->used);
	return true;
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(span_sent, struct sock *sk, int ret, int flags)
{
	struct event e;

	if (ret <= 0 || sk->sk_protocol != IPPROTO_TCP || !begin(&e, sk, true, ret))
		return 0;
	if (e.conn->role == ROLE_CLIENT)
		client_sent(&e);
	else
		server_sent(&e);
	return 0;
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(span_received, struct sock *sk, int ret, int flags)
{
	struct event e;

	if (ret <= 0 || sk->sk_protocol != IPPROTO_TCP || flags & (MSG_PEEK | MSG_ERRQUEUE) ||
	    !begin(&e, sk, false, ret))
		return 0;
	if (e.conn->role == ROLE_CLIENT)
		client_received(&e);
	else
		server_received(&e);
	return 0;
}

/* connect() is called for the request that its thread works on, whoever sends on it later. */
static __always_inline void connecting(struct conn *conn)
{
	struct event e = { .conn = conn };
	struct span_ref ref;

	e.task = bpf_get_current_task_btf();
	e.thread = bpf_task_storage_get(&shared_threads, e.task, 0, 0);
	if (!e.thread || !e.thread->worker)
		return;
	e.slept = e.task->nvcsw != e.thread->slept;
	if (find_caller(&e, &ref))
		conn->caller = ref;
}

static __always_inline void closing(struct conn *conn)
{
	struct isn_pair isn = conn->isn;
	struct span_link *link;
	u32 number = conn->link;

	leave(conn);
	link = number ? bpf_map_lookup_elem(&span_links, &number) : NULL;
	if (!link)
		return;
	conn->link = 0;
	if (__sync_fetch_and_add(&link->halves, -1) == 1 &&
	    !bpf_map_delete_elem(&span_link_numbers, &isn))
		bpf_map_push_elem(&span_link_free, &number, 0);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(span_state, struct sock *sk, int oldstate, int newstate)
{
	struct conn *conn;

	if (sk->sk_protocol != IPPROTO_TCP || (newstate != TCP_SYN_SENT && newstate != TCP_CLOSE))
		return 0;
	conn = conn_find(sk);
	if (!conn)
		return 0;
	if (newstate == TCP_SYN_SENT)
		connecting(conn);
	else
		closing(conn);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(span_exit, struct task_struct *task)
{
	struct thread *t = bpf_task_storage_get(&shared_threads, task, 0, 0);
	u32 number;

	if (!t || !t->worker)
		return 0;
	number = t->worker;
	t->worker = 0;
	bpf_map_push_elem(&span_worker_free, &number, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
