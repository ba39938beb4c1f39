/* SPDX-License-Identifier: GPL-2.0-only */
/* What every BPF source starts from: kernel types, helpers, the contract, losses, histograms. */
#ifndef SITU_BPF_SITU_BPF_H
#define SITU_BPF_SITU_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "bpf/contract.h"

/* The maps that all objects share (the loader gives them one set) are marked so by their names. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOSS_NR);
	__type(key, u32);
	__type(value, u64);
} shared_losses SEC(".maps");

/* Not inlined: it is rare, and the hot path stays short in the instruction cache. */
static __noinline void lose(enum loss reason)
{
	u32 key = reason;
	u64 *count = bpf_map_lookup_elem(&shared_losses, &key);

	if (count)
		(*count)++;
}

/*
 * Bucket of @value_ns below @nr. The verifier does not follow the shifts, and 5.10's loses a bound
 * that was checked in 32 bits or in another register than the one that is used.
 */
static __always_inline u64 *hist_bucket(u64 *buckets, u64 value_ns, u32 sub_bits, u32 nr)
{
	u64 i = hist_index(value_ns, sub_bits);

	barrier_var(i);
	return i < nr ? &buckets[i] : buckets;
}

/* Counts @value_ns in @buckets of a row that only this CPU writes. */
static __always_inline void hist_count(u64 *buckets, u64 value_ns)
{
	(*hist_bucket(buckets, value_ns, HIST_KERNEL_SUB_BITS, HIST_KERNEL_NR))++;
}

/* The same in a row that several CPUs write. */
static __always_inline void hist_count_shared(u64 *buckets, u64 value_ns)
{
	__sync_fetch_and_add(hist_bucket(buckets, value_ns, HIST_KERNEL_SUB_BITS, HIST_KERNEL_NR),
			     1);
}

static __always_inline void hist_count_coarse(u64 *buckets, u64 value_ns)
{
	__sync_fetch_and_add(hist_bucket(buckets, value_ns, HIST_COARSE_SUB_BITS, HIST_COARSE_NR),
			     1);
}

#endif
