// SPDX-License-Identifier: GPL-2.0-only
/* Records of slots and edges into a phase of names. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/sample_names.h"
#include "tests/unit/sample_trace.h"
#include "user/attribute/tracer.h"
#include "user/trace/bands.h"

/* Slots whose cgroups nobody knows are called by their hints: "…/web (gone)". */
static struct snapshot make_snapshot(void)
{
	static const char *const hints[] = { "load", "web", "cart", "redis", "rates" };
	static const struct sched_row none;
	struct snapshot s = { .mono_ns = stamp(5000), .real_ns = 1790000000000000000ULL };
	struct edge_row edge = { .key = { CART, SLOT_REMOTE, 5432, 0, { { 0 } }, { { 0 } } } };
	struct owner_info info = { 0 };
	u32 i;

	for (i = 0; i < SLOT_FIRST; i++)
		assert_int_equal(snapshot_add_owner(&s, &info, &none), 0);
	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		info.key = 1000000 + i;
		snprintf(info.name, sizeof(info.name), "%s", hints[i]);
		assert_int_equal(snapshot_add_owner(&s, &info, &none), 0);
	}
	edge.key.server.byte[10] = edge.key.server.byte[11] = 0xff;
	edge.key.server.byte[12] = 10;
	edge.key.server.byte[15] = 9;
	assert_int_equal(snapshot_add_edge(&s, CART, SLOT_REMOTE, &edge), 0);
	s.edges[0].number = 77;
	return s;
}

static void send_trace(struct tracer *t, u64 number, u32 mark, u64 at_us, u64 took_us)
{
	struct span_record spans[] = {
		call(2, 1, CART, SLOT_REMOTE,
		     (struct instants){ at_us + 40, 0, 0, 0, at_us + 60, at_us + 60 }),
		call(1, 0, WEB, CART,
		     (struct instants){ at_us + 20, at_us + 25, at_us + 30, at_us + 80, at_us + 85,
					at_us + 90 }),
		root_call(LOAD, WEB, 3,
			  (struct instants){ at_us, at_us + 5, at_us + 10, at_us + took_us - 5,
					     at_us + took_us, at_us + took_us }),
	};
	u32 i;

	spans[0].arrived_ns = spans[0].begun_ns = spans[0].answered_ns = 0;
	spans[0].edge = 77;
	spans[2].endpoint = mark;
	for (i = 0; i < 3; i++) {
		spans[i].trace = number;
		assert_int_equal(tracer_add(&spans[i], t), 0);
	}
}

static const struct place *find_place(const struct profile *profile, const char *path)
{
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		if (strcmp(profile->places[i].path, path) == 0)
			return &profile->places[i];
	}
	fail_msg("no place '%s'", path);
	return NULL;
}

static struct snapshot taken;
static struct phase phase;
static struct tracer *tracer;

static int begin(void **state)
{
	(void)state;
	taken = make_snapshot();
	phase = (struct phase){ 0 };
	return tracer_open(&tracer);
}

static int end(void **state)
{
	(void)state;
	phase_free(&phase);
	tracer_close(tracer);
	snapshot_free(&taken);
	return 0;
}

static void marks_and_edges_become_endpoints(void **state)
{
	u64 i;

	(void)state;
	tracer_begin(tracer, stamp(100));
	send_trace(tracer, 1, 2, 50, 500); /* began before */
	for (i = 0; i < 20; i++)
		send_trace(tracer, 2 + i, 2, 100 + i, 100 + i);
	send_trace(tracer, 50, 0, 200, 100);
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(phase.nr_profiles, 2);
	assert_string_equal(phase.profiles[0].endpoint, "");
	assert_int_equal(phase.profiles[0].mark, 2);
	assert_int_equal(phase.profiles[0].total, 20);
	assert_int_equal(phase.profiles[0].complete, 20);
	assert_string_equal(phase.profiles[1].endpoint,
			    "\xe2\x80\xa6/load (gone) -> \xe2\x80\xa6/web (gone)");
	assert_int_equal(find_place(&phase.profiles[1],
				    "\xe2\x80\xa6/web (gone)\n\xe2\x80\xa6/cart (gone)\n"
				    "10.0.0.9:5432")
				 ->slices[0]
				 .ns[COMPONENT_network],
			 20 * US);
	phase_add_endpoint(&phase, "all");
	phase_add_endpoint(&phase, "GET /");
	phase_add_endpoint(&phase, "GET /cart");
	assert_int_equal(bands_name_endpoints(&phase), 0);
	assert_string_equal(phase.profiles[0].endpoint, "GET /cart");
	assert_string_equal(phase.traces[0].endpoint, "GET /cart");
	assert_int_equal(phase.losses.nr, 0);
}

static void the_slowest_and_some_others_are_kept_whole(void **state)
{
	u64 i;

	(void)state;
	for (i = 0; i < 50; i++)
		send_trace(tracer, 2 + i, 1, 100, 100 + i * 7 % 50);
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(phase.nr_traces, TRACER_KEEP_SLOW + TRACER_KEEP_OTHER);
	for (i = 0; i < phase.nr_traces; i++) {
		const struct kept_trace *trace = &phase.traces[i];
		u64 took_ns = trace->spans[0].read_ns - trace->spans[0].sent_ns;

		assert_int_equal(trace->slow, i < TRACER_KEEP_SLOW);
		assert_int_equal(took_ns >= 148 * US, trace->slow);
		assert_int_equal(trace->nr_spans, 3);
		assert_int_equal(trace->spans[0].parent, KEPT_ROOT);
		assert_int_equal(trace->spans[1].parent, 0);
		assert_int_equal(trace->spans[2].parent, 1);
		assert_string_equal(trace->spans[2].server_addr, "10.0.0.9:5432");
		assert_int_equal(trace->spans[0].sent_ns, taken.real_ns - (5000 - 100) * US);
		assert_int_equal(trace->spans[2].arrived_ns, 0);
	}
	phase_free(&phase);
	tracer_continue(tracer); /* the next interval begins empty */
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(phase.nr_profiles + phase.nr_traces, 0);
}

/* Each trace that is not among the slowest is as likely as any other. */
static void the_others_are_drawn_evenly(void **state)
{
	u32 quarter[4] = { 0 }, drawn = 0;
	u64 round, i;

	(void)state;
	for (round = 0; round < 200; round++) {
		tracer_continue(tracer);
		for (i = 0; i < 42; i++)
			send_trace(tracer, i, 1, 100 + i, i < TRACER_KEEP_SLOW ? 900 : 100);
		assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
		for (i = TRACER_KEEP_SLOW; i < phase.nr_traces; i++) {
			u64 sent_ns = phase.traces[i].spans[0].sent_ns;
			u64 at_us = (sent_ns - taken.real_ns + taken.mono_ns) / US;

			quarter[(at_us - EPOCH_US - 100 - TRACER_KEEP_SLOW) / 10]++;
			drawn++;
		}
		phase_free(&phase);
	}
	assert_int_equal(drawn, 200 * TRACER_KEEP_OTHER);
	for (i = 0; i < ARRAY_SIZE(quarter); i++)
		assert_in_range(quarter[i], drawn * 2 / 10, drawn * 3 / 10);
}

/* A service whose cgroup went away during the phase is called what it was. */
static void a_slot_taken_back_keeps_its_name(void **state)
{
	struct snapshot after = make_snapshot();

	(void)state;
	memset(&after.owners[CART], 0, sizeof(after.owners[CART]));
	after.edges[0].number = UINT32_MAX; /* its edges go with it */
	send_trace(tracer, 1, 1, 100, 100);
	assert_int_equal(tracer_end(tracer, &phase, &taken, &after, names), 0);
	find_place(&phase.profiles[0], "\xe2\x80\xa6/web (gone)\n\xe2\x80\xa6/cart (gone)\n"
				       "10.0.0.9:5432");
	assert_string_equal(phase.traces[0].spans[1].server, "\xe2\x80\xa6/cart (gone)");
	assert_string_equal(phase.traces[0].spans[2].server_addr, "10.0.0.9:5432");
	snapshot_free(&after);
}

static void too_many_endpoints_are_counted_as_lost(void **state)
{
	u32 i;

	(void)state;
	for (i = 1; i <= TRACER_ENDPOINTS_MAX + 5; i++)
		send_trace(tracer, i, i, 100, 100);
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(phase.nr_profiles, TRACER_ENDPOINTS_MAX);
	assert_int_equal(tally_get(&phase.losses, "trace_endpoints_full"), 5);
}

static void records_without_a_root_are_lost_in_their_phase(void **state)
{
	struct span_record child = call(1, 0, WEB, CART, (struct instants){ 0 });
	u32 i;

	(void)state;
	for (i = 0; i < ASSEMBLE_PENDING_MAX + 3; i++) {
		child.trace = i;
		assert_int_equal(tracer_add(&child, tracer), 0);
	}
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(tally_get(&phase.losses, "span_rootless"), 3);
	phase_free(&phase);
	tracer_continue(tracer);
	child.trace = i;
	assert_int_equal(tracer_add(&child, tracer), 0);
	assert_int_equal(tracer_end(tracer, &phase, &taken, &taken, names), 0);
	assert_int_equal(tally_get(&phase.losses, "span_rootless"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(marks_and_edges_become_endpoints, begin, end),
		cmocka_unit_test_setup_teardown(the_slowest_and_some_others_are_kept_whole, begin,
						end),
		cmocka_unit_test_setup_teardown(the_others_are_drawn_evenly, begin, end),
		cmocka_unit_test_setup_teardown(a_slot_taken_back_keeps_its_name, begin, end),
		cmocka_unit_test_setup_teardown(too_many_endpoints_are_counted_as_lost, begin, end),
		cmocka_unit_test_setup_teardown(records_without_a_root_are_lost_in_their_phase,
						begin, end),
	};

	return cmocka_run_group_tests(tests, open_names, close_names);
}
