// SPDX-License-Identifier: GPL-2.0-only
/* Records in any order into traces, in bounded memory, and traces into profiles. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/sample_trace.h"
#include "user/trace/account.h"
#include "user/trace/assemble.h"

struct seen {
	u64 traces, records;
	u64 last_trace;
	u32 last_nr;
};

static int note(const struct trace *trace, void *arg)
{
	struct seen *seen = arg;

	assert_true(trace->nr >= 1 && trace->nr <= SPAN_TRACE_MAX);
	assert_true(trace->spans[trace->nr - 1].flags & SPAN_ROOT);
	seen->traces++;
	seen->records += trace->nr;
	seen->last_trace = trace->spans[trace->nr - 1].trace;
	seen->last_nr = trace->nr;
	return 0;
}

static void put(struct assembler *a, u64 trace, u32 id, u32 flags, struct seen *seen)
{
	const struct span_record record = { .trace = trace, .id = id, .flags = flags };

	assert_int_equal(assembler_add(a, &record, note, seen), 0);
}

static void traces_that_interleave_are_told_apart(void **state)
{
	struct seen seen = { 0 };
	struct assembler *a;

	(void)state;
	assert_int_equal(assembler_open(&a), 0);
	put(a, 1, 1, 0, &seen);
	put(a, 2, 1, 0, &seen);
	put(a, 1, 2, 0, &seen);
	put(a, 2, 0, SPAN_ROOT, &seen);
	assert_int_equal(seen.last_trace, 2);
	assert_int_equal(seen.last_nr, 2);
	put(a, 1, 0, SPAN_ROOT, &seen);
	assert_int_equal(seen.last_trace, 1);
	assert_int_equal(seen.last_nr, 3);
	put(a, 1, 0, SPAN_ROOT, &seen); /* the number again: another trace */
	assert_int_equal(seen.last_nr, 1);
	assert_int_equal(assembler_dropped(a), 0);
	assembler_close(a);
}

static void rootless_traces_go_oldest_first(void **state)
{
	struct seen seen = { 0 };
	struct assembler *a;
	u64 i;

	(void)state;
	assert_int_equal(assembler_open(&a), 0);
	for (i = 0; i < 10 * ASSEMBLE_PENDING_MAX; i++)
		put(a, i, 1, 0, &seen);
	assert_int_equal(assembler_dropped(a), 9 * ASSEMBLE_PENDING_MAX);
	put(a, i - 1, 0, SPAN_ROOT, &seen);
	assert_int_equal(seen.last_nr, 2);
	put(a, 3, 0, SPAN_ROOT, &seen); /* its other record is gone */
	assert_int_equal(seen.last_nr, 1);
	assembler_close(a);
}

static void a_trace_too_long_keeps_its_root(void **state)
{
	struct seen seen = { 0 };
	struct assembler *a;
	u32 i;

	(void)state;
	assert_int_equal(assembler_open(&a), 0);
	for (i = 1; i <= 1000; i++)
		put(a, 5, i, 0, &seen);
	put(a, 5, 0, SPAN_ROOT, &seen);
	assert_int_equal(seen.last_nr, SPAN_TRACE_MAX);
	assert_int_equal(assembler_dropped(a), 1000 - (SPAN_TRACE_MAX - 1));
	assembler_close(a);
}

static int number(const struct span_record *record, struct buf *name, void *arg)
{
	(void)arg;
	return buf_printf(name, "s%u", record->server_slot);
}

static const struct slice *slice_at(const struct profile *profile, const char *path)
{
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		if (strcmp(profile->places[i].path, path) == 0) {
			assert_int_equal(profile->places[i].nr_slices, 1);
			return &profile->places[i].slices[0];
		}
	}
	fail_msg("no place %s", path);
	return NULL;
}

static void a_split_is_accounted_by_its_weight(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 120, 140, 340, 360, 360 }),
		call(2, 1, CART, REDIS, (struct instants){ 200, 205, 205, 245, 250, 250 }),
		call(3, 1, CART, REDIS, (struct instants){ 260, 265, 265, 305, 310, 310 }),
		root_call(LOAD, WEB, 4, (struct instants){ 0, 0, 0, 500, 500, 500 }),
	};
	const struct trace trace = { spans, 4 };
	struct profile profile = { 0 };
	struct split split;
	const struct slice *slice;

	(void)state;
	spans[3].weight = 10;
	split_trace(&trace, &split);
	assert_int_equal(account_split(&profile, &trace, &split, number, NULL), 0);
	spans[3].weight = 1;
	spans[2].flags = SPAN_AMBIGUOUS | SPAN_HANDOVER;
	split_trace(&trace, &split);
	assert_int_equal(account_split(&profile, &trace, &split, number, NULL), 0);
	assert_int_equal(profile.total, 11);
	assert_int_equal(profile.complete, 10);
	assert_int_equal(tally_get(&profile.reasons, "ambiguous"), 1);
	assert_int_equal(tally_get(&profile.reasons, "handover"), 1);
	assert_int_equal(profile.nr_places, 4);
	assert_int_equal(slice_at(&profile, "")->calls, 11);
	slice = slice_at(&profile, "s4\ns5\ns6");
	assert_int_equal(slice->bucket, hist_index(500 * US, HIST_CLIENT_SUB_BITS));
	assert_int_equal(slice->calls, 22);
	assert_int_equal(slice->ns[COMPONENT_network], 220 * US);
	assert_int_equal(slice_at(&profile, "s4\ns5")->ns[COMPONENT_downstream], 1100 * US);
	profile_free(&profile);
}

static void an_unanswered_request_counts_and_has_no_time(void **state)
{
	struct span_record root = root_call(LOAD, WEB, 1, (struct instants){ 0, 0, 0, 0, 0, 0 });
	const struct trace trace = { &root, 1 };
	struct profile profile = { 0 };
	struct split split;

	(void)state;
	root.returned_ns = root.read_ns = 0;
	root.weight = 0;
	split_trace(&trace, &split);
	assert_int_equal(account_split(&profile, &trace, &split, number, NULL), 0);
	assert_int_equal(profile.total, 1);
	assert_int_equal(profile.complete, 0);
	assert_int_equal(profile.nr_places, 0);
	assert_int_equal(tally_get(&profile.reasons, "unanswered"), 1);
	profile_free(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_that_interleave_are_told_apart),
		cmocka_unit_test(rootless_traces_go_oldest_first),
		cmocka_unit_test(a_trace_too_long_keeps_its_root),
		cmocka_unit_test(a_split_is_accounted_by_its_weight),
		cmocka_unit_test(an_unanswered_request_counts_and_has_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
