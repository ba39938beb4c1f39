/* SPDX-License-Identifier: GPL-2.0-only */
/* How a trace ends: whether it is worth sending, and what is free behind it. */
#ifndef SITU_BPF_TRACE_BPF_H
#define SITU_BPF_TRACE_BPF_H

#include "bpf/sum.bpf.h"
#include "bpf/worker.bpf.h"

#define SPAN_WALK_MAX	256 /* spans of a trace that are freed at its end; the rest grows old */

#define SPAN_RING_SHIFT 20

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << SPAN_RING_SHIFT);
} span_ring SEC(".maps");

/* Slow is what takes longer than nine of ten, by the load's endpoint, or else by the edge. */
#define SPAN_CLASSES (2 * EDGE_ROWS_MAX)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_CLASSES);
	__type(key, u32);
	__type(value, u64);
} span_slow_ns SEC(".maps");

/* One of so many traces is sent; set by user space, by what it can take. 0: none. */
volatile unsigned int span_slow_every, span_other_every;

/*
 * Whether @latency_ns is slow for its class: the bound follows the ninth decile, going up by nine
 * parts for each request above it and down by one for each below.
 */
static __always_inline bool span_is_slow(const struct span_record *root, u64 latency_ns)
{
	u32 class = root->endpoint && root->endpoint < EDGE_ROWS_MAX ? root->endpoint
		    : root->edge < EDGE_ROWS_MAX		     ? EDGE_ROWS_MAX + root->edge
								     : 0;
	u64 *bound = bpf_map_lookup_elem(&span_slow_ns, &class), step_ns;
	bool slow;

	if (!bound)
		return false;
	if (!*bound)
		*bound = latency_ns;
	slow = latency_ns >= *bound;
	step_ns = (*bound >> 8) + 1;
	*bound += slow ? 9 * step_ns : -step_ns;
	return slow;
}

/* How many the trace below @root stands for; 0: it is not sent. */
static __always_inline u32 span_weigh(struct span_record *root)
{
	u64 latency_ns = root->sent_ns ? root->read_ns - root->sent_ns
				       : root->answered_ns - root->arrived_ns;
	u32 every = span_other_every, fill;

	if ((s64)latency_ns <= 0) {
		root->flags |= SPAN_UNANSWERED;
	} else if (span_is_slow(root, latency_ns)) {
		root->flags |= SPAN_SLOW;
		every = span_slow_every;
	}
	/* While user space has not caught up, the buffer's last eighths are spread over more. */
	fill = bpf_ringbuf_query(&span_ring, BPF_RB_AVAIL_DATA) >> (SPAN_RING_SHIFT - 3);
	if (fill > 4)
		every <<= 2 * (fill - 4);
	if (every <= 1)
		return every;
	return bpf_get_prandom_u32() % every ? 0 : every;
}

/* Sends one of the trace below @root; what cannot be sent is missed there. */
static __always_inline void span_say(struct span *root, struct span *span)
{
	struct span_record *record = &span->record;
	u32 nr = root->record.nr_spans;

	/* Its children are those of the request that it stands for. */
	if (span->stand_in) {
		record->id = record->parent;
		return;
	}
	if (nr >= SPAN_TRACE_MAX - 1) {
		if (!(root->record.flags & SPAN_LOST))
			lose(LOSS_SPAN_LONG);
		root->record.flags |= SPAN_LOST;
		return;
	}
	record->trace = root->record.trace;
	record->id = nr + 1;
	if (bpf_ringbuf_output(&span_ring, record, sizeof(*record), BPF_RB_NO_WAKEUP)) {
		lose(LOSS_SPAN_RING);
		root->record.flags |= SPAN_LOST;
		return;
	}
	root->record.nr_spans = nr + 1;
}

static __always_inline void span_say_root(struct span *root)
{
	struct span_record *record = &root->record;

	record->flags |= SPAN_ROOT;
	record->nr_spans++;
	if (bpf_ringbuf_output(&span_ring, record, sizeof(*record), BPF_RB_NO_WAKEUP))
		lose(LOSS_SPAN_RING);
}

/*
 * The number that the parent of @span has been given; false when the parent is not of this trace
 * any more.
 */
static __always_inline bool span_number_parent(struct span *span)
{
	struct span *parent = span_of(span->parent);

	if (!parent || !(span->generation & 1))
		return false;
	span->record.parent = parent->record.id;
	return true;
}

/* What its numbers lack is known now, whether it is sent or not. */
static __always_inline void span_close(struct span *span)
{
	struct span_record *record = &span->record;

	/* The half that is on another kernel is not known to lack anything. */
	if ((record->begun_ns && !record->answered_ns) || (record->sent_ns && !record->read_ns))
		record->flags |= SPAN_UNANSWERED;
	span->flawed = (record->flags & SPAN_FLAWS) != 0;
	__builtin_memset(&span->calls, 0, sizeof(span->calls));
}

/*
 * Sends the span @at, the first one in the list of what is left of the trace below the span
 * @root_at. In the list every one stands behind its parent, since the children of the one that was
 * sent come before the rest, the newest first. Returns the next one; 0 at the end. Those that were
 * sent make a list that goes back. (Not static, so that the verifier looks at it by itself, and not
 * once for each turn of the loop.)
 */
__noinline u32 span_end(u32 at, u32 root_at)
{
	struct span *root = span_at(root_at), *span = span_at(at), *eldest;
	u32 list;

	if (!root || !span)
		return 0;
	if (!span_number_parent(span)) {
		root->record.flags |= SPAN_LOST;
		root->flawed = 1;
		lose(LOSS_SUM_ORPHAN);
		return 0;
	}
	span_close(span);
	list = span->next;
	eldest = span->child ? span_at(span->eldest) : NULL;
	if (eldest) {
		eldest->next = list;
		list = span->child;
	}
	if (root->record.weight)
		span_say(root, span);
	give(span);
	span->next = root->walked;
	root->walked = at;
	return list;
}

/*
 * Adds the span @at to the sums and frees it; returns the one that was sent before it. So the
 * calls of a request come before itself, and in the order in which they were sent. A request that
 * nobody was seen to make has SUM_FOR_NOBODY.
 */
__noinline u32 span_forget(u32 at, u32 whom_for)
{
	struct span *span = span_at(at);
	u32 next;

	if (!span)
		return 0;
	/* What stands in for a request is nothing by itself: its calls are that one's. */
	if (whom_for == SUM_FOR_NOBODY) {
		lose(LOSS_SUM_ORPHAN);
	} else if (!span->stand_in) {
		sum_span(span, whom_for, false);
		sum_tell_caller(at);
	}
	next = span->next;
	span_free(span);
	return next;
}

/* Not static, like span_end(). */
__noinline int span_sum_root(u32 at, u32 whom_for)
{
	struct span *root = span_at(at);

	if (root && whom_for != SUM_FOR_NOBODY)
		sum_span(root, whom_for, true);
	return 0;
}

/* The trace below the span @at is over: it is sent or not, and its spans are free. */
__noinline int span_finish(u32 at, u32 generation)
{
	struct span_ref ref = { .at = at, .generation = generation };
	struct span *root = span_of(ref);
	u32 list, i, whom_for;

	if (!root)
		return 0;
	root->record.trace = (u64)generation << 32 | at;
	root->record.weight = root->stand_in ? 0 : span_weigh(&root->record);
	root->record.id = 0;
	root->record.nr_spans = 0;
	root->flawed = (root->record.flags & SPAN_FLAWS) != 0;
	root->walked = 0;
	__builtin_memset(&root->calls, 0, sizeof(root->calls));
	whom_for = root->stand_in ? SUM_FOR_NOBODY : sum_for(&root->record);
	list = root->child;
	for (i = 0; i < SPAN_WALK_MAX && list; i++)
		list = span_end(list, at);
	if (list)
		lose(LOSS_SUM_ORPHAN);
	/* Only now: one that is free is another CPU's at once, and its children ask for its number.
	 */
	list = root->walked;
	for (i = 0; i < SPAN_WALK_MAX && list; i++)
		list = span_forget(list, whom_for);
	span_sum_root(at, whom_for);
	if (root->record.weight)
		span_say_root(root);
	give(root);
	span_free(root);
	return 0;
}

#endif
