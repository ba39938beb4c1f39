/* SPDX-License-Identifier: GPL-2.0-only */
/* What a counter or a histogram of the kernel's programs rose by between two snapshots. */
#ifndef SITU_ATTRIBUTE_DELTA_H
#define SITU_ATTRIBUTE_DELTA_H

#include "user/model/hist.h"

/* @now less @before; 0 where it fell, as a counter does that was taken back and given anew. */
u64 delta_u64(u64 now, u64 before);

/*
 * Adds the samples between the buckets @before and @now to @into; the sums are of the samples'
 * values. The buckets are those of HIST_KERNEL_SUB_BITS or HIST_COARSE_SUB_BITS (bpf/contract.h).
 * 0 or -ENOMEM.
 */
int delta_hist_kernel(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		      u64 sum_before);
int delta_hist_coarse(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		      u64 sum_before);

/*
 * The same of a row of sums over @calls calls: buckets of HIST_NR(0) that run over at 2^32, without
 * the calls that had nothing, which are put in the lowest one.
 */
int delta_hist_sums(struct hist *into, const u32 *now, const u32 *before, u64 calls, u64 sum_now,
		    u64 sum_before);

#endif
