/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole traces that a run keeps: the slowest of each endpoint and a few others, to be looked at. */
#ifndef SITU_MODEL_KEPT_H
#define SITU_MODEL_KEPT_H

#include "user/base/types.h"

#define KEPT_ROOT UINT32_MAX /* parent of a root */

/* A request on a connection; its times are since 1970 in nanoseconds, 0 where not known. */
struct kept_span {
	u32 parent; /* index of the span whose service sent it; KEPT_ROOT at the root */
	char *client, *server, *server_addr;
	u32 client_isn,
		server_isn; /* initial sequence numbers: name the connection on both hosts */
	u32 ordinal;	    /* of the request on its connection, from 0 */
	u64 connect_ns;	    /* a duration, as the last four */
	u64 sent_ns, arrived_ns, begun_ns, answered_ns, returned_ns, read_ns;
	u64 cpu_ns, runq_ns, throttled_ns, disk_ns; /* by the server, from begun to answered */
};

struct kept_trace {
	char *endpoint;
	char *flaws;		 /* "ambiguous, lost": why its tree is not whole; "": it is */
	u32 mark;		 /* as in struct profile */
	u64 weight;		 /* how many like it this one stands for */
	bool slow;		 /* kept for its latency's sake */
	struct kept_span *spans; /* the root first, parents before children */
	size_t nr_spans;
};

/* Appends a zeroed span with copies of the three texts; NULL without memory. */
struct kept_span *kept_add_span(struct kept_trace *trace, const char *client, const char *server,
				const char *server_addr);
void kept_free(struct kept_trace *trace);

#endif
