/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of spans that no kernel writes. */
#ifndef SITU_TESTS_RANDOM_TRACE_H
#define SITU_TESTS_RANDOM_TRACE_H

#include "bpf/contract.h"
#include "tests/unit/random_run.h"

/* Fills @spans, which has SPAN_TRACE_MAX, with any numbers in any tree. Returns how many. */
static inline u32 random_records(struct span_record *spans, u64 seed)
{
	u64 random = seed, wide = random_u64(&random) % 60;
	u32 i, nr = 1 + (u32)(random_u64(&random) % SPAN_TRACE_MAX);

	for (i = 0; i < nr; i++) {
		u64 *word = (u64 *)&spans[i];
		size_t k;

		for (k = 0; k < sizeof(spans[i]) / sizeof(*word); k++)
			word[k] = random_u64(&random) % 4 ? random_u64(&random) >> wide : 0;
		spans[i].id = (u32)(random_u64(&random) % (nr + 1));
		spans[i].parent = (u32)(random_u64(&random) % (nr + 1));
		spans[i].server_slot = (u16)(random_u64(&random) % 6);
	}
	return nr;
}

#endif
