/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The spans under way: a pool of them, the trees that they make, and how a tree ends. A span is
 * named by its place and a generation, so that whoever remembers one that is over sees so.
 */
#ifndef SITU_BPF_SPANPOOL_BPF_H
#define SITU_BPF_SPANPOOL_BPF_H

#include "bpf/conn.bpf.h"
#include "bpf/thread.bpf.h"

#define SPAN_POOL     16384 /* a power of two */
#define SPAN_TRIES    8
#define SPAN_OLD_NS   120000000000ULL
#define SPAN_WALK_MAX 256 /* spans of a trace that are freed at its end; the rest grows old */

struct span {
	struct span_record record;
	struct span_usage used;	  /* by the threads that serve it, so far */
	struct span_usage before; /* of the caller, when it sent the request */
	struct span_ref parent;
	u32 generation; /* odd: in use */
	u32 child;	/* the newest one; 0: none */
	u32 eldest;	/* the first one, at the end of the list of children */
	u32 next;	/* child of the same parent */
	u32 worker;	/* that read the request first; 0: none did */
	u32 worker_generation;
	u32 ambiguous; /* the worker's count then */
	u32 asker;     /* worker number of the thread that sent the request */
	u8 acted;      /* something was sent for its sake */
	u8 open;       /* counted in its worker's open ones */
	u8 pad[2];
	u64 touched_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_POOL);
	__type(key, u32);
	__type(value, struct span);
} span_pool SEC(".maps");

/* One a connection of which an end is known here: the request under way on it. */
#define SPAN_LINKS 16384

struct span_link {
	u64 word; /* what the request is called in the client's stream << 32 | place in the pool */
	u64 halves; /* that know its number */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_LINKS);
	__type(key, u32);
	__type(value, struct span_link);
} span_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SPAN_LINKS);
	__type(key, struct isn_pair);
	__type(value, u32);
} span_link_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, SPAN_LINKS);
	__type(value, u32);
} span_link_free SEC(".maps");

#define SPAN_RING_SHIFT 22

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
unsigned int span_cursor;

static __always_inline struct span *span_at(u32 at)
{
	return bpf_map_lookup_elem(&span_pool, &at);
}

/* NULL when it is over. */
static __always_inline struct span *span_of(struct span_ref ref)
{
	struct span *span;

	if (!ref.at)
		return NULL;
	span = span_at(ref.at);
	return span && span->generation == ref.generation ? span : NULL;
}

/* A new span; *@ref is none on failure, which is counted. */
static __always_inline struct span *span_new(struct span_ref *ref, u64 now_ns)
{
	struct span *span;
	u32 i, at, generation;

	for (i = 0; i < SPAN_TRIES; i++) {
		at = __sync_fetch_and_add(&span_cursor, 1) & (SPAN_POOL - 1);
		span = at ? span_at(at) : NULL;
		if (!span)
			continue;
		generation = span->generation;
		if (generation & 1 && now_ns - span->touched_ns < SPAN_OLD_NS)
			continue;
		__builtin_memset(span, 0, sizeof(*span));
		span->generation = (generation + 1) | 1;
		span->touched_ns = now_ns;
		span->record.parent = SPAN_NONE;
		span->record.edge = SPAN_NONE;
		span->record.client_slot = SLOT_REMOTE;
		span->record.server_slot = SLOT_REMOTE;
		ref->at = at;
		ref->generation = span->generation;
		return span;
	}
	lose(LOSS_SPAN_FULL);
	ref->at = 0;
	ref->generation = 0;
	return NULL;
}

static __always_inline void span_free(struct span *span)
{
	span->generation++;
}

/* Hangs @span below @parent. */
static __always_inline void span_adopt(struct span *span, u32 at, struct span *parent,
				       struct span_ref parent_ref)
{
	u32 elder;

	span->parent = parent_ref;
	elder = __sync_lock_test_and_set(&parent->child, at);
	span->next = elder;
	if (!elder)
		parent->eldest = at;
}

static __always_inline void add(u64 *to, u64 value)
{
	if (value)
		__sync_fetch_and_add(to, value);
}

static __always_inline void span_use(struct span *span, const struct span_usage *used)
{
	add(&span->used.cpu_ns, used->cpu_ns);
	add(&span->used.runq_ns, used->runq_ns);
	add(&span->used.throttled_ns, used->throttled_ns);
	add(&span->used.disk_ns, used->disk_ns);
}

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

	if ((s64)latency_ns <= 0)
		return 0;
	if (span_is_slow(root, latency_ns)) {
		root->flags |= SPAN_SLOW;
		every = span_slow_every;
	}
	/* While user space has not caught up, the buffer's eighths spread the rest over more. */
	fill = bpf_ringbuf_query(&span_ring, BPF_RB_AVAIL_DATA) >> (SPAN_RING_SHIFT - 3);
	every <<= 2 * (fill & 7);
	if (every <= 1)
		return every;
	return bpf_get_prandom_u32() % every ? 0 : every;
}

/* Sends one of the trace below @root; what cannot be sent is missed there. */
static __always_inline void span_say(struct span *root, struct span *span)
{
	struct span_record *record = &span->record;
	u32 nr = root->record.nr_spans;

	if (nr >= SPAN_TRACE_MAX - 1) {
		if (!(root->record.flags & SPAN_LOST))
			lose(LOSS_SPAN_LONG);
		root->record.flags |= SPAN_LOST;
		return;
	}
	if (!record->answered_ns || (record->sent_ns && !record->read_ns))
		record->flags |= SPAN_UNANSWERED;
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
 * any more. It was freed just now, unless it is the root.
 */
static __always_inline bool span_number_parent(struct span *span)
{
	struct span *parent = span_at(span->parent.at);
	u32 later;

	if (!parent || !(span->generation & 1))
		return false;
	later = parent->generation - span->parent.generation;
	span->record.parent = parent->record.id;
	return later <= 1;
}

/*
 * The trace below the root is over: it is sent or not, and its spans are free. In the list every
 * one stands behind its parent, since the children of the one taken off come before the rest.
 */
static __noinline int span_finish(u32 at, u32 generation)
{
	struct span_ref ref = { .at = at, .generation = generation };
	struct span *root = span_of(ref), *span, *eldest;
	u32 list, i;

	if (!root)
		return 0;
	root->record.trace = (u64)generation << 32 | at;
	root->record.weight = span_weigh(&root->record);
	root->record.id = 0;
	root->record.nr_spans = 0;
	list = root->child;
	for (i = 0; i < SPAN_WALK_MAX && list; i++) {
		span = span_at(list);
		if (!span || !span_number_parent(span)) {
			root->record.flags |= SPAN_LOST;
			break;
		}
		list = span->next;
		eldest = span->child ? span_at(span->eldest) : NULL;
		if (eldest) {
			eldest->next = list;
			list = span->child;
		}
		if (root->record.weight)
			span_say(root, span);
		span_free(span);
	}
	if (root->record.weight)
		span_say_root(root);
	span_free(root);
	return 0;
}

#endif
