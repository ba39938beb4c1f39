/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread says or hears on a connection, and the span that it is about. */
#ifndef SITU_BPF_EVENT_BPF_H
#define SITU_BPF_EVENT_BPF_H

#include "bpf/trace.bpf.h"

/* What one call of a socket's send or receive is about. */
struct event {
	struct sock *sk;
	struct conn *conn;
	struct conn *peer; /* of a unix-domain connection */
	struct task_struct *task;
	struct thread *thread;
	u64 at_ns;
	u32 stream; /* where the data begins in the client's stream, when it goes that way */
	bool slept; /* by its own will, since it last touched its span's sockets */
	bool woken; /* the same, since it last touched any socket */
	struct span_usage used; /* since the last event of the thread */
};

/* Where the last turn that nothing led to is so long ago, there is none at just this moment. */
#define THREAD_CALM_NS 10000000000LL

/* The event begins a request or an answer: right behind a sleep, a timer or the like led to it. */
static __always_inline void note_prompt(struct event *e)
{
	if (e->woken)
		e->thread->unprompted_ns = e->at_ns;
}

static __always_inline bool is_prompted(const struct event *e)
{
	u64 last_ns = e->thread->unprompted_ns;

	return !last_ns || (s64)(e->at_ns - last_ns) > THREAD_CALM_NS;
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

/*
 * charge(), where the event is about the request @span. A thread that has slept was woken for
 * that one, whatever it did before.
 */
static __always_inline void charge_for(struct event *e, struct span *span)
{
	if (!e->slept)
		charge(e);
	else if (span)
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

/*
 * Whether @span is the request that the event begins. What goes over a unix-domain connection is
 * not numbered: there it is the one whose other half is still missing, unless that is of before
 * the client said its last.
 */
static __always_inline bool is_same(const struct event *e, const struct span *span)
{
	if (!(span->generation & 1) || span->record.isn.client != e->conn->isn.client ||
	    span->record.isn.server != e->conn->isn.server)
		return false;
	if (!e->conn->local)
		return span->record.stream == e->stream;
	if (e->conn->role == ROLE_SERVER)
		return span->record.sent_ns && !span->record.begun_ns;
	return !span->record.sent_ns && span->record.begun_ns > e->conn->arrived_ns;
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

/* Where the halves of the event's connection leave word of the request under way; NULL: nowhere. */
static __always_inline u64 *word_of(const struct event *e)
{
	struct span_link *link;
	u32 number;

	if (e->conn->local && e->conn->role == ROLE_SERVER)
		return &e->conn->word;
	if (e->conn->local)
		return e->peer ? &e->peer->word : NULL;
	number = link_of(e->conn);
	link = number ? bpf_map_lookup_elem(&span_links, &number) : NULL;
	return link ? &link->word : NULL;
}

/*
 * The span of the request that begins at e->stream: whichever half comes first makes it, and the
 * other one finds it by that. NULL is counted.
 */
static __always_inline struct span *span_open(const struct event *e, struct span_ref *ref)
{
	u64 *at = word_of(e), word = 0;
	struct span *span, *other;
	struct span_ref theirs;

	if (at) {
		word = *at;
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
	if (!at || __sync_val_compare_and_swap(at, word, (u64)e->stream << 32 | ref->at) == word)
		return span;
	/* The other half was faster by a hair. */
	other = span_met(e, *at, &theirs);
	if (!other)
		return span;
	span_free(span);
	*ref = theirs;
	return other;
}

#endif
