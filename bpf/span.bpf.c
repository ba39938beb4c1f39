// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans: one for each request on a connection, seen where a thread sends and receives, and which
 * request made which other one.
 *
 * A thread works on the request that it read last, or on the one whose call was answered last;
 * what it sends elsewhere meanwhile is that request's call. Where a thread has several requests
 * open and has slept since it touched the last one's sockets, nobody can tell: then the call is
 * nobody's, and all that are open say so. Where another one is open that waits for no answer, it
 * remains to be seen (bpf/doubt.bpf.h).
 */
#include "bpf/caller.bpf.h"
#include "bpf/owner.bpf.h"

#define MSG_PEEK     0x2
#define MSG_ERRQUEUE 0x2000

/*
 * Of the load generator's connections, by local port: the endpoint of the request, from 1. 64 bits
 * each, since user space maps them: elements of an array lie at least so far apart.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SPAN_PORTS);
	__type(key, u32);
	__type(value, u64);
} span_marks SEC(".maps");

/* The root above @ref, which is then its, or the same. */
static __always_inline struct span *root_of(struct span_ref *ref)
{
	struct span *span = span_of(*ref);
	u32 i;

	for (i = 0; i < SPAN_DEPTH_MAX && span && maker_of(span).at; i++) {
		*ref = maker_of(span);
		span = span_of(*ref);
	}
	return span;
}

/* The sender of the answer to @span has come, or never will. */
static __always_inline void sender_came(struct span *span)
{
	u64 word = __sync_lock_test_and_set(&span->late, 0);
	struct span_ref ref = { .at = (u32)word, .generation = word >> 32 };
	struct span *root = span_of(ref);

	if (root && __sync_fetch_and_add(&root->late_below, -1) == 1)
		finish(root, ref);
}

/*
 * The answer is read while its sender is still on its way out of the kernel: on one CPU it may be
 * so for long, since the reader is woken in its place. The trace waits for it. The sender may come
 * at any moment on another CPU: whoever takes the mark back has to count down.
 */
static __always_inline void wait_for_sender(struct span *span, struct span_ref ref)
{
	struct span *root;

	if (!span->record.begun_ns || span->record.answered_ns || span->late)
		return;
	root = root_of(&ref);
	if (!root)
		return;
	__sync_fetch_and_add(&root->late_below, 1);
	__sync_lock_test_and_set(&span->late, (u64)ref.generation << 32 | ref.at);
	if (span->record.answered_ns)
		sender_came(span);
}

/*
 * The request before this one on the connection, or before its end, is over. A root ends here; one
 * with both halves when its client says so, or cannot any more: @at_end.
 */
static __always_inline void leave(struct conn *conn, bool at_end)
{
	struct span *span = span_of(conn->span);

	if (span && !span->parent.at &&
	    (conn->role == ROLE_CLIENT || at_end || !span->record.sent_ns)) {
		span_note_edge(span, conn); /* a remote client's may be known by now only */
		__sync_val_compare_and_swap(&span->over, SPAN_RUNS, SPAN_WAITS);
		if (!span->late_below && !span->suspect.at)
			finish(span, conn->span);
	}
	conn->span.at = 0;
}

/*
 * When the data came that the event has read. Over a unix-domain connection that is when the other
 * end has sent it, at @said_ns, if it was seen to do so before it was read.
 */
static __always_inline u64 arrived(const struct event *e, u64 said_ns)
{
	u64 at_ns = e->conn->local ? said_ns : e->conn->arrived_ns;

	return at_ns && at_ns < e->at_ns ? at_ns : e->at_ns;
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

	settle_none(e);
	if (is_more(conn, span)) {
		charge_for(e, span);
		conn->turn = TURN_ASKED;
		touch(e, conn->span);
		return;
	}
	charge_for(e, NULL);
	leave(conn, false);
	span = span_open(e, &ref);
	conn->span = ref;
	conn->turn = TURN_ASKED;
	touch(e, ref);
	if (!span)
		return;
	take(e->thread, span);
	span->record.ordinal = conn->ordinal++;
	span->record.server_slot = conn->slot;
	span_note_edge(span, conn);
	span->record.arrived_ns = arrived(e, span->record.sent_ns);
	span->record.begun_ns = e->at_ns;
}

static __always_inline void server_sent(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span);

	settle(e, conn->span);
	if (!span || conn->turn == TURN_NONE) {
		charge(e);
		return;
	}
	if (conn->turn == TURN_ASKED)
		note_prompt(e);
	if (is_ref(e->thread->span, conn->span))
		span_use(span, &e->used);
	else if (e->thread->worker == span->worker)
		answer_from_afar(e, span);
	else
		answer_for_other(e, span);
	give(span);
	conn->turn = TURN_ANSWERED;
	span->record.used = span->used;
	barrier(); /* who sees the answer's time takes the rest as it is */
	span->record.answered_ns = e->at_ns;
	touch(e, conn->span);
	sender_came(span);
}

/* The part of a call that its caller knows. */
static __always_inline void ask(struct event *e, struct span *span, struct span_ref ref)
{
	struct conn *conn = e->conn;
	struct span_ref caller;
	enum caller known = caller_of(e, &caller);
	struct span *parent = span_of(caller);

	settle(e, caller);
	span->record.client_slot = conn->slot;
	span->record.ordinal = conn->ordinal++;
	span->record.sent_ns = e->at_ns;
	span_note_edge(span, conn);
	if (!span->record.ordinal && !conn->adopted) {
		span->record.connect_ns = conn->connect_ns;
		span->record.flags |= SPAN_CONNECTED;
	}
	span->asker = e->thread->worker;
	charge_for(e, parent);
	if (known == CALLER_ANY)
		span->record.flags |= SPAN_AMBIGUOUS;
	if (!parent) {
		span->before = e->thread->total;
		return;
	}
	hold(parent);
	span->before = parent->used;
	if (known == CALLER_LIKELY) {
		span->suspect = caller;
		__sync_fetch_and_add(&parent->doubts, 1);
		return;
	}
	span_adopt(span, ref.at, parent, caller);
}

/* No span is free for a call: its caller's tree lacks it. */
static __always_inline void miss(struct event *e)
{
	struct span_ref caller;
	struct span *parent;

	if (caller_of(e, &caller) == CALLER_LIKELY)
		accuse(e);
	settle(e, caller);
	parent = span_of(caller);
	charge_for(e, parent);
	if (parent)
		parent->record.flags |= SPAN_LOST;
}

static __always_inline u32 mark_of(u32 port)
{
	u64 *mark = bpf_map_lookup_elem(&span_marks, &port);

	return mark ? (u32)*mark : 0;
}

/* The endpoint of the load that the root @span asks for, when the load generator sends it. */
static __always_inline void note_mark(const struct event *e, struct span *span)
{
	u32 marker = mark_of(SPAN_MARKER);

	if (!marker || marker != (u32)e->task->tgid)
		return;
	span->record.port = e->sk->__sk_common.skc_num;
	span->record.endpoint = mark_of(span->record.port);
}

/*
 * A mark is for one request: what the connection says behind the answer, such as TLS's goodbye, is
 * no endpoint's.
 */
static __always_inline void forget_mark(const struct span *span)
{
	u32 port = span->record.port;
	u64 *mark = span->record.endpoint ? bpf_map_lookup_elem(&span_marks, &port) : NULL;

	if (mark)
		*mark = 0;
}

static __always_inline void client_sent(struct event *e)
{
	struct conn *conn = e->conn;
	struct span *span = span_of(conn->span);
	struct span_ref ref;

	if (!span || conn->turn != TURN_ASKED) {
		leave(conn, false);
		span = span_open(e, &ref);
		conn->span = ref;
		conn->turn = TURN_ASKED;
		if (!span) {
			miss(e);
			return;
		}
		ask(e, span, ref);
	} else {
		settle(e, maker_of(span));
		charge_for(e, span_of(maker_of(span)));
	}
	/* With TLS the first send may end the handshake, and the last one be the request. */
	if (span->parent.at)
		touch(e, span->parent);
	else
		note_mark(e, span);
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
	struct span_ref maker;

	/* More of the answer that it has just read says nothing. */
	if (!is_ref(e->thread->doubt, conn->span))
		settle_none(e);
	if (!span || conn->turn == TURN_NONE) {
		charge(e);
		return;
	}
	maker = maker_of(span);
	parent = span_of(maker);
	charge_for(e, parent);
	if (span->suspect.at)
		e->thread->doubt = conn->span;
	if (parent && conn->turn == TURN_ASKED)
		release(parent);
	else if (conn->turn == TURN_ASKED)
		forget_mark(span);
	conn->turn = TURN_ANSWERED;
	span_note_edge(span, conn);
	span->record.returned_ns = arrived(e, span->record.answered_ns);
	span->record.read_ns = e->at_ns;
	wait_for_sender(span, conn->span);
	if (parent) {
		usage_since(&span->record.caller, &parent->used, &span->before);
		touch(e, maker);
	} else if (span->asker == e->thread->worker) {
		usage_since(&span->record.caller, &e->thread->total, &span->before);
	}
}

static __always_inline bool begin(struct event *e, struct sock *sk)
{
	e->sk = sk;
	e->peer = NULL;
	e->task = bpf_get_current_task_btf();
	e->thread = thread_of(e->task);
	return e->thread;
}

/* What the thread has used up to the event, which departed @after_ns ago. */
static __always_inline void use(struct event *e, u64 now_ns, u64 after_ns)
{
	e->at_ns = now_ns - after_ns;
	e->slept = e->task->nvcsw != e->thread->slept;
	e->woken = e->task->nvcsw != e->thread->woken;
	e->thread->woken = e->task->nvcsw;
	thread_account(e->thread, e->task, now_ns, after_ns, &e->used);
	e->thread->at_ns = e->at_ns;
}

static __always_inline void speak(struct event *e, bool sent)
{
	bool client = e->conn->role == ROLE_CLIENT;

	if (sent && client)
		client_sent(e);
	else if (sent)
		server_sent(e);
	else if (client)
		client_received(e);
	else
		server_received(e);
}

/*
 * When the event @e happened, as the time now and how long ago: a send is what departed last. The
 * clock need not be read where that stamp is not ahead of it, as pacing makes it, and the thread
 * has not left its CPU since.
 */
static __always_inline u64 time_of(const struct event *e, const struct tcp_sock *tp, bool sent,
				   u64 *after_ns)
{
	u64 departed_ns = tp->tcp_wstamp_ns, now_ns;

	*after_ns = 0;
	if (!sent || departed_ns <= e->thread->at_ns)
		return bpf_ktime_get_ns();
	if (e->sk->sk_pacing_status == SK_PACING_NONE && thread_ran_at(e->task, departed_ns))
		return departed_ns;
	now_ns = bpf_ktime_get_ns();
	if (departed_ns < now_ns)
		*after_ns = now_ns - departed_ns;
	return now_ns;
}

static __always_inline int speak_tcp(struct sock *sk, bool sent, int bytes)
{
	struct tcp_sock *tp = tcp_of(sk);
	u64 now_ns, after_ns;
	struct event e;

	e.conn = bytes > 0 ? conn_find(sk) : NULL;
	if (!tp || !e.conn || e.conn->role == ROLE_UNKNOWN || !begin(&e, sk))
		return 0;
	now_ns = time_of(&e, tp, sent, &after_ns);
	e.stream = (sent ? tp->write_seq : tp->copied_seq) - bytes - e.conn->isn.client;
	use(&e, now_ns, after_ns);
	speak(&e, sent);
	return 0;
}

/* The connection of the call @span ends without an answer. */
static __always_inline void unanswered(const struct conn *conn, struct span *span)
{
	struct span *maker = span_of(maker_of(span));

	if (maker)
		release(maker);
	if (span->suspect.at)
		doubt_stays(conn->span.at, conn->span.generation);
}

static __always_inline void closing(struct conn *conn)
{
	struct isn_pair isn = conn->isn;
	struct span *span, *caller;
	struct span_link *link;
	u32 number = conn->link;

	span = span_of(conn->span);
	if (span && conn->role == ROLE_SERVER) {
		give(span);
		sender_came(span);
		span = span_of(conn->span);
	}
	if (span && conn->role == ROLE_CLIENT && conn->turn == TURN_ASKED)
		unanswered(conn, span);
	caller = span_of(conn->caller);
	conn->caller.at = 0;
	if (caller)
		release(caller);
	leave(conn, conn->local);
	link = number ? bpf_map_lookup_elem(&span_links, &number) : NULL;
	if (!link)
		return;
	conn->link = 0;
	if (__sync_fetch_and_add(&link->halves, -1) == 1 &&
	    !bpf_map_delete_elem(&span_link_numbers, &isn))
		bpf_map_push_elem(&span_link_free, &number, 0);
}

#include "bpf/unix.bpf.h"

SEC("?tp_btf/sock_send_length")
int BPF_PROG(span_sent, struct sock *sk, int ret, int flags)
{
	if (sk->sk_protocol == IPPROTO_TCP)
		return speak_tcp(sk, true, ret);
	return speak_unix(sk, true, ret);
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(span_received, struct sock *sk, int ret, int flags)
{
	if (flags & (MSG_PEEK | MSG_ERRQUEUE))
		return 0;
	if (sk->sk_protocol == IPPROTO_TCP)
		return speak_tcp(sk, false, ret);
	return speak_unix(sk, false, ret);
}

/* Before 6.3 (6e6eda44b939, "sock: add tracepoint for send recv length"). */
SEC("?fexit/tcp_sendmsg")
int BPF_PROG(span_sent_tcp, struct sock *sk, struct msghdr *msg, size_t size, int ret)
{
	return sk->sk_protocol == IPPROTO_TCP ? speak_tcp(sk, true, ret) : 0;
}

/* The same: fires for every segment that was read to its end, or a part of one. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(span_received_tcp, struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct conn *conn = conn_find(sk);
	u32 before;

	if (!tp || !conn)
		return 0;
	before = conn->read_seq;
	if (!before)
		before = conn->role == ROLE_CLIENT ? conn->isn.server : conn->isn.client;
	conn->read_seq = tp->copied_seq;
	return speak_tcp(sk, false, conn->read_seq - before);
}

/* connect() is called for the request that its thread works on, whoever sends on it later. */
static __always_inline void connecting(struct conn *conn)
{
	struct event e = { .conn = conn, .task = bpf_get_current_task_btf() };
	struct span *caller;
	enum caller known;

	e.thread = bpf_task_storage_get(&shared_threads, e.task, 0, 0);
	if (!e.thread || !e.thread->worker)
		return;
	e.at_ns = bpf_ktime_get_ns();
	e.slept = e.task->nvcsw != e.thread->slept;
	e.woken = e.task->nvcsw != e.thread->woken;
	note_prompt(&e);
	known = find_caller(&e);
	if (known != CALLER_KNOWN && known != CALLER_LIKELY) {
		settle_none(&e);
		return;
	}
	conn->caller = e.thread->span;
	conn->likely = known == CALLER_LIKELY;
	settle(&e, conn->caller);
	caller = span_of(conn->caller);
	if (caller)
		hold(caller);
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

/* The last thread of a process may be one that never touched a socket: the process goes with it. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(span_exit, struct task_struct *task)
{
	struct thread *t = bpf_task_storage_get(&shared_threads, task, 0, 0);
	u32 number, tgid = task->tgid, *process;

	if (t && t->worker) {
		number = t->worker;
		t->worker = 0;
		bpf_map_push_elem(&span_worker_free, &number, 0);
	}
	if (task->signal->live.counter)
		return 0;
	process = bpf_map_lookup_elem(&span_processes, &tgid);
	if (!process)
		return 0;
	number = *process;
	if (!bpf_map_delete_elem(&span_processes, &tgid))
		bpf_map_push_elem(&span_worker_free, &number, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
