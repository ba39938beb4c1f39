/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces made by hand: times in microseconds from the root's start. */
#ifndef SITU_TESTS_SAMPLE_TRACE_H
#define SITU_TESTS_SAMPLE_TRACE_H

#include "user/trace/assemble.h"

#define US	 1000ULL
#define EPOCH_US 1000000ULL

enum { LOAD = SLOT_FIRST, WEB, CART, REDIS, RATES };

struct instants {
	u64 sent, arrived, begun, answered, returned, read; /* us; 0: the first may be 0, too */
};

static inline u64 stamp(u64 us)
{
	return (EPOCH_US + us) * US;
}

/* A call of @parent's service @client to @server with both halves here. */
static inline struct span_record call(u32 id, u32 parent, u16 client, u16 server,
				      struct instants at)
{
	return (struct span_record){
		.trace = 7,
		.id = id,
		.parent = parent,
		.edge = id,
		.client_slot = client,
		.server_slot = server,
		.sent_ns = stamp(at.sent),
		.arrived_ns = stamp(at.arrived),
		.begun_ns = stamp(at.begun),
		.answered_ns = stamp(at.answered),
		.returned_ns = stamp(at.returned),
		.read_ns = stamp(at.read),
	};
}

static inline struct span_record root_call(u16 client, u16 server, u32 nr_spans, struct instants at)
{
	struct span_record root = call(0, SPAN_NONE, client, server, at);

	root.flags = SPAN_ROOT;
	root.weight = 1;
	root.nr_spans = nr_spans;
	return root;
}

static inline struct span_usage usage_us(u64 cpu, u64 runq, u64 throttled, u64 disk)
{
	return (struct span_usage){ cpu * US, runq * US, throttled * US, disk * US };
}

#endif
