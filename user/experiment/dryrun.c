// SPDX-License-Identifier: GPL-2.0-only
/* What a run would do, in words: runner_print_plan(). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/units.h"
#include "user/experiment/order.h"
#include "user/experiment/runner.h"

static void print_hosts(const struct plan *plan)
{
	unsigned int i;

	printf("Hosts (network namespaces):\n");
	for (i = 0; i < plan->nr_hosts; i++)
		printf("  %-16s %-15s  CPUs %s\n", plan->hosts[i].name, plan->hosts[i].address,
		       plan->hosts[i].cpus);
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
		printf("\nPlacement %s:\n", plan->placements[p].name);
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

static void print_steps(const struct plan *plan)
{
	const struct plan_load *load = &plan->load;
	char warmup[UNITS_TEXT], duration[UNITS_TEXT];
	const char *before = "";
	unsigned int i;

	units_duration(warmup, sizeof(warmup), load->warmup_ns);
	units_duration(duration, sizeof(duration), load->duration_ns);
	printf("\nEach trial:\n  start            ");
	for (i = 0; i < plan->nr_services; i++, before = ", ")
		printf("%s%s", before, plan->services[i].name);
	printf("\n  warm up          %s\n"
	       "  measure          %s at %g requests/s on %u connections\n"
	       "  load             %s on %s, port %u\n"
	       "  stop             the last service first\n",
	       warmup, duration, load->rate, load->nr_connections, load->workload, load->target,
	       plan->services[load->target_index].port);
}

static void print_total(const struct plan *plan)
{
	unsigned int nr = plan_total_trials(plan);
	char total[UNITS_TEXT];

	units_duration(total, sizeof(total), nr * (plan->load.warmup_ns + plan->load.duration_ns));
	printf("\nTotal: %u trials of %u placements, %s of load; starting and stopping comes on "
	       "top.\n",
	       nr, plan->nr_placements, total);
}

int runner_print_plan(const struct plan *plan, struct err *err)
{
	printf("Experiment %s\n\n", plan->name);
	print_hosts(plan);
	print_placements(plan);
	if (print_order(plan, err))
		return -1;
	print_steps(plan);
	print_total(plan);
	return 0;
}
