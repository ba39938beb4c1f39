// SPDX-License-Identifier: GPL-2.0-only
/* Traces whose truth is known: where each microsecond of the root went. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/random_trace.h"
#include "tests/unit/sample_trace.h"
#include "user/trace/split.h"

#define COUNT(list) ((u32)ARRAY_SIZE(list))

/* Of @split, all components but downstream at place @place and below it. */
static u64 subtree_ns(const struct split *split, u32 place)
{
	u64 sum = 0;
	u32 i;
	enum component c;

	for (c = 0; c < COMPONENT_NR; c++)
		sum += c == COMPONENT_downstream ? 0 : split->places[place].ns[c];
	for (i = place + 1; i < split->nr_places; i++)
		sum += split->places[i].parent == place ? subtree_ns(split, i) : 0;
	return sum;
}

/* What must hold of any trace: everything adds up, at every place. */
static void assert_closes(const struct split *split)
{
	u32 i, k;

	assert_int_equal(subtree_ns(split, 0), split->total_ns);
	for (i = 0; i < split->nr_places && split->timed; i++) {
		u64 below = 0;

		for (k = i + 1; k < split->nr_places; k++)
			below += split->places[k].parent == i ? subtree_ns(split, k) : 0;
		if (i || split->places[0].ns[COMPONENT_downstream])
			assert_int_equal(split->places[i].ns[COMPONENT_downstream], below);
	}
}

static void split_of(const struct span_record *spans, u32 nr, struct split *split)
{
	const struct trace trace = { spans, nr };

	split_trace(&trace, split);
	assert_closes(split);
}

static u64 us(const struct split *split, u32 place, enum component component)
{
	assert_true(place < split->nr_places);
	return split->places[place].ns[component] / US;
}

static u64 sum_us(const struct split *split, u32 place, enum component component)
{
	return split->places[place].sum_ns[component] / US;
}

static void one_request_has_all_its_parts(void **state)
{
	struct span_record root =
		root_call(LOAD, WEB, 1, (struct instants){ 0, 30, 70, 1070, 1120, 1200 });
	struct split split;

	(void)state;
	root.connect_ns = 25 * US;
	root.used = usage_us(500, 200, 100, 50);
	root.caller = usage_us(20, 30, 0, 0);
	split_of(&root, 1, &split);
	assert_int_equal(split.total_ns, 1225 * US);
	assert_int_equal(split.start_ns, root.sent_ns - 25 * US);
	assert_int_equal(split.flags, 0);
	assert_int_equal(split.nr_places, 2);
	assert_int_equal(us(&split, 1, COMPONENT_connect), 25);
	assert_int_equal(us(&split, 1, COMPONENT_network), 80);
	assert_int_equal(us(&split, 1, COMPONENT_socket_queue), 40);
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 500);
	assert_int_equal(us(&split, 1, COMPONENT_runq), 200);
	assert_int_equal(us(&split, 1, COMPONENT_throttled), 100);
	assert_int_equal(us(&split, 1, COMPONENT_disk), 50);
	assert_int_equal(us(&split, 1, COMPONENT_other), 150);
	assert_int_equal(us(&split, 0, COMPONENT_runq), 30);
	assert_int_equal(us(&split, 0, COMPONENT_cpu), 20);
	assert_int_equal(us(&split, 0, COMPONENT_socket_queue), 30);
	assert_int_equal(us(&split, 0, COMPONENT_downstream), 1145);
}

/* web: 100 us of CPU, cart, 50 of CPU, redis, 100 of CPU; each answer waits 20 in the run queue. */
static void calls_one_after_the_other(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 110, 120, 130, 430, 440, 460 }),
		call(2, 0, WEB, REDIS, (struct instants){ 510, 515, 520, 560, 565, 585 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 5, 10, 685, 690, 690 }),
	};
	struct split split;

	(void)state;
	spans[0].used = usage_us(120, 0, 0, 0);
	spans[0].caller = usage_us(0, 20, 0, 0);
	spans[1].used = usage_us(40, 0, 0, 0);
	spans[1].caller = usage_us(0, 20, 0, 0);
	spans[2].used = usage_us(250, 40, 0, 0);
	split_of(spans, 3, &split);
	assert_int_equal(split.nr_places, 4);
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 250);
	assert_int_equal(us(&split, 1, COMPONENT_runq), 40);
	assert_int_equal(us(&split, 1, COMPONENT_socket_queue), 5);
	assert_int_equal(us(&split, 1, COMPONENT_downstream), 330 + 55);
	assert_int_equal(us(&split, 1, COMPONENT_other), 0);
	/* The last child is linked first: redis is place 2. */
	assert_int_equal(us(&split, 2, COMPONENT_network), 10);
	assert_int_equal(us(&split, 2, COMPONENT_cpu), 40);
	assert_int_equal(us(&split, 3, COMPONENT_cpu), 120);
	assert_int_equal(us(&split, 3, COMPONENT_other), 180);
	assert_int_equal(us(&split, 3, COMPONENT_network), 20);
	assert_int_equal(us(&split, 3, COMPONENT_socket_queue), 10);
}

/* cart (100..900) and rates (110..500) at once: rates is not on the path, cart is to its end. */
static void a_shorter_call_beside_a_longer_one_is_off_the_path(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 105, 110, 895, 900, 910 }),
		call(2, 0, WEB, RATES, (struct instants){ 110, 115, 120, 495, 500, 510 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 5, 10, 995, 1000, 1000 }),
	};
	struct split split;

	(void)state;
	/* While both are out, web works for 10 us to send the second and 5 to read its answer. */
	spans[0].caller = usage_us(15 + 10, 0, 0, 0);
	spans[1].caller = usage_us(5, 0, 0, 0);
	spans[2].used = usage_us(90 + 15 + 10 + 85, 0, 0, 0);
	split_of(spans, 3, &split);
	assert_int_equal(us(&split, 1, COMPONENT_downstream), 800);
	assert_int_equal(sum_us(&split, 1, COMPONENT_downstream), 800 + 390);
	/* 10 of the 25 are what the answer's gap of 10 took; the others lie beside the path. */
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 185);
	assert_int_equal(sum_us(&split, 1, COMPONENT_cpu), 200);
	assert_int_equal(us(&split, 1, COMPONENT_other), 0);
	assert_int_equal(us(&split, 3, COMPONENT_network), 0);
	assert_int_equal(sum_us(&split, 3, COMPONENT_network), 10);
	assert_int_equal(sum_us(&split, 3, COMPONENT_other), 375);
	assert_int_equal(us(&split, 2, COMPONENT_network), 10);
}

/* cart is out at 100..600, rates at 400..900: cart has 100..400 of the path. */
static void a_call_is_cut_where_a_later_one_takes_over(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 120, 140, 540, 600, 600 }),
		call(2, 0, WEB, RATES, (struct instants){ 400, 410, 420, 890, 900, 900 }),
		call(3, 1, CART, REDIS, (struct instants){ 340, 350, 350, 490, 500, 500 }),
		root_call(LOAD, WEB, 4, (struct instants){ 0, 0, 0, 1000, 1000, 1000 }),
	};
	struct split split;

	(void)state;
	spans[0].used = usage_us(120, 0, 0, 60); /* of 240 us of its own */
	split_of(spans, 4, &split);
	/* places: 1 web, 2 rates, 3 cart, 4 redis */
	assert_int_equal(us(&split, 1, COMPONENT_downstream), 800);
	assert_int_equal(us(&split, 3, COMPONENT_network), 20);
	assert_int_equal(sum_us(&split, 3, COMPONENT_network), 80);
	assert_int_equal(us(&split, 3, COMPONENT_socket_queue), 20);
	/* cart's own 140..340 is 200 of 240. */
	assert_int_equal(us(&split, 3, COMPONENT_cpu), 100);
	assert_int_equal(us(&split, 3, COMPONENT_disk), 50);
	assert_int_equal(us(&split, 3, COMPONENT_other), 50);
	assert_int_equal(us(&split, 3, COMPONENT_downstream), 60);
	assert_int_equal(us(&split, 4, COMPONENT_network), 10);
	assert_int_equal(us(&split, 4, COMPONENT_other), 50);
	assert_int_equal(sum_us(&split, 4, COMPONENT_other), 140);
}

static void a_reply_that_lies_unread_is_socket_queue(void **state)
{
	/* An event loop is busy with others for 200 us before it reads cart's answer. */
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 100, 100, 300, 300, 500 }),
		root_call(LOAD, WEB, 2, (struct instants){ 0, 0, 50, 600, 600, 600 }),
	};
	struct split split;

	(void)state;
	spans[1].used = usage_us(150, 0, 0, 0);
	split_of(spans, 2, &split);
	assert_int_equal(us(&split, 1, COMPONENT_socket_queue), 50 + 200);
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 150);
	assert_int_equal(us(&split, 1, COMPONENT_other), 0);
}

/* Before an answer is read its reader waits for a CPU first, then works; the rest lies unread. */
static void a_short_gap_is_the_wait_before_the_work(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 100, 100, 300, 300, 340 }),
		root_call(LOAD, WEB, 2, (struct instants){ 0, 0, 0, 600, 600, 650 }),
	};
	struct split split;

	(void)state;
	spans[0].caller = usage_us(25, 30, 0, 0); /* 15 of the CPU was before the answer came */
	spans[1].used = usage_us(250, 30, 0, 0);
	spans[1].caller = usage_us(90, 20, 25, 0);
	split_of(spans, 2, &split);
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 250 - 15);
	assert_int_equal(us(&split, 1, COMPONENT_runq), 30);
	assert_int_equal(us(&split, 1, COMPONENT_socket_queue), 0);
	assert_int_equal(us(&split, 0, COMPONENT_runq), 20);
	assert_int_equal(us(&split, 0, COMPONENT_throttled), 25);
	assert_int_equal(us(&split, 0, COMPONENT_cpu), 5);
}

static void a_record_that_comes_twice_counts_once(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 110, 110, 150, 160, 160 }),
		call(1, 0, WEB, CART, (struct instants){ 100, 110, 110, 150, 160, 160 }),
		root_call(LOAD, WEB, 2, (struct instants){ 0, 0, 0, 300, 300, 300 }),
	};
	struct split split;

	(void)state;
	split_of(spans, 3, &split);
	assert_int_equal(split.places[2].calls, 1);
	assert_int_equal(sum_us(&split, 2, COMPONENT_network), 20);
	assert_int_equal(split.flags, SPLIT_MISSING);
}

static void the_same_service_twice_is_one_place(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, REDIS, (struct instants){ 100, 110, 110, 150, 160, 160 }),
		call(2, 0, WEB, REDIS, (struct instants){ 200, 210, 210, 250, 260, 260 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 0, 0, 300, 300, 300 }),
	};
	struct split split;

	(void)state;
	split_of(spans, 3, &split);
	assert_int_equal(split.nr_places, 3);
	assert_int_equal(split.places[2].calls, 2);
	assert_int_equal(us(&split, 2, COMPONENT_network), 40);
}

static void a_server_elsewhere_is_all_network(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, SLOT_REMOTE, (struct instants){ 100, 0, 0, 0, 400, 400 }),
		call(2, 0, WEB, SLOT_REMOTE, (struct instants){ 500, 0, 0, 0, 600, 600 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 0, 0, 700, 700, 700 }),
	};
	struct split split;
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++)
		spans[i].arrived_ns = spans[i].begun_ns = spans[i].answered_ns = 0;
	split_of(spans, 3, &split);
	assert_int_equal(split.nr_places, 4); /* two edges: two servers */
	assert_int_equal(us(&split, 2, COMPONENT_network) + us(&split, 3, COMPONENT_network), 400);
	assert_int_equal(us(&split, 3, COMPONENT_other), 0);
	spans[1].edge = spans[0].edge;
	split_of(spans, 3, &split);
	assert_int_equal(split.nr_places, 3);
	assert_int_equal(us(&split, 2, COMPONENT_network), 400);
}

static void a_client_elsewhere_begins_at_the_arrival(void **state)
{
	struct span_record root =
		root_call(SLOT_REMOTE, WEB, 1, (struct instants){ 0, 30, 70, 1070, 0, 0 });
	struct split split;

	(void)state;
	root.sent_ns = root.returned_ns = root.read_ns = 0;
	root.used = usage_us(900, 0, 0, 0);
	split_of(&root, 1, &split);
	assert_int_equal(split.start_ns, root.arrived_ns);
	assert_int_equal(split.total_ns, 1040 * US);
	assert_int_equal(us(&split, 1, COMPONENT_network), 0);
	assert_int_equal(us(&split, 1, COMPONENT_socket_queue), 40);
	assert_int_equal(us(&split, 1, COMPONENT_other), 100);
}

static void what_is_missing_is_said(void **state)
{
	struct span_record spans[] = {
		call(2, 1, CART, REDIS, (struct instants){ 200, 210, 210, 250, 260, 260 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 0, 0, 300, 300, 300 }),
	};
	struct split split;

	(void)state;
	split_of(spans, 2, &split); /* span 1 did not come: span 2 hangs in the air */
	assert_int_equal(split.flags, SPLIT_MISSING);
	assert_int_equal(split.nr_places, 2);
	assert_int_equal(us(&split, 1, COMPONENT_other), 300);
	spans[1].nr_spans = 2; /* as many as came, and yet one hangs in the air */
	split_of(spans, 2, &split);
	assert_int_equal(split.flags, SPLIT_MISSING);
	spans[0].parent = 0;
	spans[0].flags = SPAN_AMBIGUOUS | SPAN_CONNECTED;
	split_of(spans, 2, &split);
	assert_int_equal(split.flags, SPAN_AMBIGUOUS);
	spans[1].returned_ns = spans[1].read_ns = 0;
	split_of(spans, 2, &split);
	assert_false(split.timed);
	assert_true(split.flags & SPAN_UNANSWERED);
	assert_int_equal(split.total_ns, 0);
}

/* Stamps of sends are taken behind the arrival that they caused. */
static void late_stamps_of_sends_change_no_sum(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 105, 103, 104, 303, 301, 302 }),
		root_call(LOAD, WEB, 2, (struct instants){ 2, 1, 5, 402, 401, 403 }),
	};
	struct split split;

	(void)state;
	split_of(spans, 2, &split);
	assert_int_equal(split.total_ns, 402 * US);
	assert_int_equal(us(&split, 2, COMPONENT_network), 0);
	assert_int_equal(us(&split, 2, COMPONENT_socket_queue), 1);
	assert_int_equal(us(&split, 1, COMPONENT_downstream), 198);
}

static void a_call_that_outlives_the_answer_is_cut(void **state)
{
	struct span_record spans[] = {
		call(1, 0, WEB, CART, (struct instants){ 100, 110, 110, 890, 900, 910 }),
		call(2, 0, WEB, REDIS, (struct instants){ 600, 610, 610, 690, 700, 700 }),
		root_call(LOAD, WEB, 3, (struct instants){ 0, 0, 0, 500, 500, 500 }),
	};
	struct split split;

	(void)state;
	split_of(spans, 3, &split);
	assert_int_equal(us(&split, 1, COMPONENT_downstream), 400);
	assert_int_equal(us(&split, 2, COMPONENT_network), 10);
	assert_int_equal(us(&split, 2, COMPONENT_other), 390);
	assert_int_equal(us(&split, 3, COMPONENT_network), 0);
}

static void threads_side_by_side_fill_the_time_and_no_more(void **state)
{
	struct span_record root =
		root_call(LOAD, WEB, 1, (struct instants){ 0, 0, 0, 100, 100, 100 });
	struct split split;

	(void)state;
	root.used = usage_us(150, 50, 0, 0);
	split_of(&root, 1, &split);
	assert_int_equal(us(&split, 1, COMPONENT_cpu), 75);
	assert_int_equal(us(&split, 1, COMPONENT_runq), 25);
	assert_int_equal(sum_us(&split, 1, COMPONENT_cpu), 150);
	assert_int_equal(us(&split, 1, COMPONENT_other), 0);
}

struct world {
	struct span_record spans[SPAN_TRACE_MAX];
	u32 nr;
	u64 random;
	u64 cpu_ns; /* that all services used, known as it is made up */
};

static u64 below(struct world *world, u64 most)
{
	return random_u64(&world->random) % (most + 1);
}

/*
 * A service that gets @id at @now_ns works, calls others (at once or in turn) and answers: fills
 * the server's half and returns when it answered. It is all CPU but for the calls.
 */
static u64 serve(struct world *world, struct span_record *span, u64 now_ns, u32 depth)
{
	u32 calls = depth < 4 ? (u32)below(world, 2) : 0;
	u64 own_ns = 0, until_ns;

	span->arrived_ns = now_ns;
	span->begun_ns = now_ns = now_ns + below(world, 20);
	while (calls-- && world->nr < SPAN_TRACE_MAX - 1) {
		u32 id = ++world->nr;
		struct span_record *child = &world->spans[id - 1];
		u64 work_ns = below(world, 500);

		own_ns += work_ns;
		now_ns += work_ns;
		*child = call(id, span->id, span->server_slot, (u16)(SLOT_FIRST + below(world, 5)),
			      (struct instants){ 0 });
		child->sent_ns = now_ns;
		until_ns = serve(world, child, now_ns + below(world, 30), depth + 1);
		child->returned_ns = now_ns = until_ns + below(world, 30);
		child->read_ns = now_ns;
	}
	own_ns += until_ns = 1 + below(world, 500);
	span->used.cpu_ns = own_ns;
	world->cpu_ns += own_ns;
	return span->answered_ns = now_ns + until_ns;
}

static void any_calls_in_turn_are_split_exactly(void **state)
{
	static struct world world;
	static struct split split;
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 2000; seed++) {
		struct span_record root =
			root_call(LOAD, WEB, 0, (struct instants){ 0, 0, 0, 0, 0, 0 });
		u64 cpu_ns = 0, other_ns = 0;
		u32 i;

		world.nr = 0;
		world.cpu_ns = 0;
		world.random = seed;
		root.returned_ns = serve(&world, &root, root.sent_ns + below(&world, 9), 0);
		root.read_ns = root.returned_ns + below(&world, 9);
		root.nr_spans = world.nr + 1;
		world.spans[world.nr++] = root;
		split_of(world.spans, world.nr, &split);
		assert_int_equal(split.flags, 0);
		assert_int_equal(split.total_ns, root.read_ns - root.sent_ns);
		for (i = 0; i < split.nr_places; i++) {
			cpu_ns += split.places[i].ns[COMPONENT_cpu];
			other_ns += split.places[i].ns[COMPONENT_other];
		}
		assert_int_equal(cpu_ns, world.cpu_ns);
		assert_int_equal(other_ns, 0);
	}
}

static void whatever_comes_adds_up(void **state)
{
	static struct span_record spans[SPAN_TRACE_MAX];
	static struct split split;
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 3000; seed++) {
		u32 nr = random_records(spans, seed);

		spans[nr - 1].id = 0;
		split_of(spans, nr, &split);
		assert_true(split.nr_places <= SPAN_TRACE_MAX + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request_has_all_its_parts),
		cmocka_unit_test(calls_one_after_the_other),
		cmocka_unit_test(a_shorter_call_beside_a_longer_one_is_off_the_path),
		cmocka_unit_test(a_call_is_cut_where_a_later_one_takes_over),
		cmocka_unit_test(a_reply_that_lies_unread_is_socket_queue),
		cmocka_unit_test(a_short_gap_is_the_wait_before_the_work),
		cmocka_unit_test(a_record_that_comes_twice_counts_once),
		cmocka_unit_test(the_same_service_twice_is_one_place),
		cmocka_unit_test(a_server_elsewhere_is_all_network),
		cmocka_unit_test(a_client_elsewhere_begins_at_the_arrival),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(late_stamps_of_sends_change_no_sum),
		cmocka_unit_test(a_call_that_outlives_the_answer_is_cut),
		cmocka_unit_test(threads_side_by_side_fill_the_time_and_no_more),
		cmocka_unit_test(any_calls_in_turn_are_split_exactly),
		cmocka_unit_test(whatever_comes_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
