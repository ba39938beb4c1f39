// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "user/experiment/plan.h"
#include "user/base/units.h"
#include "user/experiment/validity.h"

const struct validity_limits validity_defaults = {
	.lag = 1,
	.rate = 0.95,
	.idle = 0.5,
	.steal = 0.05,
	.others = 0.25,
	.lost = 0.02,
};

static bool lags(const struct validity_context *c, const struct endpoint *all, char *reason)
{
	char lag[UNITS_TEXT], latency[UNITS_TEXT];
	u64 lag_ns, latency_ns;

	if (!all || !all->send_lag_ns.count || !all->latency_ns.count)
		return false;
	lag_ns = hist_quantile(&all->send_lag_ns, 0.99);
	latency_ns = hist_quantile(&all->latency_ns, 0.5);
	if (lag_ns <= VALIDITY_LAG_LEAST_NS || (double)lag_ns <= c->limits.lag * (double)latency_ns)
		return false;
	snprintf(reason, VALIDITY_TEXT,
		 "the load generator lagged: 1 %% of its requests left %s late or more, while "
		 "half of the answers took %s at most",
		 units_duration(lag, sizeof(lag), lag_ns),
		 units_duration(latency, sizeof(latency), latency_ns));
	return true;
}

static bool is_own(const struct validity_context *c, const char *service)
{
	size_t i;

	for (i = 0; i < c->nr_services; i++) {
		if (strcmp(c->services[i], service) == 0)
			return true;
	}
	return strcmp(service, PLAN_LOAD) == 0;
}

/* The share of its CPUs that the busiest host used. */
static double busiest(const struct validity_context *c, const struct phase *phase)
{
	double most = 0, share;
	size_t h, i;
	u64 cpu_ns;

	for (h = 0; h < c->nr_hosts; h++) {
		for (i = 0, cpu_ns = 0; i < phase->nr_services; i++) {
			if (strcmp(phase->services[i].host, c->hosts[h]) == 0)
				cpu_ns += phase->services[i].cpu_ns;
		}
		share = (double)cpu_ns / ((double)phase->duration_ns * c->host_cpus[h]);
		most = share > most ? share : most;
	}
	return most;
}

static bool misses_rate(const struct validity_context *c, const struct phase *phase,
			const struct endpoint *all, char *reason)
{
	u64 not_sent = all ? tally_get(&all->errors, "not_sent") : 0;
	double busy;

	if (!not_sent || (double)not_sent <= (1 - c->limits.rate) * (double)all->attempted)
		return false;
	busy = busiest(c, phase);
	if (busy >= c->limits.idle)
		return false;
	snprintf(reason, VALIDITY_TEXT,
		 "the rate was missed though the services were idle: %.3g %% of the requests were "
		 "not sent, and no host used more than %.3g %% of its CPUs",
		 100 * (double)not_sent / (double)all->attempted, 100 * busy);
	return true;
}

static bool is_disturbed(const struct validity_context *c, const struct phase *phase, char *reason)
{
	double all_ns = (double)phase->duration_ns * c->cpus;
	double steal = (double)c->steal_ns / all_ns, others;
	u64 others_ns = 0;
	size_t i;

	for (i = 0; i < phase->nr_services; i++) {
		if (!is_own(c, phase->services[i].name))
			others_ns += phase->services[i].cpu_ns;
	}
	others_ns -= others_ns < phase->self_cpu_ns ? others_ns : phase->self_cpu_ns;
	others = (double)others_ns / all_ns;
	if (steal > c->limits.steal)
		snprintf(reason, VALIDITY_TEXT,
			 "the hypervisor took %.3g %% of the CPUs, more than %.3g %%", 100 * steal,
			 100 * c->limits.steal);
	else if (others > c->limits.others)
		snprintf(reason, VALIDITY_TEXT,
			 "what does not belong to the experiment took %.3g %% of the CPUs, more "
			 "than %.3g %%",
			 100 * others, 100 * c->limits.others);
	return reason[0] != '\0';
}

static bool has_lost(const struct validity_context *c, const struct phase *phase, char *reason)
{
	/* A wait whose offender has no row is counted all the same: nothing of it is lost. */
	u64 lost = tally_total(&phase->losses) - tally_get(&phase->losses, "wait_full");
	u64 events = lost;
	size_t i, k;

	for (i = 0; i < phase->nr_services; i++) {
		events += phase->services[i].switches;
		for (k = 0; k < phase->services[i].nr_disks; k++)
			events += phase->services[i].disks[k].count;
	}
	for (i = 0; i < phase->nr_edges; i++)
		events += phase->edges[i].responses;
	if (!lost || (double)lost <= c->limits.lost * (double)events)
		return false;
	snprintf(reason, VALIDITY_TEXT,
		 "%.3g %% of the kernel's events were lost or without an owner, more than %.3g %%",
		 100 * (double)lost / (double)events, 100 * c->limits.lost);
	return true;
}

bool validity_judge(const struct validity_context *context, const struct phase *phase,
		    char reason[VALIDITY_TEXT])
{
	const struct endpoint *all = phase_find_endpoint(phase, "all");

	reason[0] = '\0';
	if (!phase->duration_ns)
		return true;
	/* What others did comes first: it is the cause of a lag more often than the generator. */
	return !(is_disturbed(context, phase, reason) || lags(context, all, reason) ||
		 misses_rate(context, phase, all, reason) || has_lost(context, phase, reason));
}
