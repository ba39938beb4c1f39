// SPDX-License-Identifier: GPL-2.0-only
/* What a run would do, in words: runner_print_plan(). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/units.h"
#include "user/experiment/infer_power.h"
#include "user/experiment/order.h"
#include "user/experiment/runner.h"

static void print_host(const struct plan_host *host)
{
	const struct plan_link *link = host->link;

	printf("  %-16s %-15s  CPUs %s%s", host->name, host->address, host->cpus,
	       plan_is_machine(host) ? ", the machine itself" : "");
	if (link && link->delay)
		printf(", %s later each way", link->delay);
	if (link && link->rate)
		printf(", at most %s", link->rate);
	putchar('\n');
}

static void print_hosts(const struct plan *plan)
{
	unsigned int i;

	printf("Hosts (network namespaces):\n");
	for (i = 0; i < plan->nr_hosts; i++)
		print_host(&plan->hosts[i]);
	printf("  %-16s %-15s  CPUs %s\n", plan->client_host.name, plan->client_host.address,
	       plan->client_host.cpus ? plan->client_host.cpus : "all");
}

static void print_host_services(const struct plan *plan, unsigned int p, unsigned int host)
{
	const char *before = "";
	unsigned int i;

	printf("  %-16s ", plan->hosts[host].name);
	for (i = 0; i < plan->nr_services; i++) {
		if (plan->placements[p].host_of[i] != host)
			continue;
		printf("%s%s", before, plan->services[i].name);
		before = ", ";
	}
	printf("%s\n", *before ? "" : "-");
}

static void print_placements(const struct plan *plan)
{
	unsigned int p, host;

	for (p = 0; p < plan->nr_placements; p++) {
		printf("\nPlacement %s:%s\n", plan->placements[p].name,
		       plan_has_aa(plan) && p + 1 == plan->nr_placements
			       ? " the first one again, for the noise"
			       : "");
		for (host = 0; host < plan->nr_hosts; host++)
			print_host_services(plan, p, host);
	}
}

static int print_order(const struct plan *plan, struct err *err)
{
	unsigned int nr = plan->nr_placements, trial, i;
	unsigned int *order = malloc(nr * sizeof(*order));

	if (!order)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	printf("\nOrder (seed %" PRIu64 "):\n", plan->order_seed);
	for (trial = 1; trial <= plan->nr_trials; trial++) {
		order_shuffle(plan->order_seed, trial - 1, order, nr);
		printf("  trial %-3u", trial);
		for (i = 0; i < nr; i++)
			printf("%s %s", i ? "," : "", plan->placements[order[i]].name);
		putchar('\n');
	}
	free(order);
	return 0;
}

static void print_hooks(const struct plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_services; i++) {
		if (plan->services[i].reset)
			printf("  reset            %s: %s\n", plan->services[i].name,
			       plan->services[i].reset);
	}
}

static void print_warmup(const struct plan_load *load)
{
	char most[UNITS_TEXT], window[UNITS_TEXT];

	units_duration(most, sizeof(most), load->warmup_ns);
	if (!load->until_stationary) {
		printf("  warm up          %s\n", most);
		return;
	}
	units_duration(window, sizeof(window), load->window_ns);
	printf("  warm up          until p50 and p99 of two windows of %s agree within %.3g %%, at "
	       "most %s\n",
	       window, 100 * load->within, most);
}

static void print_phase(const struct plan_phase *phase, bool named)
{
	char duration[UNITS_TEXT];

	units_duration(duration, sizeof(duration), phase->duration_ns);
	printf("  measure          %s%s%s at %g requests/s on %u connections, %s\n",
	       named ? phase->name : "", named ? ": " : "", duration, phase->rate,
	       phase->nr_connections, phase->workload_path);
}

static void print_steps(const struct plan *plan)
{
	char text[UNITS_TEXT];
	const char *before = "";
	unsigned int i;

	printf("\nEach trial:\n  start            ");
	for (i = 0; i < plan->nr_services; i++, before = ", ")
		printf("%s%s", before, plan->services[i].name);
	printf("\n");
	print_hooks(plan);
	print_warmup(&plan->load);
	for (i = 0; i < plan->nr_phases; i++)
		print_phase(&plan->phases[i], plan->load.nr_phases > 0);
	printf("  load on          %s, port %u\n", plan->load.target,
	       plan->services[plan->load.target_index].port);
	if (plan->load.drain_ns)
		printf("  drain            %s\n",
		       units_duration(text, sizeof(text), plan->load.drain_ns));
	printf("  stop             the last service first\n");
	if (plan->cooldown_ns)
		printf("  cool down        %s\n",
		       units_duration(text, sizeof(text), plan->cooldown_ns));
}

static void print_limits(const struct plan *plan)
{
	const struct validity_limits *l = &plan->valid;

	printf("\nA trial does not count, and is repeated up to %u time%s, when\n"
	       "  a service dies or restarts under load, or one of its processes crashes, fails\n"
	       "  or is killed\n"
	       "  the load generator's p99 send lag is above %.3g %% of the p50 latency\n"
	       "  less than %.3g %% of the requests are sent though no host is busier than "
	       "%.3g %%\n"
	       "  the hypervisor takes more than %.3g %% of the CPUs, or others more than %.3g %%\n"
	       "  more than %.3g %% of the kernel's events are lost or without an owner\n",
	       plan->nr_retries, plan->nr_retries == 1 ? "" : "s", 100 * l->lag, 100 * l->rate,
	       100 * l->idle, 100 * l->steal, 100 * l->others, 100 * l->lost);
}

/* A row for each of some differences: the blocks that find it, by how much blocks vary. */
static void print_blocks(size_t family)
{
	static const double differences[] = { 0.02, 0.05, 0.1, 0.2 };
	static const double spreads[] = { 0.01, 0.03, 0.1 };
	size_t i, k;

	printf("  a true difference of   where blocks vary by 1 %%     3 %%    10 %%\n");
	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		printf("  %4.0f %%                 takes about ", 100 * differences[i]);
		for (k = 0; k < ARRAY_SIZE(spreads); k++) {
			const struct infer_goal goal = { log1p(differences[i]), spreads[k], 0,
							 family };

			printf(" %7u", infer_blocks(&goal));
		}
		printf(" blocks\n");
	}
}

static void print_power(const struct plan *plan)
{
	size_t family = plan_family(plan);
	unsigned int least = infer_least_pairs(family);

	if (plan->nr_placements - (plan_has_aa(plan) ? 1 : 0) < 2)
		return;
	printf("\nWhat %u block%s can show, %zu figures of pairs of placements judged at 5 %%:\n",
	       plan->nr_trials, plan->nr_trials == 1 ? "" : "s", family);
	if (plan->nr_trials < least)
		printf("  no better or worse: that takes at least %u; write 'trials: %u'\n", least,
		       least);
	print_blocks(family);
	printf("  (4 times out of 5; 'aa: true' and 'situ compare' tell by how much they vary)\n");
}

static void print_total(const struct plan *plan, const struct runner_options *options)
{
	unsigned int nr = plan_total_trials(plan), i;
	u64 each_ns =
		plan->load.warmup_ns + plan->nr_phases * plan->load.drain_ns + plan->cooldown_ns;
	char total[UNITS_TEXT], budget[UNITS_TEXT];

	for (i = 0; i < plan->nr_phases; i++)
		each_ns += plan->phases[i].duration_ns;
	units_duration(total, sizeof(total), nr * each_ns);
	printf("\nTotal: %u trials of %u placements, %s%s of load; starting and stopping comes on "
	       "top.\n",
	       nr, plan->nr_placements, plan->load.until_stationary ? "at most " : "", total);
	if (!options->until_decided)
		return;
	printf("Then more blocks until %s of every placement are decided, up to %u",
	       options->asked.metrics->nr || options->asked.checks->nr
		       ? "the figures and conditions asked for"
		       : "p50 and p99",
	       options->max_blocks);
	if (options->budget_ns)
		printf(" or until %s are over",
		       units_duration(budget, sizeof(budget), options->budget_ns));
	printf(".\n");
}

int runner_print_plan(const struct plan *plan, const struct runner_options *options,
		      struct err *err)
{
	printf("Experiment %s\n\n", plan->name);
	print_hosts(plan);
	print_placements(plan);
	if (print_order(plan, err))
		return -1;
	print_steps(plan);
	print_limits(plan);
	print_power(plan);
	print_total(plan, options);
	return 0;
}
