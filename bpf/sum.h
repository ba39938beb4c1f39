/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a call adds to the sums of its edge, the same code in the kernel, which does so for every
 * call, and in user space, which does so for those of the traces that it gets.
 *
 * A call's times are those of user/trace/split.h, with what overlaps counted in full (sum_ns of
 * attribution): all that its service used, and the socket's queue of its request. What the service
 * did beside its calls is subtracted where that is needed to know the rest (other). Calls of a
 * service that do not overlap each other make the same other and socket queue as there; of those
 * that do, the ones sent later count as far as they go on after the ones before.
 */
#ifndef SITU_BPF_SUM_H
#define SITU_BPF_SUM_H

#include "bpf/contract.h"
#include "bpf/instants.h"

/*
 * Where a call went, in 25 bits: the row of its edge with 12 bits of the row's generation; of one
 * without a row (over a unix-domain socket) the slots of its ends.
 */
#define SUM_WHERE_BITS	      25
#define SUM_GENERATION_BITS   12
#define SUM_GENERATION_MASK   ((1U << SUM_GENERATION_BITS) - 1)
#define SUM_BY_SLOTS	      (1U << 23)
#define SUM_BY_MARK	      (1U << 24) /* instead of a root's edge: the load's endpoint */
#define SUM_FOR_NOBODY	      0xffffffffU

#define SUM_EDGE(where)	      ((where) >> SUM_GENERATION_BITS & (EDGE_ROWS_MAX - 1))
#define SUM_GENERATION(where) ((where)&SUM_GENERATION_MASK)
#define SUM_CLIENT(where)     ((where) >> 10 & (SLOTS_MAX - 1))
#define SUM_SERVER(where)     ((where) & (SLOTS_MAX - 1))
#define SUM_MARK(where)	      ((where)&0xffff)

/* The key of a row: whom calls are made for, whether they are those requests themselves, where. */
#define SUM_KEY_BITS	      (2 * SUM_WHERE_BITS + 2)
#define SUM_KEY_FOR(key)      ((u32)((key) >> (SUM_WHERE_BITS + 1)) & ((1U << SUM_WHERE_BITS) - 1))
#define SUM_KEY_ENTRY(key)    ((u32)((key) >> SUM_WHERE_BITS) & 1)
#define SUM_KEY_WHERE(key)    ((u32)(key) & ((1U << SUM_WHERE_BITS) - 1))

/* What a service's calls come to, as they are added in the order in which they were sent. */
struct sum_calls {
	u64 down_ns;   /* while at least one was out */
	u64 until_ns;  /* when the last one so far was back */
	u64 unread_ns; /* answers that lay in the socket's queue */
	u64 beside_ns; /* what the service used while calls were out */
};

#define SUM_INLINE static inline __attribute__((always_inline))

SUM_INLINE u32 sum_where(const struct span_record *r)
{
	if (r->edge < EDGE_ROWS_MAX)
		return r->edge << SUM_GENERATION_BITS | (r->edge_generation & SUM_GENERATION_MASK);
	return SUM_BY_SLOTS | (u32)(r->client_slot & (SLOTS_MAX - 1)) << 10 |
	       (r->server_slot & (SLOTS_MAX - 1));
}

/* Whom the calls of a trace with this root are made for. */
SUM_INLINE u32 sum_for(const struct span_record *root)
{
	return root->endpoint ? SUM_BY_MARK | (root->endpoint & 0xffff) : sum_where(root);
}

/* Never 0. */
SUM_INLINE u64 sum_key(u32 whom_for, bool entry, u32 where)
{
	return 1ULL << (SUM_KEY_BITS - 1) | (u64)whom_for << (SUM_WHERE_BITS + 1) |
	       (u64)entry << SUM_WHERE_BITS | where;
}

SUM_INLINE void sum_instants(u64 t[INSTANTS], const struct span_record *r)
{
	t[CONNECTS] = 0;
	t[SENT] = r->sent_ns;
	t[ARRIVED] = r->arrived_ns;
	t[BEGUN] = r->begun_ns;
	t[ANSWERED] = r->answered_ns;
	t[RETURNED] = r->returned_ns;
	t[READ] = r->read_ns;
	instants_order(t, r->connect_ns);
}

SUM_INLINE u64 sum_usage(const struct span_usage *u)
{
	return u->cpu_ns + u->runq_ns + u->throttled_ns + u->disk_ns;
}

/*
 * Adds the call with the instants @t, during which its caller's threads used @used, to the calls
 * of the request with the instants @caller. To be called in the order of sending.
 */
SUM_INLINE void sum_call(struct sum_calls *calls, const u64 caller[INSTANTS], const u64 t[INSTANTS],
			 const struct span_usage *used)
{
	u64 begun_ns = ns_max(calls->until_ns, caller[BEGUN]);
	u64 gap_ns =
		ns_minus(ns_min(t[READ], caller[ANSWERED]), ns_max(t[RETURNED], caller[BEGUN]));
	u64 read_ns = ns_min(used->cpu_ns + used->runq_ns + used->throttled_ns, gap_ns);
	u64 beside_ns = sum_usage(used) - read_ns;

	calls->down_ns +=
		ns_minus(ns_min(t[RETURNED], caller[ANSWERED]), ns_max(t[CONNECTS], begun_ns));
	calls->unread_ns += gap_ns - read_ns;
	if (t[SENT] < calls->until_ns)
		beside_ns = ns_min(beside_ns, ns_minus(t[READ], calls->until_ns));
	calls->beside_ns += beside_ns;
	calls->until_ns = ns_max(calls->until_ns, t[RETURNED]);
}

/* The components @ns of the call @r with the instants @t and calls of its own. */
SUM_INLINE void sum_components(u64 ns[SUM_NR], const struct span_record *r, const u64 t[INSTANTS],
			       const struct sum_calls *calls)
{
	u64 room_ns = ns_minus(t[ANSWERED] - t[BEGUN], calls->down_ns);
	u64 unread_ns = ns_min(calls->unread_ns, room_ns);

	ns[SUM_NETWORK] = t[ARRIVED] - t[SENT] + t[RETURNED] - t[ANSWERED];
	ns[SUM_CONNECT] = t[SENT] - t[CONNECTS];
	ns[SUM_SOCKET_QUEUE] = t[BEGUN] - t[ARRIVED] + unread_ns;
	ns[SUM_CPU] = r->used.cpu_ns;
	ns[SUM_RUNQ] = r->used.runq_ns;
	ns[SUM_THROTTLED] = r->used.throttled_ns;
	ns[SUM_DISK] = r->used.disk_ns;
	ns[SUM_DOWNSTREAM] = calls->down_ns;
	ns[SUM_OTHER] =
		ns_minus(room_ns - unread_ns, ns_minus(sum_usage(&r->used), calls->beside_ns));
	ns[SUM_TIME] = t[RETURNED] - t[CONNECTS];
}

#endif
