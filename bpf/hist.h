/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histogram buckets, the same code in the kernel and in user space.
 *
 * A value of nanoseconds falls into bucket 0 below HIST_FLOOR (64 ns, under which no clock here
 * says anything), into the last bucket from HIST_CEIL (68.7 s), and between them into one of
 * 2^sub_bits equal parts of its octave. The middle of a bucket is within 1/2^(sub_bits + 1) of
 * every value in it: 6.25 % with the kernel's 3 bits, 1.6 % with the load generator's 5, and
 * 12.5 % with 2 where a row is kept small and the kernel's own steps are coarse.
 *
 * Plain integer code without loops, so the BPF verifier takes it from 5.10 on.
 */
#ifndef SITU_BPF_HIST_H
#define SITU_BPF_HIST_H

#define HIST_MIN_SHIFT	     6
#define HIST_MAX_SHIFT	     36
#define HIST_FLOOR	     (1ULL << HIST_MIN_SHIFT)
#define HIST_CEIL	     (1ULL << HIST_MAX_SHIFT)
#define HIST_NR(sub_bits)    (2U + ((unsigned int)(HIST_MAX_SHIFT - HIST_MIN_SHIFT) << (sub_bits)))
#define HIST_KERNEL_SUB_BITS 3
#define HIST_CLIENT_SUB_BITS 5
#define HIST_COARSE_SUB_BITS 2
#define HIST_KERNEL_NR	     HIST_NR(HIST_KERNEL_SUB_BITS)
#define HIST_COARSE_NR	     HIST_NR(HIST_COARSE_SUB_BITS)

/* Position of the highest set bit of a non-zero @v; clz is not a BPF instruction. */
static inline __attribute__((always_inline)) unsigned int hist_log2(unsigned int v)
{
	unsigned int shift, r;

	r = (v > 0xffff) << 4;
	v >>= r;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	return r | v >> 1;
}

/* Bucket of @value_ns; always below HIST_NR(@sub_bits). */
static inline __attribute__((always_inline)) unsigned int hist_index(unsigned long long value_ns,
								     unsigned int sub_bits)
{
	unsigned int octave, sub;

	if (value_ns < HIST_FLOOR)
		return 0;
	if (value_ns >= HIST_CEIL)
		return HIST_NR(sub_bits) - 1;
	octave = hist_log2((unsigned int)(value_ns >> HIST_MIN_SHIFT));
	sub = (unsigned int)(value_ns >> (octave + HIST_MIN_SHIFT - sub_bits)) &
	      ((1U << sub_bits) - 1);
	return 1 + (octave << sub_bits) + sub;
}

#endif
