/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One trace, split: what each place of its tree of calls had of the root's time. Pure.
 *
 * Of a call, times run connect, sent, arrived (at the server's kernel), begun (first read there),
 * answered, returned (at the caller's kernel), read. Between sent and arrived, and between
 * answered and returned, it is on the network; between arrived and begun in the socket's queue;
 * between begun and answered with the service: on a CPU, kept from one, at a disk, waiting for
 * calls of its own (downstream), or doing what none of them explains (other).
 *
 * Calls may overlap. The critical path gives each instant to the call that ended last of those
 * under way, so that all instants of the root are given to one place each, and the places add up
 * to the root's time to the nanosecond. A call that is on the path for a part of its time is cut
 * there; what its service used has no time of its own and is scaled to the part that is left.
 *
 * What the service used while a call was out is not on its path; the kernel tells how much that
 * was (span_record.caller). What fits between the answer's arrival and its read is on the path:
 * the wake-up's run-queue wait, then throttling, then the CPU. The rest of that gap is the answer
 * lying in the socket's queue.
 */
#ifndef SITU_TRACE_SPLIT_H
#define SITU_TRACE_SPLIT_H

#include "user/model/run.h"
#include "user/trace/assemble.h"

/* Beside the kernel's flags (enum span_flag). */
#define SPLIT_MISSING (1U << 31) /* not all records of the trace came */

/* Those that make a tree incomplete. */
#define SPLIT_FLAWS   (SPAN_FLAWS | SPLIT_MISSING)

struct split_place {
	u32 parent; /* index of the caller's place */
	u32 span;   /* index of one of its calls in the trace: tells its server */
	u32 calls;
	u64 ns[COMPONENT_NR];	  /* on the critical path */
	u64 sum_ns[COMPONENT_NR]; /* overlaps counted in full */
};

struct split {
	u64 start_ns; /* of the root: sent, or arrived where the client is elsewhere */
	u64 total_ns; /* all ns[] but downstream add up to it; 0 when @timed is not set */
	u32 flags;    /* flaws of all spans */
	bool timed;   /* the root was answered */
	u32 nr_places;
	/* The first is the client, its own parent; a place stands behind its parent. */
	struct split_place places[SPAN_TRACE_MAX + 1];
};

/* Splits @trace, which may hold anything. */
void split_trace(const struct trace *trace, struct split *split);

#endif
