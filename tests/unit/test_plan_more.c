// SPDX-License-Identifier: GPL-2.0-only
/* Experiment files beyond the plain one: generated placements, load phases, limits. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/sample_plan.h"
#include "tests/unit/unit.h"

#define TEXT_MAX 4096

/* A file of three services on two hosts with @placements, @load and @more put in. */
static struct plan *parsed(const char *placements, const char *load, const char *more,
			   struct err *err)
{
	const struct plan_machine machine = sample_machine();
	char text[TEXT_MAX];
	struct plan *plan;
	int len = snprintf(text, sizeof(text),
			   "name: x\n"
			   "hosts: [{name: a, cpus: '0'}, {name: b, cpus: '1'}]\n"
			   "services:\n"
			   "  - {name: one, command: c, port: 1}\n"
			   "  - {name: two, command: c, port: 2, reset: 'r {{dir}}', stop: s}\n"
			   "  - {name: three, command: c, port: 3}\n"
			   "placements:\n%s"
			   "load: {workload: w.yaml, target: one, rate: 5%s}\n%s",
			   placements, load, more);

	assert_in_range(len, 1, sizeof(text) - 1);
	if (plan_parse("x.yaml", "/lab", text, (size_t)len, &machine, &plan, err))
		assert_null(plan);
	return plan;
}

static struct plan *good(const char *placements, const char *load, const char *more)
{
	struct err err = { 0 };
	struct plan *plan = parsed(placements, load, more, &err);

	if (!plan)
		fail_msg("%s", err.text);
	return plan;
}

static void bad(const char *placements, const char *load, const char *more, const char *text)
{
	struct err err = { 0 };

	assert_null(parsed(placements, load, more, &err));
	assert_string_equal(err.text, text);
	assert_int_equal(err.code, EXIT_USAGE);
}

static void assert_names(const struct plan *plan, const char *names)
{
	char got[TEXT_MAX] = "";
	unsigned int i;

	for (i = 0; i < plan->nr_placements; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 plan->placements[i].name);
	assert_string_equal(got, names);
}

static void rules_stand_beside_written_placements(void **state)
{
	struct plan *plan = good("  - {name: mine, on: [{host: b, services: [one, two, three]}]}\n"
				 "  - generate: packed\n"
				 "  - {generate: spread, name: even}\n",
				 "", "");

	(void)state;
	assert_names(plan, "mine packed even");
	assert_string_equal(plan_host_of(plan, 0, 0)->name, "b");
	assert_string_equal(plan_host_of(plan, 1, 2)->name, "a");
	assert_string_equal(plan_host_of(plan, 2, 1)->name, "b");
	assert_string_equal(plan->services[1].reset, "r {{dir}}");
	plan_free(plan);
}

/* The hosts are alike: each has one CPU, shared with the client. */
static void all_leaves_out_what_is_there(void **state)
{
	struct plan *plan = good("  - generate: packed\n  - generate: all\n", "", "");

	(void)state;
	assert_names(plan, "packed all-aab all-aba all-abb");
	plan_free(plan);
}

static void hosts_differ_by_what_the_client_leaves_them(void **state)
{
	struct plan *plan = good("  - generate: all\n", "", "client: {cpus: '1'}\n");

	(void)state;
	assert_int_equal(plan->nr_placements, 8);
	plan_free(plan);
}

static void random_takes_a_count(void **state)
{
	struct plan *plan = good("  - {generate: random, count: 3, seed: 7}\n", "", "");

	(void)state;
	assert_int_equal(plan->nr_placements, 3);
	assert_memory_equal(plan->placements[0].name, "random-a", 8);
	plan_free(plan);
}

static void aa_copies_the_first(void **state)
{
	struct plan *plan = good("  - generate: spread\n  - generate: packed\n", "", "aa: true\n");

	(void)state;
	assert_names(plan, "spread packed spread-again");
	assert_true(plan_has_aa(plan));
	assert_memory_equal(plan->placements[0].host_of, plan->placements[2].host_of,
			    3 * sizeof(unsigned int));
	plan_free(plan);
	plan = good("  - generate: spread\n", "", "aa: false\n");
	assert_int_equal(plan->nr_placements, 1);
	plan_free(plan);
}

static void mistakes_in_rules(void **state)
{
	(void)state;
	bad("  - generate: spred\n", "", "",
	    "x.yaml:8:15: unknown rule 'spred': did you mean 'spread'?");
	bad("  - generate: everything\n", "", "",
	    "x.yaml:8:15: unknown rule 'everything': write packed, spread, each-alone, all or "
	    "random");
	bad("  - generate: each-alone\n", "", "",
	    "x.yaml:8:15: no such placement: 3 services do not fit on 2 hosts this way: add "
	    "hosts");
	bad("  - {generate: all, limit: 3}\n", "", "",
	    "x.yaml:8:16: there are more than 3 placements: raise 'limit', or take 'generate: "
	    "random'");
	bad("  - {generate: all, limit: 0}\n", "", "",
	    "x.yaml:8:28: this is not between 1 and 1000: write another number");
	bad("  - {generate: all, count: 3}\n", "", "",
	    "x.yaml:8:5: 'count' and 'seed' go with 'generate: random' only: take them out");
	bad("  - {generate: random}\n", "", "",
	    "x.yaml:8:5: 'generate: random' lacks the key 'count': add 'count: ...'");
	bad("  - {generate: packed, limit: 3}\n", "", "",
	    "x.yaml:8:5: 'limit' goes with 'generate: all' only: take it out");
	bad("  - {name: x}\n", "", "",
	    "x.yaml:8:5: a placement has either 'on' or 'generate': add one");
	bad("  - {on: [{host: a, services: [one, two, three]}]}\n", "", "",
	    "x.yaml:8:5: a placement without a name: add 'name: ...'");
	bad("  - {name: x, on: [{host: a, services: [one]}], generate: all}\n", "", "",
	    "x.yaml:8:5: a placement has either 'on' or 'generate': take one out");
	bad("  - generate: packed\n  - generate: packed\n", "", "",
	    "x.yaml:9:15: placement 'packed' stands here a second time: rename one");
}

static void load_phases_take_what_they_lack_from_the_load(void **state)
{
	struct plan *plan = good("  - generate: packed\n",
				 ", connections: 3, drain: 1s, phases: [{name: calm}, {name: busy, "
				 "rate: 50, duration: 3s, workload: /etc/w.yaml, connections: 9}]",
				 "");

	(void)state;
	assert_int_equal(plan->nr_phases, 2);
	assert_string_equal(plan->phases[0].name, "calm");
	assert_float_equal(plan->phases[0].rate, 5, 1e-9);
	assert_int_equal(plan->phases[0].nr_connections, 3);
	assert_true(plan->phases[0].duration_ns == PLAN_DURATION_NS);
	assert_string_equal(plan->phases[0].workload_path, "/lab/w.yaml");
	assert_string_equal(plan->phases[1].name, "busy");
	assert_float_equal(plan->phases[1].rate, 50, 1e-9);
	assert_int_equal(plan->phases[1].nr_connections, 9);
	assert_true(plan->phases[1].duration_ns == 3 * NSEC_PER_SEC);
	assert_string_equal(plan->phases[1].workload_path, "/etc/w.yaml");
	assert_true(plan->load.drain_ns == NSEC_PER_SEC);
	plan_free(plan);
	bad("  - generate: packed\n", ", phases: [{name: a}, {name: a}]", "",
	    "x.yaml:9:75: phase 'a' stands here a second time: rename one");
	bad("  - generate: packed\n", ", phases: [{name: a, rate: 0}]", "",
	    "x.yaml:9:73: rate 0 is not between 0 and 1e+06: write requests per second");
	bad("  - generate: packed\n", ", phases: [{name: a, workload: v.yaml}]", "",
	    "x.yaml:9:77: cannot read the workload file v.yaml: write its path");
}

static void warm_up_until_stationary(void **state)
{
	struct plan *plan = good("  - generate: packed\n", ", warmup: stationary", "");

	(void)state;
	assert_true(plan->load.until_stationary);
	assert_true(plan->load.warmup_ns == PLAN_WARM_LIMIT_NS);
	assert_true(plan->load.window_ns == PLAN_WINDOW_NS);
	plan_free(plan);
	plan = good("  - generate: packed\n",
		    ", warmup: stationary, stationary: {window: 1s, within: 5%, limit: 9s}", "");
	assert_true(plan->load.warmup_ns == 9 * NSEC_PER_SEC);
	assert_true(plan->load.window_ns == NSEC_PER_SEC);
	assert_float_equal(plan->load.within, 0.05, 1e-9);
	plan_free(plan);
	bad("  - generate: packed\n", ", warmup: 3s, stationary: {window: 1s}", "",
	    "x.yaml:9:72: 'stationary' goes with 'warmup: stationary': write that");
	bad("  - generate: packed\n", ", warmup: stationary, stationary: {limit: 3s}", "",
	    "x.yaml:9:88: the limit is shorter than two windows: raise it");
}

static void limits_of_what_counts(void **state)
{
	struct plan *plan = good("  - generate: packed\n", "", "");

	(void)state;
	assert_memory_equal(&plan->valid, &validity_defaults, sizeof(validity_defaults));
	assert_int_equal(plan->nr_retries, PLAN_RETRIES);
	plan_free(plan);
	plan = good("  - generate: packed\n", "",
		    "limits: {lag: 50%, others: 0.5, steal: 0}\nretries: 0\ncooldown: 3s\n");
	assert_float_equal(plan->valid.lag, 0.5, 1e-9);
	assert_float_equal(plan->valid.others, 0.5, 1e-9);
	assert_float_equal(plan->valid.steal, 0, 1e-9);
	assert_float_equal(plan->valid.lost, validity_defaults.lost, 1e-9);
	assert_int_equal(plan->nr_retries, 0);
	assert_true(plan->cooldown_ns == 3 * NSEC_PER_SEC);
	plan_free(plan);
	bad("  - generate: packed\n", "", "limits: {others: 101%}\n",
	    "x.yaml:10:18: '101%' is not a share up to 1: write one like 5% or 0.05");
	bad("  - generate: packed\n", "", "limits: {lag: often}\n",
	    "x.yaml:10:15: 'often' is not a share up to 1000000: write one like 5% or 0.05");
	bad("  - generate: packed\n", "", "retries: 1000\n",
	    "x.yaml:10:10: 1000 retries are above 100: write fewer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_stand_beside_written_placements),
		cmocka_unit_test(all_leaves_out_what_is_there),
		cmocka_unit_test(hosts_differ_by_what_the_client_leaves_them),
		cmocka_unit_test(random_takes_a_count),
		cmocka_unit_test(aa_copies_the_first),
		cmocka_unit_test(mistakes_in_rules),
		cmocka_unit_test(load_phases_take_what_they_lack_from_the_load),
		cmocka_unit_test(warm_up_until_stationary),
		cmocka_unit_test(limits_of_what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
