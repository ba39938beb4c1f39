// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's sums of two snapshots into the hops of endpoints. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bpf/sum.h"
#include "tests/unit/sample_names.h"
#include "tests/unit/sample_trace.h"
#include "user/attribute/hops.h"
#include "user/trace/bands.h"

static struct estimates estimates;

/* Owners in the slots from SLOT_FIRST on, called by these hints. */
static struct snapshot make_snapshot(const char *const *hints, u32 nr)
{
	static const struct sched_row none;
	struct owner_info info = { 0 };
	struct snapshot s = { 0 };
	u32 i;

	for (i = 0; i < SLOT_FIRST; i++)
		assert_int_equal(snapshot_add_owner(&s, &info, &none), 0);
	for (i = 0; i < nr; i++) {
		info.key = 1000 + (u64)hints[i][0];
		snprintf(info.name, sizeof(info.name), "%s", hints[i]);
		assert_int_equal(snapshot_add_owner(&s, &info, &none), 0);
	}
	return s;
}

/* Calls over a unix-domain socket between two owners, for endpoint 2 of the load. */
static struct sum_sample sample(u32 client, u32 server, u64 calls, u64 ns)
{
	const struct span_record marked = { .endpoint = 2 };
	const struct span_record call = { .edge = SPAN_NONE,
					  .client_slot = (u16)client,
					  .server_slot = (u16)server };
	struct sum_sample s = {
		.whom_for = { .mark = 2, .client = SLOT_REMOTE, .server = SLOT_REMOTE },
		.call = { .client = client, .server = server }
	};

	s.row.key = sum_key(sum_for(&marked), false, sum_where(&call));
	s.row.calls = calls;
	s.row.ns[SUM_CPU] = ns;
	s.row.ns[SUM_TIME] = 2 * ns;
	s.row.hist[SUM_CPU][5] = (u32)calls;
	s.row.hist[SUM_TIME][6] = (u32)calls;
	return s;
}

static void sums_become_hops(void **state)
{
	static const char *const hints[] = { "web", "cart" };
	struct snapshot before = make_snapshot(hints, 2), after = make_snapshot(hints, 2);
	struct sum_sample was = sample(SLOT_FIRST, SLOT_FIRST + 1, 10, 1000),
			  now = sample(SLOT_FIRST, SLOT_FIRST + 1, 25, 7000);
	struct phase phase = { 0 };
	const struct hop *hop;

	(void)state;
	/* The 32 bits of a bucket have run over, and 5 calls had no time at all. */
	was.row.hist[SUM_CPU][5] = UINT32_MAX - 3;
	now.row.hist[SUM_CPU][5] = 6;
	now.row.flawed = 4;
	assert_int_equal(snapshot_add_sum(&before, &was), 0);
	assert_int_equal(snapshot_add_sum(&after, &now), 0);
	assert_int_equal(hops_build(&phase, &before, &after, names, &estimates), 0);
	assert_int_equal(phase.nr_profiles, 1);
	assert_int_equal(phase.profiles[0].mark, 2);
	assert_int_equal(phase.profiles[0].nr_hops, 1);
	hop = &phase.profiles[0].hops[0];
	assert_string_equal(hop->client, "\xe2\x80\xa6/web (gone)");
	assert_string_equal(hop->server, "\xe2\x80\xa6/cart (gone)");
	assert_string_equal(hop->server_addr, "");
	assert_false(hop->entry);
	assert_int_equal(hop->calls, 15);
	assert_int_equal(hop->flawed, 4);
	assert_int_equal(hop->cpu_ns.count, 15);
	assert_int_equal(hop->cpu_ns.sum_ns, 6000);
	assert_int_equal(hop->cpu_ns.buckets[5], 10);
	assert_int_equal(hop->cpu_ns.buckets[0], 5);
	assert_int_equal(hop->time_ns.sum_ns, 12000);
	assert_int_equal(hop->disk_ns.buckets[0], 15);
	assert_int_equal(hop->traced, 0);
	phase_free(&phase);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* The slot of cart was given to rates: the same key, and nothing in common. */
static void a_slot_given_anew_is_another_hop(void **state)
{
	static const char *const then[] = { "web", "cart" }, *const later[] = { "web", "rates",
										"cart" };
	struct snapshot before = make_snapshot(then, 2), after = make_snapshot(later, 3);
	struct sum_sample was = sample(SLOT_FIRST, SLOT_FIRST + 1, 10, 1000),
			  fresh = sample(SLOT_FIRST, SLOT_FIRST + 1, 3, 30), kept = was;
	struct phase phase = { 0 };
	const struct profile *p;

	(void)state;
	kept.call.server = SLOT_FIRST + 2; /* where the one that is gone stands now */
	kept.row.calls = 12;
	assert_int_equal(snapshot_add_sum(&before, &was), 0);
	assert_int_equal(snapshot_add_sum(&after, &fresh), 0);
	assert_int_equal(snapshot_add_sum(&after, &kept), 0);
	assert_int_equal(hops_build(&phase, &before, &after, names, &estimates), 0);
	p = &phase.profiles[0];
	assert_int_equal(p->nr_hops, 2);
	assert_string_equal(p->hops[0].server, "\xe2\x80\xa6/rates (gone)");
	assert_int_equal(p->hops[0].calls, 3);
	assert_string_equal(p->hops[1].server, "\xe2\x80\xa6/cart (gone)");
	assert_int_equal(p->hops[1].calls, 2);
	phase_free(&phase);
	snapshot_free(&before);
	snapshot_free(&after);
}

static void what_did_not_move_is_not_there(void **state)
{
	static const char *const hints[] = { "web", "cart" };
	struct snapshot s = make_snapshot(hints, 2);
	struct sum_sample sum = sample(SLOT_FIRST, SLOT_FIRST + 1, 10, 1000);
	struct phase phase = { 0 };

	(void)state;
	assert_int_equal(snapshot_add_sum(&s, &sum), 0);
	assert_int_equal(hops_build(&phase, &s, &s, names, &estimates), 0);
	assert_int_equal(phase.nr_profiles, 0);
	phase_free(&phase);
	snapshot_free(&s);
}

/* Ten requests, of which two were traced, each for five; the slower ones by chance. */
static void a_sample_is_told_from_the_whole(void **state)
{
	static const char *const hints[] = { "load", "web" };
	const struct snapshot none = { 0 };
	struct snapshot after = make_snapshot(hints, 2);
	struct span_record root = root_call(SLOT_FIRST, SLOT_FIRST + 1, 1,
					    (struct instants){ 0, 0, 0, 120, 120, 120 });
	const struct trace trace = { &root, 1 };
	struct sum_sample sum = sample(SLOT_FIRST, SLOT_FIRST + 1, 10, 500 * US);
	struct phase phase = { 0 };
	struct sampling sampling;

	(void)state;
	root.endpoint = 2;
	root.weight = 5;
	root.edge = SPAN_NONE;
	sum.entry = true;
	sum.row.key = sum_key(sum_for(&root), true, sum_where(&root));
	estimates_add(&estimates, &trace);
	estimates_add(&estimates, &trace);
	assert_int_equal(snapshot_add_sum(&after, &sum), 0);
	assert_int_equal(hops_build(&phase, &none, &after, names, &estimates), 0);
	assert_int_equal(phase.profiles[0].hops[0].traced, 2);
	assert_int_equal(phase.profiles[0].hops[0].traced_for, 10);
	assert_int_equal(tally_get(&phase.profiles[0].hops[0].traced_ns, HOP_TRACED_TIME),
			 10 * 120 * US);
	sampling = sampling_of(&phase.profiles[0]);
	assert_int_equal(sampling.requests, 10);
	assert_true(sampling.share == 5);
	assert_true(sampling.exact_ns == 100 * US);
	assert_true(sampling.traced_ns == 120 * US);
	phase_free(&phase);
	snapshot_free(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_become_hops),
		cmocka_unit_test(a_slot_given_anew_is_another_hop),
		cmocka_unit_test(what_did_not_move_is_not_there),
		cmocka_unit_test(a_sample_is_told_from_the_whole),
	};

	return cmocka_run_group_tests(tests, open_names, close_names);
}
