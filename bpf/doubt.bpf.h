/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls in doubt. A thread that has read a request, or an answer for one, and next sends a request
 * to somebody else, does so for the former, unless a turn of another one came in between that
 * nothing showed, such as a timer's. It can only be one that waits for no answer: while there is
 * one, the call has a suspect. When the thread has read its answer, and next does something that is
 * the suspect's, then both ends of the call say the same, and it is the suspect's. Otherwise it may
 * be of all that are open, but not of those that were answered meanwhile.
 *
 * Both ends lie only where two such turns come at the very moments that fit. Where turns come at
 * all they show at times, right behind a sleep; as long as one did not long ago, there is no
 * suspect.
 */
#ifndef SITU_BPF_DOUBT_BPF_H
#define SITU_BPF_DOUBT_BPF_H

#include "bpf/event.bpf.h"

static __always_inline bool is_ref(struct span_ref a, struct span_ref b)
{
	return a.at == b.at && a.generation == b.generation;
}

/* The root @span, if it is over, ends here with its trace, once. */
static __always_inline void finish(struct span *span, struct span_ref ref)
{
	if (__sync_val_compare_and_swap(&span->over, SPAN_WAITS, SPAN_ENDS) == SPAN_WAITS)
		span_finish(ref.at, ref.generation);
}

/* Who has made the call @span, as far as is known or seems so; no place: nobody. */
static __always_inline struct span_ref maker_of(const struct span *span)
{
	return span->parent.at ? span->parent : span->suspect;
}

/*
 * The call @at in doubt is not known to be its suspect's: it may be of all that its sender has
 * open.
 */
__noinline int doubt_stays(u32 at, u32 generation)
{
	struct span_ref ref = { .at = at, .generation = generation };
	struct span *call = span_of(ref), *suspect;
	struct span_worker *worker;

	if (!call || !call->suspect.at)
		return 0;
	worker = worker_at(call->asker);
	if (worker)
		__sync_fetch_and_add(&worker->ambiguous, 1);
	suspect = span_of(call->suspect);
	if (suspect)
		__sync_fetch_and_add(&suspect->doubts, -1);
	call->suspect.at = 0;
	call->asker = 0; /* what it noted is of the suspect's use, not of the thread's */
	call->record.flags |= SPAN_AMBIGUOUS;
	__builtin_memset(&call->record.caller, 0, sizeof(call->record.caller));
	if (!call->late_below)
		finish(call, ref);
	return 0;
}

/* The call @at in doubt is its suspect's. */
__noinline int doubt_ends(u32 at, u32 generation)
{
	struct span_ref ref = { .at = at, .generation = generation };
	struct span *call = span_of(ref), *suspect;

	if (!call)
		return 0;
	suspect = span_of(call->suspect);
	if (!suspect)
		return doubt_stays(at, generation);
	__sync_fetch_and_add(&suspect->doubts, -1);
	ref = call->suspect;
	call->suspect.at = 0;
	span_adopt(call, at, suspect, ref);
	return 0;
}

/* The event is something that the thread does for @next; no place: nobody's, or not seen whose. */
static __always_inline void settle(const struct event *e, struct span_ref next)
{
	struct span_ref doubt = e->thread->doubt;

	if (!doubt.at)
		return;
	e->thread->doubt.at = 0;
	if (!e->slept && is_ref(next, e->thread->span))
		doubt_ends(doubt.at, doubt.generation);
	else
		doubt_stays(doubt.at, doubt.generation);
	/* Somebody else goes on with it, who had a turn that nothing showed. */
	if (!e->slept && next.at && !is_ref(next, e->thread->span))
		e->thread->unprompted_ns = e->at_ns;
}

/* ... for nobody in particular. */
static __always_inline void settle_none(const struct event *e)
{
	const struct span_ref none = {};

	settle(e, none);
}

#endif
