// SPDX-License-Identifier: GPL-2.0-only
/* Trees of where time went, as people read them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/model/profile.h"
#include "user/show/attribution.h"
#include "tests/unit/golden.h"
#include "tests/unit/sample_run.h"

#define US 1000ULL

static void put(struct profile *profile, const char *path, u64 latency_us, u64 calls,
		enum component component, u64 us, u64 sum_us)
{
	struct slice *slice = place_slice(profile_place(profile, path),
					  hist_index(latency_us * US, HIST_CLIENT_SUB_BITS));

	slice->calls += calls;
	slice->ns[component] += us * US;
	slice->sum_ns[component] += sum_us * US;
}

/* 990 requests of 4 ms and 10 of 30, in which cart waits for a CPU. */
static void make_profile(struct profile *p)
{
	profile_place(p, "");
	put(p, "", 4000, 990, COMPONENT_socket_queue, 990 * 20, 990 * 20);
	put(p, "", 30000, 10, COMPONENT_cpu, 10 * 20, 10 * 20);
	put(p, "web", 4000, 990, COMPONENT_network, 990 * 60, 990 * 60);
	put(p, "web", 4000, 0, COMPONENT_cpu, 990 * 1400, 990 * 1500);
	put(p, "web", 4000, 0, COMPONENT_downstream, 990 * 2520, 990 * 3520);
	put(p, "web", 30000, 10, COMPONENT_cpu, 10 * 1480, 10 * 1480);
	put(p, "web", 30000, 0, COMPONENT_downstream, 10 * 28500, 10 * 28500);
	put(p, "web\ncart", 4000, 1980, COMPONENT_cpu, 990 * 1000, 990 * 2000);
	put(p, "web\ncart", 4000, 0, COMPONENT_runq, 990 * 200, 990 * 200);
	put(p, "web\ncart", 4000, 0, COMPONENT_throttled, 990 * 100, 990 * 100);
	put(p, "web\ncart", 4000, 0, COMPONENT_network, 990 * 120, 990 * 240);
	put(p, "web\ncart", 4000, 0, COMPONENT_other, 990 * 700, 990 * 700);
	put(p, "web\ncart", 4000, 0, COMPONENT_downstream, 990 * 400, 990 * 400);
	put(p, "web\ncart", 30000, 20, COMPONENT_runq, 10 * 28500, 10 * 28500);
	put(p, "web\ncart\na-service-with-a-long-name", 4000, 990, COMPONENT_disk, 990 * 400,
	    990 * 400);
	put(p, "web\nratings", 4000, 990, COMPONENT_cpu, 0, 990 * 10);
	p->total = 1000;
	p->complete = 970;
	tally_add(&p->reasons, "ambiguous", 20);
	tally_add(&p->reasons, "handover", 9);
	tally_add(&p->reasons, "lost", 1);
}

/* The kernel's sums have @calls requests of 4.2 ms, of which @traced came in traces. */
static void make_hops(struct profile *p, u64 calls, u64 traced, u64 traced_us)
{
	struct hop *entry, *hop = profile_hop(p, "web", "cart", "10.0.0.2:80", false);

	hop->calls = 99;
	hop->traced = 9;
	entry = profile_hop(p, "load", "web", "10.0.0.1:80", true);
	entry->calls = calls;
	entry->traced = traced;
	entry->traced_for = calls;
	fill(&entry->time_ns, 0, 4200 * US, calls);
	tally_add(&entry->traced_ns, HOP_TRACED_TIME, calls * traced_us * US);
}

static struct phase *make_phase(struct run *run)
{
	struct phase *phase;
	struct service *cart;

	sample_run(run, 1);
	phase = &run->phases[0];
	fill(&phase->endpoints[1].latency_uncorrected_ns, HIST_CLIENT_SUB_BITS, 4200 * US, 990);
	fill(&phase->endpoints[1].latency_uncorrected_ns, HIST_CLIENT_SUB_BITS, 31000 * US, 10);
	make_profile(phase_add_profile(phase, "POST /api/cart/add"));
	make_hops(&phase->profiles[0], 1000, 137, 4284);
	make_profile(phase_add_profile(phase, "cron -> web"));
	cart = phase_find_service(phase, "cart", "a");
	tally_add(&cart->waited_for_ns, "web", 700);
	tally_add(&cart->waited_for_ns, "batch", 9000);
	tally_add(&cart->waited_for_ns, "(wake-up)", 300);
	tally_add(&phase_find_service(phase, "web", "a")->waited_for_ns, "batch", 99000);
	return phase;
}

static void sums_say_what_is_exact(void **state)
{
	struct phase phase = { 0 };
	struct profile *p = phase_add_profile(&phase, "cron -> web");
	size_t size;
	char *text;
	FILE *out;

	(void)state;
	make_profile(p);
	make_hops(p, 1000, 1000, 4200);
	out = open_memstream(&text, &size);
	assert_int_equal(attribution_print(&phase, ATTRIBUTION_MEAN, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "\nExact: every one of 1000 requests was traced\n"));
	free(text);
	p->hops[1].traced = 0;
	out = open_memstream(&text, &size);
	assert_int_equal(attribution_print(&phase, ATTRIBUTION_MEAN, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "\nNot one of 1000 requests was traced; exact mean 4.20ms\n"));
	free(text);
	phase_free(&phase);
}

static void the_tree_is_the_golden_one(void **state)
{
	struct run run = { 0 };
	struct phase *phase = make_phase(&run);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(attribution_print(phase, ATTRIBUTION_SHORT, out), 0);
	assert_int_equal(attribution_print_endpoint(phase, "/api/cart/add", out), 0);
	assert_int_equal(attribution_print_endpoint(phase, "/no/such", out), -ENOENT);
	assert_int_equal(fclose(out), 0);
	assert_true(widest_line(text) <= 80);
	assert_golden("attribution.txt", text);
	free(text);
	run_free(&run);
}

static void without_a_load_it_is_the_entry_edges(void **state)
{
	struct run run = { 0 };
	struct phase *phase = make_phase(&run);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(run_set_text(&phase->profiles[0].endpoint, "(remote) -> web"), 0);
	assert_int_equal(attribution_print(phase, ATTRIBUTION_SHORT, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "(remote) -> web, all requests: 4.2"));
	assert_non_null(strstr(text, "cron -> web, the slowest hundredth: 30.0ms"));
	assert_null(strstr(text, "all endpoints"));
	assert_null(strstr(text, "slowest tenth"));
	free(text);
	run_free(&run);
}

static void who_waits_little_is_not_explained(void **state)
{
	struct phase phase = { 0 };
	struct profile *p = phase_add_profile(&phase, "cron -> web");
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	put(p, "", 1000, 100, COMPONENT_downstream, 100 * 1000, 100 * 1000);
	put(p, "web", 1000, 100, COMPONENT_runq, 100 * 10, 100 * 10);
	put(p, "web", 1000, 0, COMPONENT_downstream, 100 * 990, 100 * 990);
	put(p, "web\ncart", 1000, 100, COMPONENT_runq, 100 * 30, 100 * 30);
	put(p, "web\ncart", 1000, 0, COMPONENT_cpu, 100 * 960, 100 * 960);
	tally_add(&phase_add_service(&phase, "web", "a")->waited_for_ns, "batch", 5);
	tally_add(&phase_add_service(&phase, "cart", "a")->waited_for_ns, "batch", 5);
	assert_int_equal(attribution_print(&phase, ATTRIBUTION_MEAN, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "While cart waited for a CPU there ran: batch 100 %"));
	assert_null(strstr(text, "While web"));
	free(text);
	phase_free(&phase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_say_what_is_exact),
		cmocka_unit_test(the_tree_is_the_golden_one),
		cmocka_unit_test(without_a_load_it_is_the_entry_edges),
		cmocka_unit_test(who_waits_little_is_not_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
