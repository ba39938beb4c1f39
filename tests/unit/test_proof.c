// SPDX-License-Identifier: GPL-2.0-only
/*
 * Experiments whose truth is known, simulated as runs: what happens to a request in three services
 * in a row, with noise of the block, of the trial and of the request, judged as a user's run is.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/experiment/ranking.h"

#define BLOCKS	 10
#define REQUESTS 200
#define REPEATS	 100

static struct kpi_list kpis;
static struct compare_options options = { .kpis = &kpis, .margin = 0.03, .seed = 1 };

static const struct {
	const char *name;
	double cpu_ns, wait_ns; /* of one request */
} chain[] = { { "web", 200e3, 20e3 }, { "cart", 400e3, 40e3 }, { "redis", 100e3, 10e3 } };

static double uniform(struct infer_random *random)
{
	return ((double)(infer_random_next(random) >> 11) + 0.5) * 0x1p-53;
}

static double normal(struct infer_random *random)
{
	return sqrt(-2 * log(uniform(random))) * cos(2 * M_PI * uniform(random));
}

/* How the machine was in one trial, as factors around 1. */
struct weather {
	double speed, wait, network;
};

static void add_service(struct phase *phase, size_t which, double slow, const struct weather *w,
			struct infer_random *random)
{
	struct service *service = phase_add_service(phase, chain[which].name, "a");
	double own = exp(0.005 * normal(random)); /* of this service in this trial */
	size_t i;

	assert_non_null(service);
	service->cpu_ns = (u64)(chain[which].cpu_ns * slow * w->speed * own * REQUESTS);
	for (i = 0; i < REQUESTS; i++)
		assert_int_equal(hist_record(&service->runq_wait_ns, HIST_KERNEL_SUB_BITS,
					     (u64)(-log(uniform(random)) * chain[which].wait_ns *
						   w->wait)),
				 0);
}

static void add_edge(struct phase *phase, const char *client, const char *server, double network_ns)
{
	struct edge *edge = phase_add_edge(phase, client, server, "10.0.0.1:80", "a", "a");

	assert_non_null(edge);
	edge->responses = REQUESTS;
	edge->network_ns.count = REQUESTS;
	edge->network_ns.sum_ns = (u64)(REQUESTS * network_ns);
}

static void add_load(struct phase *phase, double service_ns, const struct weather *w,
		     struct infer_random *random)
{
	struct endpoint *all = phase_add_endpoint(phase, "all");
	size_t i;

	assert_non_null(all);
	all->attempted = REQUESTS;
	all->answered = REQUESTS;
	all->rate = REQUESTS / 10.0;
	for (i = 0; i < REQUESTS; i++)
		assert_int_equal(hist_record(&all->latency_ns, HIST_CLIENT_SUB_BITS,
					     (u64)(service_ns * exp(0.3 * normal(random)) +
						   -log(uniform(random)) * 200e3 * w->wait)),
				 0);
}

/* One trial in which the services take @slow times their usual CPU time. */
static void add_trial(struct run *run, const char *placement, unsigned int number,
		      const double *slow, double drift, struct infer_random *random)
{
	struct phase *phase = run_add_phase(run, placement, number, "measure");
	const struct weather w = { drift * exp(0.01 * normal(random)),
				   drift * exp(0.1 * normal(random)), exp(0.02 * normal(random)) };
	double service_ns = 0;
	size_t i;

	assert_non_null(phase);
	phase->duration_ns = 10 * NSEC_PER_SEC;
	for (i = 0; i < ARRAY_SIZE(chain); i++) {
		add_service(phase, i, slow[i], &w, random);
		service_ns += chain[i].cpu_ns * slow[i] * w.speed;
	}
	add_edge(phase, "load", "web", 50e3 * w.network);
	add_edge(phase, "web", "cart", 50e3 * w.network);
	add_edge(phase, "cart", "redis", 50e3 * w.network);
	add_load(phase, service_ns, &w, random);
}

/* Blocks of "packed" and @other, whose services take @slow times as much CPU time. */
static void simulate(struct run *run, const char *other, const double *slow, u64 seed)
{
	static const double usual[ARRAY_SIZE(chain)] = { 1, 1, 1 };
	struct infer_random random = { seed };
	unsigned int i;

	*run = (struct run){ 0 };
	for (i = 1; i <= BLOCKS; i++) {
		/* What the whole machine does from block to block, which pairs take out. */
		double drift = exp(0.15 * normal(&random));

		add_trial(run, "packed", i, usual, drift, &random);
		add_trial(run, other, i, slow, drift, &random);
	}
}

static size_t count(const struct comparison *c, enum verdict verdict)
{
	size_t i, nr = 0;

	for (i = 0; i < c->nr_kpis; i++)
		nr += c->difference[i].verdict == verdict;
	return nr;
}

static void a_copy_is_hardly_ever_better(void **state)
{
	static const double same[ARRAY_SIZE(chain)] = { 1, 1, 1 };
	int better = 0, worse = 0;
	u64 seed;

	(void)state;
	options.kpis_only = true;
	for (seed = 1; seed <= REPEATS; seed++) {
		struct comparison c;
		struct run run;

		simulate(&run, "packed-again", same, seed);
		assert_int_equal(compare_placements(&run, "packed", "packed-again", &options, &c),
				 0);
		assert_int_equal(compare_judge(&c, 1, &options), 0);
		assert_int_equal(c.nr_kpis, 4);
		better += count(&c, VERDICT_BETTER) > 0;
		worse += count(&c, VERDICT_WORSE) > 0;
		comparison_free(&c);
		run_free(&run);
	}
	options.kpis_only = false;
	print_message("# of %d copies %d had a figure called better, %d one called worse\n",
		      REPEATS, better, worse);
	assert_true(better <= REPEATS * 5 / 100);
	assert_true(better + worse <= REPEATS * 5 / 100);
}

static void a_service_slowed_by_5_percent_is_named(void **state)
{
	size_t guilty;
	int found = 0, named = 0, rounds = 0;
	u64 seed;

	(void)state;
	for (guilty = 0; guilty < ARRAY_SIZE(chain); guilty++) {
		for (seed = 1; seed <= 5; seed++, rounds++) {
			const char *placement[] = { "packed", "spread" };
			double slow[ARRAY_SIZE(chain)] = { 1, 1, 1 };
			struct ranking r;
			struct run run;
			size_t i;

			slow[guilty] = 1.05;
			simulate(&run, "spread", slow, 1000 + seed);
			assert_int_equal(ranking_make(&run, placement, 2, &options, &r), 0);
			for (i = 0; i < r.pair[0].nr; i++) {
				const struct difference *d = &r.pair[0].difference[i];

				if (strcmp(d->subject, chain[guilty].name) == 0 &&
				    strcmp(d->metric->id, "cpu_ns") == 0)
					found += d->verdict == VERDICT_WORSE;
			}
			named += r.reasons.nr &&
				 strcmp(r.reasons.reason[0].subject, chain[guilty].name) == 0 &&
				 strcmp(r.reasons.reason[0].metric->id, "cpu_ns") == 0;
			ranking_free(&r);
			run_free(&run);
		}
	}
	print_message("# of %d slowed services %d were found worse, %d named first\n", rounds,
		      found, named);
	assert_true(found >= rounds * 9 / 10);
	assert_true(named >= rounds * 8 / 10);
}

static void a_copy_says_what_the_pair_then_sees(void **state)
{
	static const double same[ARRAY_SIZE(chain)] = { 1, 1, 1 };
	const char *placement[] = { "packed", "packed-again" };
	double share = 0, slow[ARRAY_SIZE(chain)];
	int found = 0;
	u64 seed;
	size_t k;

	(void)state;
	options.kpis_only = true;
	options.margin = 0; /* else what is seen so finely may be called equivalent */
	for (seed = 1; seed <= 20; seed++) { /* on average what one of them says */
		struct ranking r;
		struct run run;

		simulate(&run, "packed-again", same, seed);
		/* The family of the pair itself stands for that of two placements. */
		assert_int_equal(ranking_make(&run, placement, 2, &options, &r), 0);
		for (k = 0; k < r.nr_resolutions; k++) {
			if (strcmp(r.resolution[k].difference->kpi->text, "cpu") == 0)
				share += r.resolution[k].detectable / 20;
		}
		ranking_free(&r);
		run_free(&run);
	}
	for (k = 0; k < ARRAY_SIZE(chain); k++)
		slow[k] = 1 + share;
	for (seed = 1; seed <= 50; seed++) {
		struct comparison c;
		struct run run;

		simulate(&run, "slow", slow, 500 + seed);
		assert_int_equal(compare_placements(&run, "packed", "slow", &options, &c), 0);
		assert_int_equal(compare_judge(&c, 1, &options), 0);
		assert_string_equal(c.difference[c.nr_kpis - 1].kpi->text, "cpu");
		found += c.difference[c.nr_kpis - 1].verdict == VERDICT_WORSE;
		comparison_free(&c);
		run_free(&run);
	}
	options.kpis_only = false;
	options.margin = COMPARE_MARGIN;
	print_message("# a copy says %.1f %% of CPU can be seen: it was in %d of 50\n", 100 * share,
		      found);
	assert_in_range(found, 32, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_hardly_ever_better),
		cmocka_unit_test(a_service_slowed_by_5_percent_is_named),
		cmocka_unit_test(a_copy_says_what_the_pair_then_sees),
	};
	int failed;

	if (kpi_list_make(&kpis, NULL, 0, NULL))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kpi_list_free(&kpis);
	return failed;
}
