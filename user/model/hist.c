// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/hist.h"

u64 hist_lower(unsigned int sub_bits, unsigned int index)
{
	unsigned int octave, sub;

	if (index == 0)
		return 0;
	octave = ((index - 1) >> sub_bits) + HIST_MIN_SHIFT;
	sub = (index - 1) & ((1U << sub_bits) - 1);
	return (1ULL << octave) + ((u64)sub << (octave - sub_bits));
}

u64 hist_upper(unsigned int sub_bits, unsigned int index)
{
	if (index + 1 >= HIST_NR(sub_bits))
		return UINT64_MAX;
	return hist_lower(sub_bits, index + 1);
}

void hist_free(struct hist *h)
{
	free(h->buckets);
	*h = (struct hist){ 0 };
}

/* Gives the empty @h its buckets, or checks that those it has are of the same resolution. */
static int prepare(struct hist *h, unsigned int sub_bits)
{
	if (h->buckets)
		return h->sub_bits == sub_bits ? 0 : -EINVAL;
	h->buckets = calloc(HIST_NR(sub_bits), sizeof(*h->buckets));
	if (!h->buckets)
		return -ENOMEM;
	h->sub_bits = sub_bits;
	h->min_ns = HIST_UNKNOWN;
	return 0;
}

static void widen(struct hist *h, u64 min_ns, u64 max_ns)
{
	if (min_ns < h->min_ns)
		h->min_ns = min_ns;
	if (max_ns > h->max_ns)
		h->max_ns = max_ns;
}

int hist_record(struct hist *h, unsigned int sub_bits, u64 value_ns)
{
	bool mean_only = h->count && !h->buckets;
	int err = mean_only ? 0 : prepare(h, sub_bits);

	if (err)
		return err;
	h->count++;
	h->sum_ns += value_ns;
	if (mean_only)
		return 0;
	h->buckets[hist_index(value_ns, sub_bits)]++;
	widen(h, value_ns, value_ns);
	return 0;
}

int hist_from_delta(struct hist *h, unsigned int sub_bits, const u64 *now, const u64 *before,
		    u64 sum_ns_now, u64 sum_ns_before)
{
	unsigned int i;
	int err = prepare(h, sub_bits);

	if (err)
		return err;
	for (i = 0; i < HIST_NR(sub_bits); i++) {
		u64 was = before ? before[i] : 0;

		if (now[i] <= was)
			continue;
		h->buckets[i] = now[i] - was;
		h->count += h->buckets[i];
		widen(h, hist_lower(sub_bits, i),
		      i + 1 == HIST_NR(sub_bits) ? HIST_CEIL : hist_upper(sub_bits, i));
	}
	h->sum_ns = sum_ns_now > sum_ns_before ? sum_ns_now - sum_ns_before : 0;
	return 0;
}

int hist_merge(struct hist *dst, const struct hist *src)
{
	bool mean_only = (src->count && !src->buckets) || (dst->count && !dst->buckets);
	unsigned int i;
	int err;

	if (!src->count)
		return 0;
	if (mean_only) {
		free(dst->buckets);
		dst->buckets = NULL;
		dst->min_ns = HIST_UNKNOWN;
		dst->max_ns = 0;
	} else {
		err = prepare(dst, src->sub_bits);
		if (err)
			return err;
		for (i = 0; i < HIST_NR(src->sub_bits); i++)
			dst->buckets[i] += src->buckets[i];
		widen(dst, src->min_ns, src->max_ns);
	}
	dst->count += src->count;
	dst->sum_ns += src->sum_ns;
	return 0;
}

int hist_copy(struct hist *dst, const struct hist *src)
{
	*dst = *src;
	if (!src->buckets)
		return 0;
	dst->buckets = malloc(HIST_NR(src->sub_bits) * sizeof(*dst->buckets));
	if (!dst->buckets)
		return -ENOMEM;
	memcpy(dst->buckets, src->buckets, HIST_NR(src->sub_bits) * sizeof(*dst->buckets));
	return 0;
}

/* The middle of bucket @i, which for the open last one is where it starts. */
static u64 middle(const struct hist *h, unsigned int i)
{
	u64 lower = hist_lower(h->sub_bits, i), upper = hist_upper(h->sub_bits, i), mid;

	mid = upper == UINT64_MAX ? lower : lower + (upper - lower) / 2;
	if (mid < h->min_ns)
		return h->min_ns;
	return mid > h->max_ns ? h->max_ns : mid;
}

u64 hist_quantile(const struct hist *h, double q)
{
	u64 rank, seen = 0;
	unsigned int i;

	if (!h->count || !h->buckets)
		return HIST_UNKNOWN;
	rank = (u64)ceil(q * (double)h->count);
	if (rank < 1)
		rank = 1;
	for (i = 0; i < HIST_NR(h->sub_bits); i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			return middle(h, i);
	}
	return h->max_ns;
}

double hist_mean(const struct hist *h)
{
	return h->count ? (double)h->sum_ns / (double)h->count : 0;
}
