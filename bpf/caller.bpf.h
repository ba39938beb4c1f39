/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose work a thread does: which request makes a call, and whose is what an answer took. */
#ifndef SITU_BPF_CALLER_BPF_H
#define SITU_BPF_CALLER_BPF_H

#include "bpf/doubt.bpf.h"

/*
 * The event's thread answers @span though another one has read it and nothing was seen to bring
 * it here. A thread that only ever does so works on one request after the other: what it has done
 * since its last answer was for this one.
 */
static __always_inline void answer_for_other(struct event *e, struct span *span)
{
	struct span_worker *process = worker_at(e->thread->process);
	struct span *current = span_of(e->thread->span);

	charge(e);
	if (current && current->stand_in && !current->calls_out) {
		span_use(span, &current->used);
		span_adopt(current, e->thread->span.at, span, e->conn->span);
	} else if (e->thread->helps && !(current && current->open)) {
		span_use(span, &e->used);
	} else {
		span->record.flags |= SPAN_HANDOVER;
		if (current && current->open)
			current->record.flags |= SPAN_AMBIGUOUS;
	}
	e->thread->helps = !e->thread->reads;
	if (process)
		process->mixed = 1;
}

/* The event's thread answers a request that it has read, but touched others since. */
static __always_inline void answer_from_afar(struct event *e, struct span *span)
{
	struct span *current = span_of(e->thread->span);

	span_use(span, &e->used);
	/* What it did just now may have been for the one that it has read last. */
	if (!e->slept && current && current->open && !current->calls_out) {
		current->record.flags |= SPAN_AMBIGUOUS;
		span->record.flags |= SPAN_AMBIGUOUS;
	}
}

enum caller {
	CALLER_NONE,   /* nobody's: the thread has no request open */
	CALLER_KNOWN,  /* its span, for sure */
	CALLER_LIKELY, /* its span, unless another one's turn came unseen: a doubt */
	CALLER_ANY,    /* one of several */
};

/* Whose call the event's thread makes now. */
static __always_inline enum caller find_caller(const struct event *e)
{
	const struct thread *t = e->thread;
	struct span_worker *worker = worker_at(t->worker), *process = worker_at(t->process);
	struct span *span = span_of(t->span);
	u32 others;
	bool mine;

	if (!worker || !process)
		return CALLER_NONE;
	if (span && span->stand_in)
		return worker->open ? CALLER_ANY : CALLER_KNOWN;
	mine = span && span->worker == t->worker;
	others = worker->idle - (mine && span->open && !span->calls_out ? 1 : 0);
	/* An answered one's only as long as it is clear that its reader goes on with it. */
	if (span && !others && !e->slept && !t->doubt.at && (span->open || mine))
		return CALLER_KNOWN;
	if (span && span->open && mine && worker->open == 1 &&
	    (!process->mixed || process->open == 1))
		return CALLER_KNOWN;
	if (span && span->open && mine && !e->slept && !process->mixed && is_prompted(e))
		return CALLER_LIKELY;
	if (worker->open)
		return CALLER_ANY;
	return process->open && !t->helps ? CALLER_ANY : CALLER_NONE;
}

/* All that may have made the call will say that something is missing. */
static __always_inline void accuse(const struct event *e)
{
	struct span_worker *worker = worker_at(e->thread->worker),
			   *process = worker_at(e->thread->process);

	if (worker && worker->open)
		__sync_fetch_and_add(&worker->ambiguous, 1);
	else if (process)
		__sync_fetch_and_add(&process->ambiguous, 1);
}

/* Stands for the request that this thread, which has read none, will answer. */
static __always_inline void stand_in(struct event *e)
{
	struct span *span;
	struct span_ref ref;

	span = span_new(&ref, e->at_ns);
	if (!span)
		return;
	span->stand_in = 1;
	span_use(span, &e->used);
	__builtin_memset(&e->used, 0, sizeof(e->used));
	touch(e, ref);
}

/* The caller of the event's call, into @ref: none when it is nobody's or anybody's. */
static __always_inline enum caller caller_of(struct event *e, struct span_ref *ref)
{
	struct span *caller;
	enum caller known;

	*ref = e->conn->caller;
	caller = span_of(*ref);
	e->conn->caller.at = 0;
	if (caller)
		release(caller);
	if (caller && (caller->open || caller->stand_in))
		return e->conn->likely ? CALLER_LIKELY : CALLER_KNOWN;
	note_prompt(e);
	known = find_caller(e);
	if (known == CALLER_NONE && e->thread->helps) {
		stand_in(e);
		known = CALLER_KNOWN;
	}
	*ref = e->thread->span;
	if (known == CALLER_ANY)
		accuse(e);
	if (known == CALLER_ANY || known == CALLER_NONE)
		ref->at = 0;
	return known;
}

#endif
