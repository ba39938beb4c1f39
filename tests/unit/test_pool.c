// SPDX-License-Identifier: GPL-2.0-only
/* Trials added up: what adds, what is averaged, and by which key things are the same. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sample_run.h"
#include "user/model/pool.h"

static void counters_add_and_gauges_average(void **state)
{
	struct run run = { 0 };
	struct phase pooled = { 0 };

	(void)state;
	sample_run(&run, 3);
	run.phases[2].services[0].mem_bytes = 94 << 20;
	assert_int_equal(pool_placement(&run, "packed", "measure", &pooled), 0);
	assert_int_equal(pooled.trial, 3);
	assert_int_equal(pooled.duration_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(pooled.nr_services, 3);
	assert_int_equal(pooled.services[0].cpu_ns, 6 * NSEC_PER_SEC);
	assert_int_equal(pooled.services[0].mem_bytes, 74 << 20);
	assert_int_equal(pooled.services[0].runq_wait_ns.count, 3000);
	assert_int_equal(pooled.services[2].disks[0].count, 300);
	assert_int_equal(pooled.self_map_bytes, 4 << 20);
	assert_int_equal(pooled.self_cpu_ns, 150 * NSEC_PER_MSEC);
	assert_int_equal(pooled.programs[0].run_count, 3000000);
	assert_int_equal(pooled.endpoints[0].answered, 1800);
	assert_true(pooled.endpoints[0].rate == 60);
	assert_int_equal(tally_get(&pooled.endpoints[0].codes, "200"), 1800);
	phase_free(&pooled);
	run_free(&run);
}

static void quantiles_come_from_merged_buckets(void **state)
{
	struct run run = { 0 };
	struct phase pooled = { 0 };
	unsigned int i;

	(void)state;
	for (i = 1; i <= 2; i++) {
		struct phase *phase = run_add_phase(&run, "p", i, "measure");
		struct service *service = phase_add_service(phase, "s", "a");

		/* Medians 1 us and 1 ms; their mean, 500 us, is no value that ever was. */
		fill(&service->runq_wait_ns, HIST_KERNEL_SUB_BITS, i == 1 ? 1000 : 1000000,
		     i == 1 ? 300 : 100);
	}
	assert_int_equal(pool_placement(&run, "p", "measure", &pooled), 0);
	assert_in_range(hist_quantile(&pooled.services[0].runq_wait_ns, 0.5), 937, 1063);
	assert_in_range(hist_quantile(&pooled.services[0].runq_wait_ns, 0.8), 937000, 1063000);
	phase_free(&pooled);
	run_free(&run);
}

static void a_gauge_is_averaged_over_the_trials_that_have_it(void **state)
{
	struct run run = { 0 };
	struct phase pooled = { 0 };

	(void)state;
	run_add_phase(&run, "p", 1, "measure");
	phase_add_service(run_add_phase(&run, "p", 2, "measure"), "s", "a")->mem_bytes = 1000;
	phase_add_service(run_add_phase(&run, "p", 3, "measure"), "s", "a")->mem_bytes = 3000;
	phase_add_edge(&run.phases[1], "s", "t", "t:80", "a", "b")->open = 4;
	phase_add_edge(&run.phases[2], "s", "t", "t:81", "a", "b")->open = 8;
	assert_int_equal(pool_placement(&run, "p", "measure", &pooled), 0);
	assert_int_equal(pooled.trial, 3);
	assert_int_equal(pooled.services[0].mem_bytes, 2000);
	assert_int_equal(pooled.nr_edges, 1);
	assert_int_equal(pooled.edges[0].open, 6);
	phase_free(&pooled);
	run_free(&run);
}

/* How near a map's end was, not how many rows all trials had. */
static void rows_in_use_are_the_most_of_any_trial(void **state)
{
	static const u64 rows[] = { 7, 30, 12, 900 };
	struct run run = { 0 };
	struct phase pooled = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		tally_add(&run_add_phase(&run, "p", i + 1, "measure")->map_fill, "owners", rows[i]);
	run_set_text(&run.phases[3].invalid, "the generator lagged");
	assert_int_equal(pool_placement(&run, "p", "measure", &pooled), 0);
	assert_int_equal(tally_get(&pooled.map_fill, "owners"), 30);
	phase_free(&pooled);
	run_free(&run);
}

static void hosts_keep_services_apart_unless_only_the_name_counts(void **state)
{
	struct phase src = { 0 }, by_host = { 0 }, by_name = { 0 };

	(void)state;
	phase_add_service(&src, "web", "a")->cpu_ns = 5;
	phase_add_service(&src, "web", "b")->cpu_ns = 7;
	phase_add_edge(&src, "web", "db", "10.0.0.1:1", "a", "b")->responses = 11;
	phase_add_edge(&src, "web", "db", "10.0.0.2:1", "a", "b")->responses = 13;
	phase_add_edge(&src, "web", "db", "10.0.0.2:1", "b", "b")->responses = 17;
	assert_int_equal(pool_add(&by_host, &src, POOL_BY_HOST), 0);
	assert_int_equal(pool_add(&by_name, &src, POOL_BY_NAME), 0);
	assert_int_equal(by_host.nr_services, 2);
	assert_int_equal(by_host.nr_edges, 2);
	assert_int_equal(by_host.edges[0].responses, 24);
	assert_int_equal(by_name.nr_services, 1);
	assert_int_equal(by_name.services[0].cpu_ns, 12);
	assert_int_equal(by_name.nr_edges, 1);
	assert_int_equal(by_name.edges[0].responses, 41);
	phase_free(&src);
	phase_free(&by_host);
	phase_free(&by_name);
}

static void other_placements_and_phases_stay_out(void **state)
{
	struct run run = { 0 };
	struct phase pooled = { 0 };

	(void)state;
	run_add_phase(&run, "p", 1, "warm-up")->self_cpu_ns = 1;
	run_add_phase(&run, "q", 1, "measure")->self_cpu_ns = 2;
	assert_int_equal(pool_placement(&run, "p", "measure", &pooled), 0);
	assert_int_equal(pooled.trial, 0);
	assert_int_equal(pooled.self_cpu_ns, 0);
	assert_string_equal(pooled.placement, "p");
	phase_free(&pooled);
	run_free(&run);
}

static void two_resolutions_do_not_mix(void **state)
{
	struct phase dst = { 0 }, src = { 0 };

	(void)state;
	fill(&phase_add_endpoint(&dst, "e")->latency_ns, HIST_CLIENT_SUB_BITS, 1000, 1);
	fill(&phase_add_endpoint(&src, "e")->latency_ns, HIST_KERNEL_SUB_BITS, 1000, 1);
	assert_int_equal(pool_add(&dst, &src, POOL_BY_HOST), -EINVAL);
	phase_free(&dst);
	phase_free(&src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_add_and_gauges_average),
		cmocka_unit_test(quantiles_come_from_merged_buckets),
		cmocka_unit_test(a_gauge_is_averaged_over_the_trials_that_have_it),
		cmocka_unit_test(rows_in_use_are_the_most_of_any_trial),
		cmocka_unit_test(hosts_keep_services_apart_unless_only_the_name_counts),
		cmocka_unit_test(other_placements_and_phases_stay_out),
		cmocka_unit_test(two_resolutions_do_not_mix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
