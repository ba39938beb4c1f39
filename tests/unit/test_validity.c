// SPDX-License-Identifier: GPL-2.0-only
/* Which trials count, and which do not: each reason by itself, on both sides of its limit. */
#include <string.h>

#include "tests/unit/unit.h"

#include "tests/unit/sample_run.h"
#include "user/experiment/validity.h"
#include "user/experiment/warmup.h"

static const char *const own[] = { "web", "cart", "redis" };
static const char *const hosts[] = { "a", "b" };
static const unsigned int host_cpus[] = { 1, 1 };

/* A phase of 10 s on two CPUs: web 2 s, cart 1 s and redis 0.5 s of CPU on host a. */
static struct phase *sample(struct run *run)
{
	assert_int_equal(run_set_text(&run->name, "sample"), 0);
	sample_trial(run, "packed", 1, 1, 0);
	return &run->phases[0];
}

static struct validity_context context(void)
{
	return (struct validity_context){
		.limits = validity_defaults,
		.services = own,
		.nr_services = 3,
		.hosts = hosts,
		.host_cpus = host_cpus,
		.nr_hosts = 2,
		.cpus = 2,
	};
}

static void counts(const struct validity_context *c, const struct phase *phase)
{
	char reason[VALIDITY_TEXT] = "x";

	if (!validity_judge(c, phase, reason))
		fail_msg("%s", reason);
	assert_string_equal(reason, "");
}

static void does_not(const struct validity_context *c, const struct phase *phase, const char *why)
{
	char reason[VALIDITY_TEXT];

	assert_false(validity_judge(c, phase, reason));
	assert_string_equal(reason, why);
}

static void steal(void **state)
{
	struct validity_context c = context();
	struct run run = { 0 };
	struct phase *phase = sample(&run);

	(void)state;
	counts(&c, phase);
	c.steal_ns = NSEC_PER_SEC; /* 5 % of two CPUs for 10 s */
	counts(&c, phase);
	c.steal_ns = 3 * NSEC_PER_SEC;
	does_not(&c, phase, "the hypervisor took 15 % of the CPUs, more than 5 %");
	run_free(&run);
}

static void others(void **state)
{
	struct validity_context c = context();
	struct run run = { 0 };
	struct phase *phase = sample(&run);

	(void)state;
	sample_service(phase, "load", "client", 9 * NSEC_PER_SEC, 1);
	counts(&c, phase);
	/* situ itself, 50 ms here, is in the cgroup it was started from. */
	sample_service(phase, "(root)", "vm", 5 * NSEC_PER_SEC + 40 * NSEC_PER_MSEC, 1);
	counts(&c, phase);
	sample_service(phase, "backup.service", "vm", NSEC_PER_SEC, 1);
	does_not(&c, phase,
		 "what does not belong to the experiment took 29.9 % of the CPUs, more than 25 %");
	run_free(&run);
}

static void lag(void **state)
{
	struct validity_context c = context();
	struct run run = { 0 };
	struct phase *phase = sample(&run);
	struct endpoint *all = phase_find_endpoint(phase, "all");

	(void)state;
	hist_free(&all->send_lag_ns);
	fill(&all->send_lag_ns, HIST_CLIENT_SUB_BITS, 4 * NSEC_PER_MSEC, 1000);
	counts(&c, phase); /* half of the answers took 5 ms */
	c.limits.lag = 0.1;
	hist_free(&all->send_lag_ns);
	fill(&all->send_lag_ns, HIST_CLIENT_SUB_BITS, 400 * NSEC_PER_USEC, 1000);
	c.limits.lag = 0.01;
	counts(&c, phase); /* too little to matter */
	hist_free(&all->send_lag_ns);
	fill(&all->send_lag_ns, HIST_CLIENT_SUB_BITS, 9 * NSEC_PER_MSEC, 1000);
	c.limits.lag = 1;
	does_not(&c, phase,
		 "the load generator lagged: 1 % of its requests left 9.00ms late or more, while "
		 "half of the answers took 5.00ms at most");
	run_free(&run);
}

static void missed_rate(void **state)
{
	struct validity_context c = context();
	struct run run = { 0 };
	struct phase *phase = sample(&run);
	struct endpoint *all = phase_find_endpoint(phase, "all");

	(void)state;
	tally_add(&all->errors, "timeout", 900); /* the server's, not the generator's */
	tally_add(&all->errors, "not_sent", 50);
	counts(&c, phase);
	tally_add(&all->errors, "not_sent", 1);
	does_not(&c, phase,
		 "the rate was missed though the services were idle: 5.1 % of the requests were "
		 "not sent, and no host used more than 35 % of its CPUs");
	sample_service(phase, "hog", "b", 6 * NSEC_PER_SEC, 1);
	c.limits.others = 1;
	counts(&c, phase); /* a host was busy: that is a result */
	run_free(&run);
}

static void losses(void **state)
{
	struct validity_context c = context();
	struct run run = { 0 };
	struct phase *phase = sample(&run);
	u64 events = 0;
	size_t i;

	(void)state;
	for (i = 0; i < phase->nr_services; i++)
		events += phase->services[i].switches;
	for (i = 0; i < phase->nr_edges; i++)
		events += phase->edges[i].responses;
	events += 100; /* of the disk */
	tally_add(&phase->losses, "edge_full", events / 60);
	tally_add(&phase->losses, "wait_full", events);
	counts(&c, phase);
	tally_add(&phase->losses, "edge_full", events / 60);
	does_not(&c, phase,
		 "3.23 % of the kernel's events were lost or without an owner, more than 2 %");
	run_free(&run);
}

static void a_phase_of_nothing_counts(void **state)
{
	struct validity_context c = context();
	struct phase phase = { 0 };

	(void)state;
	counts(&c, &phase);
	phase.duration_ns = NSEC_PER_SEC;
	counts(&c, &phase);
}

static void windows_agree_within_a_share(void **state)
{
	const struct warmup_window a = { 1000, 9000 }, near = { 1100, 8200 }, p50 = { 1200, 9000 },
				   p99 = { 1000, 12000 };

	(void)state;
	assert_true(warmup_agree(&a, &a, 0));
	assert_true(warmup_agree(&a, &near, 0.1));
	assert_true(warmup_agree(&near, &a, 0.1));
	assert_false(warmup_agree(&a, &near, 0.05));
	assert_false(warmup_agree(&a, &p50, 0.1));
	assert_false(warmup_agree(&p99, &a, 0.1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steal),
		cmocka_unit_test(others),
		cmocka_unit_test(lag),
		cmocka_unit_test(missed_rate),
		cmocka_unit_test(losses),
		cmocka_unit_test(a_phase_of_nothing_counts),
		cmocka_unit_test(windows_agree_within_a_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
