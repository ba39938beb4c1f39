/* SPDX-License-Identifier: GPL-2.0-only */
/* Span records, as they come from the kernel, into whole traces. */
#ifndef SITU_TRACE_ASSEMBLE_H
#define SITU_TRACE_ASSEMBLE_H

#include "bpf/contract.h"

/* Traces whose root has not come yet: one per CPU that sends, and room for those that never do. */
#define ASSEMBLE_PENDING_MAX 256

/* Records of one trace; the last one is its root. Valid during the call that hands it out. */
struct trace {
	const struct span_record *spans;
	u32 nr; /* 1..SPAN_TRACE_MAX */
};

struct assembler;

/* *@out is NULL on failure. Takes at most ASSEMBLE_PENDING_MAX * SPAN_TRACE_MAX records of memory.
 * 0 or -ENOMEM. */
int assembler_open(struct assembler **out);
void assembler_close(struct assembler *a); /* NULL is fine */

/*
 * Takes a copy of @record. When it is a root, hands the trace to @each and returns what that
 * does. Where room is short, the trace that got no record for the longest time goes. 0 or -ENOMEM.
 */
int assembler_add(struct assembler *a, const struct span_record *record,
		  int (*each)(const struct trace *trace, void *arg), void *arg);

/* Records that were dropped so far: their root did not come, or their trace was too long. */
u64 assembler_dropped(const struct assembler *a);

#endif
