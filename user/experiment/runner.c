// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/experiment/loadphase.h"
#include "user/experiment/order.h"
#include "user/experiment/prepare.h"
#include "user/experiment/runner.h"
#include "user/experiment/scratch.h"
#include "user/store/store.h"

struct runner {
	const struct plan *plan;
	const struct plan_machine *machine;
	const char *store_path;
	struct run *run;
	struct store *store;
	struct measure *measure;
	struct lab lab;
	struct progress progress;
	unsigned int serial; /* of the trial under way, from 1 */
};

static int out_of_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

/* The directory for the logs of one trial, or of the run when @name is "", made; owned. */
static char *make_log_dir(const struct runner *r, const char *name, struct err *err)
{
	char *path;
	int failed;

	if (asprintf(&path, "%s.logs/%" PRIu64 "%s%s", r->store_path, r->run->id, *name ? "/" : "",
		     name) < 0) {
		out_of_memory(err);
		return NULL;
	}
	failed = scratch_make_all(path);
	if (!failed)
		return path;
	err_set(err, EXIT_FAILED, "cannot make %s: %s: make room for it", path, strerror(-failed));
	free(path);
	return NULL;
}

/* Warms up; what the BPF programs cost is sampled meanwhile, into @warmup. */
static int warm_up(const struct runner *r, struct deploy *d, struct phase *warmup, struct err *err)
{
	u64 warmup_ns = r->plan->load.warmup_ns;
	int failed;

	if (!warmup_ns)
		return 0;
	d->step = "warm-up";
	progress_step(d->progress, warmup_ns, "warming up");
	if (measure_sample_cost(r->measure, true))
		return loadphase_run(d, warmup_ns, err);
	failed = measure_begin(r->measure, err) || loadphase_run(d, warmup_ns, err) ||
		 measure_end(r->measure, warmup, err);
	measure_sample_cost(r->measure, false);
	return failed ? -1 : 0;
}

/* Measures one load phase into @phase. */
static int measure_phase(const struct runner *r, struct deploy *d, struct phase *phase,
			 struct err *err)
{
	d->step = PLAN_PHASE;
	progress_step(d->progress, r->plan->load.duration_ns, "measuring");
	if (measure_begin(r->measure, err) || loadphase_run(d, r->plan->load.duration_ns, err) ||
	    measure_end(r->measure, phase, err))
		return -1;
	return loadphase_collect(d, phase, err);
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

static int run_phase(const struct runner *r, struct deploy *d, struct phase *phase, struct err *err)
{
	struct phase warmup = { 0 };
	int failed;

	if (loadphase_make_cgroup(d, err))
		return -1;
	failed = loadphase_name(d, r->measure, err) || deploy_name_services(d, r->measure, err) ||
		 warm_up(r, d, &warmup, err) || measure_phase(r, d, phase, err);
	loadphase_remove_cgroup(d);
	take_programs(phase, &warmup);
	phase_free(&warmup);
	return failed ? -1 : 0;
}

/* Deploys, measures, stops and stores one trial, whose phase is @phase. */
static int run_deployed(const struct runner *r, struct deploy *d, struct phase *phase,
			struct err *err)
{
	int failed = deploy_start(d, err);

	if (!failed)
		failed = run_phase(r, d, phase, err);
	deploy_stop(d);
	measure_forget_services(r->measure);
	if (failed)
		return -1;
	return store_add_phase(r->store, r->run->id, phase, err);
}

static int run_trial(struct runner *r, unsigned int placement, unsigned int trial, struct err *err)
{
	const char *name = r->plan->placements[placement].name;
	struct deploy d = {
		.lab = &r->lab,
		.plan = r->plan,
		.machine = r->machine,
		.progress = &r->progress,
		.placement = placement,
		.trial = trial,
		.serial = ++r->serial,
	};
	char dir[PLAN_NAME_MAX + 16], *log_dir;
	struct phase *phase;
	int failed;

	progress_head(&r->progress, "[%u/%u] %s, trial %u of %u: ", r->serial,
		      plan_total_trials(r->plan), name, trial, r->plan->nr_trials);
	snprintf(dir, sizeof(dir), "%s-%u", name, trial);
	log_dir = make_log_dir(r, dir, err);
	if (!log_dir)
		return -1;
	d.log_dir = log_dir;
	phase = run_add_phase(r->run, name, trial, PLAN_PHASE);
	failed = phase ? run_deployed(r, &d, phase, err) : out_of_memory(err);
	/* Only whole trials are kept: half of one would pass for a slow one. */
	if (phase && failed)
		phase_free(&r->run->phases[--r->run->nr_phases]);
	free(log_dir);
	return failed;
}

static int prepare(struct runner *r, struct err *err)
{
	struct deploy d = {
		.lab = &r->lab,
		.plan = r->plan,
		.machine = r->machine,
		.progress = &r->progress,
		.step = PLAN_PREPARE,
	};
	char *log_dir = make_log_dir(r, "", err);
	int failed;

	if (!log_dir)
		return -1;
	d.log_dir = log_dir;
	failed = prepare_run(&d, err);
	free(log_dir);
	return failed;
}

static int run_trials(struct runner *r, struct err *err)
{
	unsigned int nr = r->plan->nr_placements, trial, i;
	unsigned int *order = malloc(nr * sizeof(*order));
	int failed = 0;

	if (!order)
		return out_of_memory(err);
	for (trial = 1; trial <= r->plan->nr_trials && !failed; trial++) {
		order_shuffle(r->plan->order_seed, trial - 1, order, nr);
		for (i = 0; i < nr && !failed; i++)
			failed = run_trial(r, order[i], trial, err);
	}
	free(order);
	return failed;
}

static int describe_run(const struct runner *r, struct err *err)
{
	struct run *run = r->run;
	struct utsname uts;
	unsigned int i;
	int failed = 0;

	uname(&uts);
	run->started_at_ns = clock_real_ns();
	if (run_set_text(&run->name, r->plan->name) || run_set_text(&run->kernel, uts.release))
		return out_of_memory(err);
	for (i = 0; i < r->plan->nr_hosts && !failed; i++)
		failed = run_add_host(run, r->plan->hosts[i].name);
	if (failed || run_add_host(run, PLAN_CLIENT))
		return out_of_memory(err);
	return 0;
}

/* From the first entry in the store to its seal. */
static int run_stored(struct runner *r, struct err *err)
{
	u64 started_ns = clock_mono_ns();
	struct err seal_err = { 0 };
	const char *state;
	int failed;

	if (describe_run(r, err) || store_begin_run(r->store, r->run, err))
		return -1;
	failed = prepare(r, err) || run_trials(r, err);
	state = !failed ? "finished" : stop_signal() ? "interrupted" : "failed";
	r->run->duration_ns = clock_mono_ns() - started_ns;
	if (store_seal(r->store, r->run->id, state, r->run->duration_ns, &seal_err)) {
		if (!failed)
			return err_set(err, seal_err.code, "%s", seal_err.text);
		warn("run %" PRIu64 " stays unfinished: %s", r->run->id, seal_err.text);
	}
	if (run_set_text(&r->run->state, state))
		return out_of_memory(err);
	return failed ? -1 : 0;
}

static int open_store(struct runner *r, struct err *err)
{
	unsigned int nr = 0;

	if (store_open(&r->store, r->store_path, STORE_WRITE, err) ||
	    store_close_abandoned(r->store, &nr, err))
		return -1;
	if (nr)
		fprintf(stderr, "situ: %u killed run%s in %s marked as interrupted\n", nr,
			nr == 1 ? " is" : "s are", r->store_path);
	return 0;
}

int runner_run(const struct plan *plan, const struct plan_machine *machine, const char *store_path,
	       struct run *run, struct err *err)
{
	struct runner r = {
		.plan = plan,
		.machine = machine,
		.store_path = store_path,
		.run = run,
	};
	int failed = -1;

	if (geteuid() != 0)
		return err_set(err, EXIT_ENVIRONMENT,
			       "situ run needs root, for BPF, cgroups and namespaces: use sudo");
	progress_init(&r.progress);
	if (open_store(&r, err) || measure_open(&r.measure, err))
		goto out;
	if (lab_open(&r.lab, plan, err) == 0) {
		failed = run_stored(&r, err);
		progress_clear(&r.progress);
		lab_close(&r.lab);
	}
out:
	measure_close(r.measure);
	store_close(r.store);
	return failed;
}
