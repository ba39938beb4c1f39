// SPDX-License-Identifier: GPL-2.0-only
/* What a call adds to the sums over all calls, against the split of whole traces. */
#include "tests/unit/unit.h"

#include "bpf/sum.h"
#include "tests/unit/random_trace.h"
#include "tests/unit/sample_trace.h"
#include "user/trace/estimate.h"
#include "user/trace/split.h"

static struct estimates estimates;

static void add(const struct span_record *spans, u32 nr)
{
	const struct trace trace = { spans, nr };

	estimates_add(&estimates, &trace);
}

static void restart(void)
{
	estimates = (struct estimates){ 0 };
}

/* Of the calls of edge @edge for the requests of @root. */
static const struct estimate *of_edge(const struct span_record *root, const struct span_record *r)
{
	return estimates_find(&estimates, sum_key(sum_for(root), r == root, sum_where(r)));
}

static u64 us(const struct estimate *estimate, enum sum_component component)
{
	return estimate->ns[component] / US;
}

static void one_request_has_all_its_parts(void **state)
{
	struct span_record root =
		root_call(LOAD, WEB, 1, (struct instants){ 0, 30, 70, 1070, 1120, 1200 });
	const struct estimate *got;

	(void)state;
	restart();
	root.connect_ns = 25 * US;
	root.used = usage_us(500, 200, 100, 50);
	root.caller = usage_us(20, 30, 0, 0);
	root.weight = 3;
	add(&root, 1);
	got = of_edge(&root, &root);
	assert_non_null(got);
	assert_int_equal(got->traced, 1);
	assert_int_equal(got->calls, 3);
	assert_int_equal(us(got, SUM_CONNECT), 3 * 25);
	assert_int_equal(us(got, SUM_NETWORK), 3 * 80);
	assert_int_equal(us(got, SUM_SOCKET_QUEUE), 3 * 40);
	assert_int_equal(us(got, SUM_CPU), 3 * 500);
	assert_int_equal(us(got, SUM_RUNQ), 3 * 200);
	assert_int_equal(us(got, SUM_THROTTLED), 3 * 100);
	assert_int_equal(us(got, SUM_DISK), 3 * 50);
	assert_int_equal(us(got, SUM_DOWNSTREAM), 0);
	assert_int_equal(us(got, SUM_OTHER), 3 * 150);
	assert_int_equal(us(got, SUM_TIME), 3 * 1145);
}

/* cart (100..900), rates (110..500), and rates again (940..960), the last one sent first in line.
 */
static void calls_at_once_are_waited_for_once(void **state)
{
	struct span_record spans[] = {
		call(3, 0, WEB, RATES, (struct instants){ 940, 945, 950, 955, 960, 970 }),
		call(2, 0, WEB, RATES, (struct instants){ 110, 115, 120, 495, 500, 510 }),
		call(1, 0, WEB, CART, (struct instants){ 100, 105, 110, 895, 900, 910 }),
		root_call(LOAD, WEB, 4, (struct instants){ 0, 5, 10, 1000, 1000, 1000 }),
	};
	const struct estimate *got;

	(void)state;
	restart();
	spans[3].used = usage_us(70, 0, 0, 0);
	add(spans, 4);
	got = of_edge(&spans[3], &spans[3]);
	assert_int_equal(us(got, SUM_DOWNSTREAM), 800 + 20);
	/* Three answers lay unread for 10 us. */
	assert_int_equal(us(got, SUM_SOCKET_QUEUE), 5 + 30);
	assert_int_equal(us(got, SUM_OTHER), 990 - 820 - 30 - 70);
	got = of_edge(&spans[3], &spans[1]);
	assert_int_equal(us(got, SUM_TIME), 390);
	assert_int_equal(us(got, SUM_NETWORK), 10);
}

static void calls_with_flaws_are_left_out(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 105, 110, 895, 900, 910 }),
		root_call(LOAD, WEB, 2, (struct instants){ 0, 5, 10, 995, 1000, 1000 }),
	};

	(void)state;
	restart();
	spans[0].flags = SPAN_AMBIGUOUS;
	spans[1].flags |= SPAN_SLOW;
	add(spans, 2);
	assert_null(of_edge(&spans[1], &spans[0]));
	/* What is known of the other one's waiting for it stays. */
	assert_int_equal(us(of_edge(&spans[1], &spans[1]), SUM_DOWNSTREAM), 800);
}

static void keys_tell_all_that_differs(void **state)
{
	struct span_record r = root_call(LOAD, WEB, 1, (struct instants){ 0 });
	u64 keys[7];
	u32 i, k;

	(void)state;
	r.edge = EDGE_ROWS_MAX - 1;
	r.edge_generation = 1;
	keys[0] = sum_key(sum_for(&r), true, sum_where(&r));
	keys[1] = sum_key(sum_for(&r), false, sum_where(&r));
	r.edge_generation = 2;
	keys[2] = sum_key(sum_for(&r), true, sum_where(&r));
	assert_int_equal(SUM_EDGE(SUM_KEY_WHERE(keys[2])), EDGE_ROWS_MAX - 1);
	assert_int_equal(SUM_GENERATION(SUM_KEY_WHERE(keys[2])), 2);
	r.endpoint = 2;
	keys[3] = sum_key(sum_for(&r), true, sum_where(&r));
	assert_int_equal(SUM_MARK(SUM_KEY_FOR(keys[3])), 2);
	r.edge = SPAN_NONE;
	r.client_slot = SLOTS_MAX - 1;
	keys[4] = sum_key(sum_for(&r), true, sum_where(&r));
	assert_int_equal(SUM_CLIENT(SUM_KEY_WHERE(keys[4])), SLOTS_MAX - 1);
	assert_int_equal(SUM_SERVER(SUM_KEY_WHERE(keys[4])), WEB);
	r.endpoint = 0;
	keys[5] = sum_key(sum_for(&r), true, sum_where(&r));
	r.edge = r.edge_generation = 0;
	keys[6] = sum_key(sum_for(&r), false, sum_where(&r));
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_true(keys[i] && keys[i] >> OWNER_KEY_BITS == 0);
		for (k = 0; k < i; k++)
			assert_true(keys[i] != keys[k]);
	}
}

static void more_keys_than_places_are_left_out(void **state)
{
	struct span_record root = root_call(LOAD, WEB, 1, (struct instants){ 0, 1, 2, 3, 4, 5 });
	u32 i, found = 0;

	(void)state;
	restart();
	for (i = 1; i <= ESTIMATES_MAX + 10; i++) {
		root.endpoint = i;
		add(&root, 1);
	}
	for (i = 1; i <= ESTIMATES_MAX + 10; i++) {
		root.endpoint = i;
		found += of_edge(&root, &root) != NULL;
	}
	assert_int_equal(found, ESTIMATES_MAX - 1);
}

struct world {
	struct span_record spans[SPAN_TRACE_MAX];
	u32 nr;
	u64 random;
};

static u64 below(struct world *world, u64 most)
{
	return random_u64(&world->random) % (most + 1);
}

/* The caller's side of a call that is back: its thread's work meanwhile and before it reads. */
static u64 take_back(struct world *world, struct span_record *span, struct span_record *child,
		     u64 now_ns)
{
	const u64 beside_ns = below(world, now_ns - child->sent_ns), gap_ns = below(world, 40);
	const u64 runq_ns = below(world, gap_ns), cpu_ns = below(world, gap_ns - runq_ns);

	child->returned_ns = now_ns;
	child->read_ns = now_ns + gap_ns;
	child->caller = (struct span_usage){ beside_ns + cpu_ns, runq_ns, 0, 0 };
	span->used.cpu_ns += beside_ns + cpu_ns;
	span->used.runq_ns += runq_ns;
	return child->read_ns;
}

/* As in test_split.c, but that services sleep, too, and leave answers unread. */
static u64 serve(struct world *world, struct span_record *span, u64 now_ns, u32 depth)
{
	u32 calls = depth < 4 ? (u32)below(world, 2) : 0;

	span->arrived_ns = now_ns;
	span->begun_ns = now_ns = now_ns + below(world, 20);
	while (calls-- && world->nr < SPAN_TRACE_MAX - 1) {
		u32 id = ++world->nr;
		struct span_record *child = &world->spans[id - 1];
		u64 work_ns = below(world, 500);

		span->used.cpu_ns += work_ns;
		now_ns += work_ns + below(world, 100);
		*child = call(id, span->id, span->server_slot, (u16)(SLOT_FIRST + below(world, 5)),
			      (struct instants){ 0 });
		child->connect_ns = below(world, 3) ? 0 : below(world, 50);
		now_ns += child->connect_ns;
		child->sent_ns = now_ns;
		now_ns = serve(world, child, now_ns + below(world, 30), depth + 1);
		now_ns = take_back(world, span, child, now_ns + below(world, 30));
	}
	now_ns += 1 + below(world, 500);
	return span->answered_ns = now_ns;
}

/* The newest first, as the kernel sends them: before what was sent earlier by the same service. */
static u32 in_order(const struct world *world, u32 parent, struct span_record *to)
{
	u32 i, nr = 0;

	for (i = world->nr; i-- > 0;) {
		if (world->spans[i].parent != parent)
			continue;
		to[nr] = world->spans[i];
		nr++;
		nr += in_order(world, world->spans[i].id, to + nr);
	}
	return nr;
}

static u64 split_sum(const struct split *split, enum component component)
{
	u64 sum_ns = 0;
	u32 i;

	for (i = 1; i < split->nr_places; i++)
		sum_ns += split->places[i].sum_ns[component];
	return sum_ns;
}

static u64 estimate_sum(enum sum_component component)
{
	u64 sum_ns = 0;
	u32 i;

	for (i = 0; i < ESTIMATES_MAX; i++)
		sum_ns += estimates.at[i].ns[component];
	return sum_ns;
}

static void calls_in_turn_are_what_the_split_counts_in_full(void **state)
{
	static struct world world;
	static struct split split;
	static struct span_record spans[SPAN_TRACE_MAX];
	enum component c;
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 2000; seed++) {
		struct span_record root = root_call(LOAD, WEB, 0, (struct instants){ 0 });
		struct trace trace = { spans, 0 };

		restart();
		world.nr = 0;
		world.random = seed;
		root.returned_ns = serve(&world, &root, root.sent_ns + below(&world, 9), 0);
		root.read_ns = root.returned_ns;
		root.nr_spans = world.nr + 1;
		trace.nr = in_order(&world, 0, spans);
		assert_int_equal(trace.nr, world.nr);
		spans[trace.nr++] = root;
		split_trace(&trace, &split);
		estimates_add(&estimates, &trace);
		for (c = 0; c < COMPONENT_NR; c++)
			assert_int_equal(estimate_sum((enum sum_component)c), split_sum(&split, c));
		assert_int_equal(estimate_sum(SUM_TIME),
				 split_sum(&split, COMPONENT_downstream) + split.total_ns);
	}
}

/* Components are numbered as the metric table has them. */
static void components_are_those_of_the_table(void **state)
{
	(void)state;
	assert_int_equal(SUM_NETWORK, COMPONENT_network);
	assert_int_equal(SUM_SOCKET_QUEUE, COMPONENT_socket_queue);
	assert_int_equal(SUM_DOWNSTREAM, COMPONENT_downstream);
	assert_int_equal(SUM_OTHER, COMPONENT_other);
	assert_int_equal(SUM_TIME, COMPONENT_NR);
}

/* However wrong, a record is at most one call, and none of the flawed ones is. */
static void whatever_comes_is_taken_once(void **state)
{
	static struct span_record spans[SPAN_TRACE_MAX];
	u64 seed, sound = 0, traced = 0;
	u32 i, nr;

	(void)state;
	restart();
	for (seed = 1; seed <= 1000; seed++) {
		nr = random_records(spans, seed);
		for (i = 0; i < nr; i++)
			sound += !(spans[i].flags & SPAN_FLAWS);
		add(spans, nr);
	}
	for (i = 0; i < ESTIMATES_MAX; i++)
		traced += estimates.at[i].traced;
	assert_true(traced > 0 && traced <= sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request_has_all_its_parts),
		cmocka_unit_test(calls_at_once_are_waited_for_once),
		cmocka_unit_test(calls_with_flaws_are_left_out),
		cmocka_unit_test(keys_tell_all_that_differs),
		cmocka_unit_test(more_keys_than_places_are_left_out),
		cmocka_unit_test(calls_in_turn_are_what_the_split_counts_in_full),
		cmocka_unit_test(components_are_those_of_the_table),
		cmocka_unit_test(whatever_comes_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
