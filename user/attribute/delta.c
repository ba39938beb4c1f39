// SPDX-License-Identifier: GPL-2.0-only
#include "user/attribute/delta.h"

u64 delta_u64(u64 now, u64 before)
{
	return now > before ? now - before : 0;
}

static int add_delta(struct hist *into, unsigned int sub_bits, const u64 *now, const u64 *before,
		     u64 sum_now, u64 sum_before)
{
	struct hist part = { 0 };
	int err = hist_from_delta(&part, sub_bits, now, before, sum_now, sum_before);

	if (!err)
		err = hist_merge(into, &part);
	hist_free(&part);
	return err;
}

int delta_hist_kernel(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		      u64 sum_before)
{
	return add_delta(into, HIST_KERNEL_SUB_BITS, now, before, sum_now, sum_before);
}

int delta_hist_coarse(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		      u64 sum_before)
{
	return add_delta(into, HIST_COARSE_SUB_BITS, now, before, sum_now, sum_before);
}

int delta_hist_sums(struct hist *into, const u32 *now, const u32 *before, u64 calls, u64 sum_now,
		    u64 sum_before)
{
	u64 more[HIST_NR(0)], had = 0;
	unsigned int i;

	for (i = 0; i < HIST_NR(0); i++) {
		more[i] = now[i] - before[i];
		had += more[i];
	}
	/* Read while it is counted in, a row may have more in its buckets than calls. */
	more[0] += delta_u64(calls, had);
	return add_delta(into, 0, more, NULL, sum_now, sum_before);
}
