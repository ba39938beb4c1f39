/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The spans under way: a pool of them, the trees that they make, and how a tree ends. A span is
 * named by its place and a generation, so that whoever remembers one that is over sees so.
 */
#ifndef SITU_BPF_SPANPOOL_BPF_H
#define SITU_BPF_SPANPOOL_BPF_H

#include "bpf/conn.bpf.h"
#include "bpf/sum.h"
#include "bpf/thread.bpf.h"

#define SPAN_POOL      8192 /* a power of two */
#define SPAN_TRIES     12
#define SPAN_TRIES_OWN 4
#define SPAN_OWN       32    /* that each CPU takes first, since they are in its cache */
#define SPAN_STRIDE    6577U /* odd, far from any small part of the pool */
#define SPAN_DEPTH_MAX 16
#define SPAN_OLD_NS    120000000000ULL

/* How far the end of a root is. */
enum span_over {
	SPAN_RUNS,
	SPAN_WAITS, /* only for senders that are late, or for the end of its doubt */
	SPAN_ENDS,
};

struct span {
	struct span_record record;
	struct span_usage used; /* by the threads that serve it, so far */
	union {
		struct span_usage before; /* of the caller, when it sent the request */
		struct sum_calls calls;	  /* once its trace is over */
	};
	struct span_ref parent;
	struct span_ref suspect; /* a call in doubt: whose it seems to be */
	u64 late;   /* its answer was read before its sender was seen to have sent it: the root that
		     * waits for that, its generation << 32 | its place */
	u32 doubts; /* calls in doubt that seem to be its */
	u32 child;  /* the newest one; 0: none */
	u32 eldest; /* the first one, at the end of the list of children */
	u32 next;   /* child of the same parent */
	u32 worker; /* that read the request first; 0: none did */
	u32 worker_generation;
	u32 ambiguous; /* the worker's count then */
	u32 process;   /* the worker's; 0: not known */
	u32 process_generation;
	u32 process_ambiguous; /* its count then */
	u32 asker;	       /* worker number of the thread that sent the request */
	u32 calls_out;	       /* its calls that no answer has been read of, those in doubt too */
	u8 open;	       /* counted in its worker's open ones */
	u8 stand_in;	       /* for the request that its thread will answer: not sent itself */
	u8 flawed;	       /* of SPAN_FLAWS, once its trace is over */
	u32 late_below;	       /* a root's: how many such ones */
	u32 over;	       /* a root's: enum span_over */
	u32 walked;	       /* a root's whose trace is over: the last one that was sent */
	u32 generation;	       /* odd: in use. This and what follows outlive the span */
	u64 touched_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_POOL);
	__type(key, u32);
	__type(value, struct span);
} span_pool SEC(".maps");

/* One a connection of which an end is known here: the request under way on it. */
#define SPAN_LINKS 8192

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

unsigned int span_cursor;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} span_own_cursor SEC(".maps");

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

/* Whether @span was free, or forgotten, and is the caller's now. */
static __always_inline bool span_claim(struct span *span, u64 now_ns)
{
	u32 generation = span->generation, next = (generation + 1) | 1;

	if (generation & 1 && now_ns - span->touched_ns < SPAN_OLD_NS)
		return false;
	return __sync_val_compare_and_swap(&span->generation, generation, next) == generation;
}

/*
 * Where to look for a free one the @nth time: first among the CPU's own. The other places come each
 * once in a round, in strides: those that CPUs have for their own lie side by side, and when one
 * of them is under way, so are the ones beside it.
 */
static __always_inline u32 span_candidate(u32 nth)
{
	u32 zero = 0, *own = bpf_map_lookup_elem(&span_own_cursor, &zero), at;

	if (!own || nth >= SPAN_TRIES_OWN)
		return __sync_fetch_and_add(&span_cursor, 1) * SPAN_STRIDE & (SPAN_POOL - 1);
	at = bpf_get_smp_processor_id() * SPAN_OWN + (*own & (SPAN_OWN - 1));
	*own += 1;
	return at & (SPAN_POOL - 1);
}

/*
 * The place of a free span, now the caller's; 0, which is counted, when none is found. (Not static,
 * so that the verifier looks at it once.)
 */
__noinline u32 span_take_place(u64 now_ns)
{
	struct span *span;
	u32 i, at;

	for (i = 0; i < SPAN_TRIES; i++) {
		at = span_candidate(i);
		span = at ? span_at(at) : NULL;
		if (span && span_claim(span, now_ns))
			return at;
	}
	lose(LOSS_SPAN_FULL);
	return 0;
}

/* A new span; *@ref is none on failure. */
static __always_inline struct span *span_new(struct span_ref *ref, u64 now_ns)
{
	struct span *span;

	ref->at = span_take_place(now_ns);
	ref->generation = 0;
	span = ref->at ? span_at(ref->at) : NULL;
	if (!span)
		return NULL;
	__builtin_memset(span, 0, offsetof(struct span, generation));
	span->touched_ns = now_ns;
	span->record.parent = SPAN_NONE;
	span->record.edge = SPAN_NONE;
	span->record.client_slot = SLOT_REMOTE;
	span->record.server_slot = SLOT_REMOTE;
	ref->generation = span->generation;
	return span;
}

static __always_inline void span_free(struct span *span)
{
	if (span->generation & 1)
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

/* The row of its connection's edge, as far as it is known by now. */
static __always_inline void span_note_edge(struct span *span, const struct conn *conn)
{
	if (conn->row >= EDGE_ROWS_MAX)
		return;
	span->record.edge = conn->row;
	span->record.edge_generation = (u32)conn->generation;
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

#endif
