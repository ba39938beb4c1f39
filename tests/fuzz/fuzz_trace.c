// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any records, in any order: memory stays bounded, every trace that comes out adds up to its
 * root's time, and so does the profile of them all. A record is made of a few bytes, so that the
 * fuzzer soon finds trees, duplicates and cycles.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "user/trace/account.h"
#include "user/trace/estimate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD_BYTES 16

struct total {
	struct profile profile;
	u64 ns;
};

static int name(const struct span_record *record, struct buf *to, void *arg)
{
	(void)arg;
	return buf_printf(to, "%u", record->server_slot);
}

static u64 sum_of(const u64 ns[COMPONENT_NR])
{
	u64 sum = 0;
	enum component c;

	for (c = 0; c < COMPONENT_NR; c++)
		sum += c == COMPONENT_downstream ? 0 : ns[c];
	return sum;
}

static int take(const struct trace *trace, void *arg)
{
	static struct split split;
	static struct estimates estimates;
	struct total *total = arg;
	u64 sum = 0;
	u32 i;

	assert(trace->nr && trace->nr <= SPAN_TRACE_MAX);
	split_trace(trace, &split);
	estimates_add(&estimates, trace);
	for (i = 0; i < split.nr_places; i++) {
		assert(i == 0 || split.places[i].parent < i);
		sum += sum_of(split.places[i].ns);
	}
	assert(sum == split.total_ns);
	if (split.timed)
		total->ns += sum * (trace->spans[trace->nr - 1].weight ?: 1);
	assert(!account_split(&total->profile, trace, &split, name, NULL));
	return 0;
}

static u64 when(uint8_t byte)
{
	return byte == 0 ? 0 : byte == 255 ? UINT64_MAX : byte * 1000ULL;
}

static struct span_record record_of(const uint8_t *b)
{
	return (struct span_record){
		.trace = b[0] & 3,
		.id = b[1] % 70,
		.parent = b[2] == 255 ? SPAN_NONE : b[2] % 70,
		.flags = b[3] | (u32)(b[4] & 1) << 8,
		.weight = b[4] >> 1,
		.nr_spans = b[5] % 66,
		.server_slot = b[5] >> 5,
		.edge = b[6] & 3,
		.connect_ns = when(b[6] >> 6),
		.sent_ns = when(b[7]),
		.arrived_ns = when(b[8]),
		.begun_ns = when(b[9]),
		.answered_ns = when(b[10]),
		.returned_ns = when(b[11]),
		.read_ns = when(b[12]),
		.caller = { when(b[13]), when(b[14] & 15), when(b[14] >> 4), 0 },
		.used = { when(b[15]), when(b[13] & 15), when(b[13] >> 4), when(b[14]) },
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct total total = { 0 };
	struct assembler *a;
	u64 sum = 0;
	size_t i, k;

	assert(!assembler_open(&a));
	for (; size >= RECORD_BYTES; data += RECORD_BYTES, size -= RECORD_BYTES) {
		struct span_record record = record_of(data);

		assert(!assembler_add(a, &record, take, &total));
	}
	assembler_close(a);
	for (i = 0; i < total.profile.nr_places; i++) {
		for (k = 0; k < total.profile.places[i].nr_slices; k++)
			sum += sum_of(total.profile.places[i].slices[k].ns);
	}
	assert(sum == total.ns);
	assert(total.profile.complete <= total.profile.total);
	profile_free(&total.profile);
	return 0;
}
