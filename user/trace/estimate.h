/* SPDX-License-Identifier: GPL-2.0-only */
/* What whole traces make of the sums that the kernel keeps over all calls (bpf/sum.h). */
#ifndef SITU_TRACE_ESTIMATE_H
#define SITU_TRACE_ESTIMATE_H

#include "user/trace/assemble.h"

#define ESTIMATES_MAX 1024 /* a power of two, and more than the kernel has rows */

/* Of the calls without flaws that one row of the kernel's is about. */
struct estimate {
	u64 key;	/* sum_key() (bpf/sum.h); 0: free */
	u64 traced;	/* that came */
	u64 calls;	/* that they stand for */
	u64 ns[SUM_NR]; /* of these */
};

struct estimates {
	struct estimate at[ESTIMATES_MAX];
	u32 nr;
};

/* Adds the calls of @trace, which may hold anything; a row too many is left out. */
void estimates_add(struct estimates *estimates, const struct trace *trace);

/* Those for the row @key; NULL when no trace had any. */
const struct estimate *estimates_find(const struct estimates *estimates, u64 key);

#endif
