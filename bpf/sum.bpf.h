/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums over every call, by its edge and by what it was made for: exact, whatever share of the
 * traces is sent. Made when a trace is over, not in the hooks.
 */
#ifndef SITU_BPF_SUM_BPF_H
#define SITU_BPF_SUM_BPF_H

#include "bpf/owner.bpf.h"
#include "bpf/spanpool.bpf.h"
#include "bpf/sum.h"

_Static_assert((SUM_BUCKETS & (SUM_BUCKETS - 1)) == 0, "a mask keeps a bucket within its row");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SUM_ROWS_MAX);
	__type(key, u32);
	__type(value, struct sum_row);
} sum_rows SEC(".maps");

DENSE_MAPS(sum, SUM_ROWS_MAX);

/* Whether the owner of @slot came after @at_ns: the number was another one's then. */
static __always_inline bool sum_slot_stale(u32 slot, u64 at_ns)
{
	const struct owner_info *info;

	if (slot < SLOT_FIRST)
		return false;
	info = bpf_map_lookup_elem(&shared_owner_info, &slot);
	return !info || !info->key || info->born_ns > at_ns;
}

/* Rows of edges are known by their generation, and user space sees which of them are over. */
static __always_inline bool sum_stale(u32 where, u64 at_ns)
{
	if (where & SUM_BY_MARK || !(where & SUM_BY_SLOTS))
		return false;
	return sum_slot_stale(SUM_CLIENT(where), at_ns) || sum_slot_stale(SUM_SERVER(where), at_ns);
}

/* The row of @key, made when it is new; NULL is counted. */
static __always_inline struct sum_row *sum_row_of(u64 key)
{
	u32 line = dense_line(key), number;
	struct sum_row *row;
	bool born = false;
	u64 *word;

	word = bpf_map_lookup_elem(&sum_cache, &line);
	if (!word)
		return NULL;
	if (dense_hit(*word, key)) {
		number = dense_number(*word);
	} else {
		number = dense_take(&sum_numbers, &sum_free, key, LOSS_SUM_FULL, &born);
		if (number == DENSE_NONE)
			return NULL;
		*word = dense_word(key, number);
	}
	row = bpf_map_lookup_elem(&sum_rows, &number);
	if (row && born)
		row->key = key;
	return row;
}

static __always_inline void sum_add(struct sum_row *row, const u64 ns[SUM_NR])
{
	u32 i;

	__sync_fetch_and_add(&row->calls, 1);
#pragma clang loop unroll(disable)
	for (i = 0; i < SUM_NR; i++) {
		u64 bucket;

		if (!ns[i])
			continue;
		bucket = hist_index(ns[i], 0);
		barrier_var(bucket);
		__sync_fetch_and_add(&row->ns[i], ns[i]);
		__sync_fetch_and_add(&row->hist[i][bucket & (SUM_BUCKETS - 1)], 1);
	}
}

/* To the calls of its caller, whose own sums are made behind those of all its calls. Not static,
 * so that the verifier looks at it by itself. */
__noinline int sum_tell_caller(u32 at)
{
	struct span *span = span_at(at), *caller;
	u64 t[INSTANTS], of_caller[INSTANTS];

	if (!span)
		return 0;
	caller = span_of(span->parent);
	if (caller && caller->stand_in)
		caller = span_of(caller->parent);
	if (!caller)
		return 0;
	sum_instants(t, &span->record);
	sum_instants(of_caller, &caller->record);
	sum_call(&caller->calls, of_caller, t, &span->record.caller);
	return 0;
}

/* Adds the call of @span, all of whose own calls have been added. @whom_for as of sum_for(). */
static __always_inline void sum_span(struct span *span, u32 whom_for, bool entry)
{
	u32 where = sum_where(&span->record);
	u64 t[INSTANTS], ns[SUM_NR];
	struct sum_row *row;

	sum_instants(t, &span->record);
	sum_components(ns, &span->record, t, &span->calls);
	if (sum_stale(where, t[READ]) || sum_stale(whom_for, t[READ])) {
		lose(LOSS_SUM_STALE);
		return;
	}
	row = sum_row_of(sum_key(whom_for, entry, where));
	if (row && span->flawed)
		__sync_fetch_and_add(&row->flawed, 1);
	else if (row)
		sum_add(row, ns);
}

#endif
