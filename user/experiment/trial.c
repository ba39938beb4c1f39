// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/collect/procfs.h"
#include "user/experiment/loadphase.h"
#include "user/experiment/trial.h"
#include "user/experiment/warmup.h"
#include "user/trace/bands.h"

static int out_of_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

static struct phase *add_phase(const struct deploy *d, struct run *run, unsigned int i)
{
	struct phase *phase = run_add_phase(run, d->plan->placements[d->placement].name, d->trial,
					    d->plan->phases[i].name);

	if (phase)
		phase->attempt = d->attempt;
	return phase;
}

/* Warms up; what the BPF programs cost is sampled meanwhile, into @warmup. */
static int warm_up(struct deploy *d, struct measure *m, struct phase *warmup, struct err *err)
{
	int failed;

	if (!d->plan->load.warmup_ns)
		return 0;
	if (measure_sample_cost(m, true))
		return warmup_run(d, err);
	failed = measure_begin(m, err) || warmup_run(d, err) || measure_end(m, warmup, err);
	measure_sample_cost(m, false);
	return failed ? -1 : 0;
}

/* What the services do behind the last answer is part of what the load cost. */
static int drain(struct deploy *d, struct measure *m, struct err *err)
{
	u64 drain_ns = d->plan->load.drain_ns;

	measure_settle(m);
	if (!drain_ns)
		return 0;
	progress_step(d->progress, drain_ns, "draining");
	return deploy_watch(d, NULL, clock_mono_ns() + drain_ns, err) == WATCH_TIME ? 0 : -1;
}

/* Writes why @phase does not count, "" when it does. */
static int judge(const struct deploy *d, const struct phase *phase, u64 steal_ns, char *reason)
{
	const struct plan *plan = d->plan;
	const char **names = calloc(plan->nr_services + plan->nr_hosts, sizeof(*names));
	unsigned int *cpus = calloc(plan->nr_hosts, sizeof(*cpus)), i;
	struct validity_context context = {
		.limits = plan->valid,
		.services = names,
		.nr_services = plan->nr_services,
		.host_cpus = cpus,
		.nr_hosts = plan->nr_hosts,
		.cpus = (unsigned int)CPU_COUNT(&d->machine->online),
		.steal_ns = steal_ns,
	};

	if (names && cpus) {
		for (i = 0; i < plan->nr_services; i++)
			names[i] = plan->services[i].name;
		for (i = 0; i < plan->nr_hosts; i++) {
			names[plan->nr_services + i] = plan->hosts[i].name;
			cpus[i] = (unsigned int)CPU_COUNT(&plan->hosts[i].cpu_set);
		}
		context.hosts = names + plan->nr_services;
		validity_judge(&context, phase, reason);
	}
	free(names);
	free(cpus);
	return names && cpus ? 0 : -1;
}

/* Measures load phase @i into @phase, and judges it. */
static int measure_phase(struct deploy *d, struct measure *m, unsigned int i, struct phase *phase,
			 char *reason, struct err *err)
{
	const struct plan_phase *load = &d->plan->phases[i];
	u64 steal_before_ns = 0, steal_ns = 0;

	d->step = load->name;
	if (d->plan->nr_phases > 1)
		progress_step(d->progress, load->duration_ns, "measuring %s", load->name);
	else
		progress_step(d->progress, load->duration_ns, "measuring");
	/* A machine that does not tell has none taken, as far as anybody knows. */
	procfs_steal_ns("", &steal_before_ns);
	d->measure = m;
	if (measure_begin(m, err) || loadphase_run(d, load, load->duration_ns, err) ||
	    drain(d, m, err) || measure_end(m, phase, err) || loadphase_collect(d, phase, err))
		return -1;
	if (bands_name_endpoints(phase))
		return out_of_memory(err);
	if (procfs_steal_ns("", &steal_ns) || steal_ns < steal_before_ns)
		steal_ns = steal_before_ns;
	return judge(d, phase, steal_ns - steal_before_ns, reason) ? out_of_memory(err) : 0;
}

/*
 * Programs were timed in the warm-up, under the same load: timing them in the phase itself would
 * be part of what it finds.
 */
static void take_programs(struct phase *phase, struct phase *warmup)
{
	struct program *untimed = phase->programs;
	size_t nr = phase->nr_programs;

	if (!warmup->nr_programs)
		return;
	phase->programs = warmup->programs;
	phase->nr_programs = warmup->nr_programs;
	warmup->programs = untimed;
	warmup->nr_programs = nr;
}

/* Adds all load phases to @run; @reason is that of the first one that does not count. */
static int measure_phases(struct deploy *d, struct measure *m, struct run *run, char *reason,
			  struct err *err)
{
	char why[VALIDITY_TEXT];
	unsigned int i;

	for (i = 0; i < d->plan->nr_phases; i++) {
		struct phase *phase = add_phase(d, run, i);

		if (!phase)
			return out_of_memory(err);
		why[0] = '\0';
		if (measure_phase(d, m, i, phase, why, err))
			return -1;
		if (why[0] && !reason[0])
			snprintf(reason, VALIDITY_TEXT, "%s", why);
	}
	return 0;
}

static int load_all(struct deploy *d, struct measure *m, struct run *run, char *reason,
		    struct err *err)
{
	struct phase warmup = { 0 };
	size_t first = run->nr_phases;
	int failed;

	if (loadphase_make_cgroup(d, err))
		return -1;
	failed = loadphase_name(d, m, err) || deploy_name_services(d, m, err) ||
		 deploy_watch_processes(d, err) || warm_up(d, m, &warmup, err) ||
		 measure_phases(d, m, run, reason, err);
	census_look(&d->census, d->step, true);
	/* The grief of a service is the cause of what else is odd. */
	if (d->census.found[0])
		snprintf(reason, VALIDITY_TEXT, "%s", d->census.found);
	loadphase_remove_cgroup(d);
	if (!failed)
		take_programs(&run->phases[first], &warmup);
	phase_free(&warmup);
	return failed ? -1 : 0;
}

/* Takes the phases from @first on away again. */
static void forget(struct run *run, size_t first)
{
	while (run->nr_phases > first)
		phase_free(&run->phases[--run->nr_phases]);
}

/* Marks the phases from @first on; a trial counts as a whole or not at all. */
static int mark(struct run *run, size_t first, const char *reason, struct err *err)
{
	for (; first < run->nr_phases; first++) {
		if (run_set_text(&run->phases[first].invalid, reason))
			return out_of_memory(err);
	}
	return 0;
}

/* A trial whose service died has its phases, empty, and the reason. */
static int record_death(const struct deploy *d, struct run *run, struct err *err)
{
	unsigned int i;

	for (i = 0; i < d->plan->nr_phases; i++) {
		struct phase *phase = add_phase(d, run, i);

		if (!phase)
			return out_of_memory(err);
		phase->started_at_ns = clock_real_ns();
	}
	return 0;
}

int trial_run(struct deploy *d, struct measure *m, struct run *run, bool *died, struct err *err)
{
	char reason[VALIDITY_TEXT] = "";
	size_t first = run->nr_phases;
	bool loaded;
	int failed = deploy_start(d, err) || deploy_reset(d, err);

	loaded = !failed;
	if (!failed)
		failed = load_all(d, m, run, reason, err);
	deploy_stop(d);
	measure_forget_services(m);
	*died = failed && loaded && d->death[0];
	if (failed)
		forget(run, first);
	if (failed && !*died)
		return -1;
	if (*died) {
		snprintf(reason, sizeof(reason), "%s", d->death);
		failed = record_death(d, run, err);
	} else {
		failed = 0;
	}
	if (!failed && reason[0])
		failed = mark(run, first, reason, err);
	if (failed)
		forget(run, first);
	return failed;
}
