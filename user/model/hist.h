/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of nanoseconds: pure functions over the buckets that bpf/hist.h defines.
 *
 * A zeroed struct hist is a valid empty histogram. One with a count but without buckets carries
 * only a mean (a difference of two others): its quantiles are unknown.
 */
#ifndef SITU_MODEL_HIST_H
#define SITU_MODEL_HIST_H

#include "bpf/hist.h"
#include "user/base/types.h"

#define HIST_UNKNOWN UINT64_MAX

struct hist {
	unsigned int sub_bits; /* resolution; fixed by the first values */
	u64 count;
	u64 sum_ns;
	u64 min_ns; /* HIST_UNKNOWN while empty */
	u64 max_ns;
	u64 *buckets; /* HIST_NR(sub_bits) counts, owned; NULL: none */
};

void hist_free(struct hist *h);

/* Adds @value_ns to @h, which takes @sub_bits on its first value. 0, -ENOMEM, or -EINVAL when @h
 * has another resolution. min and max stay exact; what has only a mean keeps only a mean. */
int hist_record(struct hist *h, unsigned int sub_bits, u64 value_ns);

/*
 * Fills the empty @h with the difference of two cumulative bucket arrays of the kernel,
 * @now - @before (@before may be NULL), and the same of their sums. min and max are then the
 * bounds of the outermost buckets in use. A bucket that shrank (a counter read while it was
 * reset) counts as zero. 0 or -ENOMEM.
 */
int hist_from_delta(struct hist *h, unsigned int sub_bits, const u64 *now, const u64 *before,
		    u64 sum_ns_now, u64 sum_ns_before);

/* Adds all of @src to @dst. 0, -ENOMEM, or -EINVAL when their resolutions differ. Merging one that
 * has only a mean leaves @dst with only a mean. */
int hist_merge(struct hist *dst, const struct hist *src);

/* A copy of @src in the empty @dst. 0 or -ENOMEM. */
int hist_copy(struct hist *dst, const struct hist *src);

/*
 * The value at quantile @q (0..1): the middle of the bucket that holds the ceil(q * count)-th
 * smallest value, kept within min..max; off by at most 1/2^(sub_bits + 1) of the value between
 * HIST_FLOOR and HIST_CEIL. HIST_UNKNOWN when empty or without buckets.
 */
u64 hist_quantile(const struct hist *h, double q);

/* Mean, 0 when empty. */
double hist_mean(const struct hist *h);

/* Bounds of bucket @index: values v with lower <= v < upper. The last one's upper is UINT64_MAX. */
u64 hist_lower(unsigned int sub_bits, unsigned int index);
u64 hist_upper(unsigned int sub_bits, unsigned int index);

#endif
