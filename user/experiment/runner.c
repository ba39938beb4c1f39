// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/experiment/decided.h"
#include "user/experiment/ledger.h"
#include "user/experiment/order.h"
#include "user/experiment/origin.h"
#include "user/experiment/prepare.h"
#include "user/experiment/resume.h"
#include "user/experiment/runner.h"
#include "user/experiment/scratch.h"
#include "user/experiment/trial.h"
#include "user/store/store.h"

struct runner {
	const struct plan *plan;
	const struct plan_machine *machine;
	const struct runner_options *options;
	struct run *run;
	struct store *store;
	struct measure *measure;
	struct lab lab;
	struct progress progress;
	unsigned int nr_blocks;
	unsigned int serial; /* deployments so far */
	u64 started_ns;
	u64 before_ns; /* what the run took before it was resumed */
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

	if (asprintf(&path, "%s.logs/%" PRIu64 "%s%s", r->options->store, r->run->id,
		     *name ? "/" : "", name) < 0) {
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

/* Lets the machine come to rest behind the trial before. */
static int cool_down(struct runner *r, struct deploy *d, struct err *err)
{
	u64 cooldown_ns = r->plan->cooldown_ns;

	if (!cooldown_ns || r->serial == 1)
		return 0;
	progress_step(&r->progress, cooldown_ns, "cooling down");
	return deploy_watch(d, NULL, clock_mono_ns() + cooldown_ns, err) == WATCH_TIME ? 0 : -1;
}

static void tell_invalid(struct runner *r, const struct deploy *d, const char *reason)
{
	progress_clear(&r->progress);
	fprintf(stderr, "  %s, trial %u, attempt %u of %u does not count: %s\n",
		r->plan->placements[d->placement].name, d->trial, d->attempt,
		r->plan->nr_retries + 1, reason);
}

/* Carries out one attempt and stores it. 0, or -1. */
static int run_attempt(struct runner *r, struct deploy *d, struct err *err)
{
	size_t first = r->run->nr_phases;
	struct err why = { 0 };
	bool died = false;

	if (cool_down(r, d, err))
		return -1;
	if (trial_run(d, r->measure, r->run, &died, &why))
		return err_set(err, why.code, "%s", why.text);
	if (store_add_phases(r->store, r->run->id, &r->run->phases[first],
			     r->run->nr_phases - first, err))
		return -1;
	if (!phase_counts(&r->run->phases[first]))
		tell_invalid(r, d, r->run->phases[first].invalid);
	/* Services that die each time would do so in all the trials to come. */
	if (died && d->attempt > r->plan->nr_retries)
		return err_set(err, why.code, "%s", why.text);
	return 0;
}

static int deploy_attempt(struct runner *r, unsigned int placement, unsigned int trial,
			  unsigned int attempt, struct err *err)
{
	const char *name = r->plan->placements[placement].name;
	struct deploy d = {
		.lab = &r->lab,
		.plan = r->plan,
		.machine = r->machine,
		.progress = &r->progress,
		.placement = placement,
		.trial = trial,
		.attempt = attempt,
		.serial = ++r->serial,
	};
	char dir[PLAN_NAME_MAX + 40], again[32] = "", *log_dir;
	int failed;

	if (attempt > 1)
		snprintf(again, sizeof(again), ".%u", attempt);
	snprintf(dir, sizeof(dir), "%s-%u%s", name, trial, again);
	log_dir = make_log_dir(r, dir, err);
	if (!log_dir)
		return -1;
	d.log_dir = log_dir;
	failed = run_attempt(r, &d, err);
	free(log_dir);
	return failed;
}

/* Attempts at one trial until one counts or no more are allowed. @nth: its place in the run. */
static int run_trial(struct runner *r, unsigned int placement, unsigned int trial, unsigned int nth,
		     struct err *err)
{
	const char *name = r->plan->placements[placement].name;
	unsigned int attempt;

	while (ledger_look(r->run, name, trial, r->plan->nr_retries, &attempt) == LEDGER_OPEN) {
		progress_head(&r->progress, "[%u/%u] %s, trial %u of %u: ", nth,
			      r->nr_blocks * r->plan->nr_placements, name, trial, r->nr_blocks);
		if (deploy_attempt(r, placement, trial, attempt, err))
			return -1;
	}
	return 0;
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

static int run_block(struct runner *r, unsigned int block, unsigned int *order, struct err *err)
{
	unsigned int nr = r->plan->nr_placements, i;

	order_shuffle(r->plan->order_seed, block - 1, order, nr);
	for (i = 0; i < nr; i++) {
		if (run_trial(r, order[i], block, (block - 1) * nr + i + 1, err))
			return -1;
	}
	return 0;
}

static u64 run_ns(const struct runner *r)
{
	return r->before_ns + clock_mono_ns() - r->started_ns;
}

/* Says how it stands behind a block; @why: what ends the run, NULL when it goes on. */
static void tell_open(struct runner *r, const struct decided *d, const char *why)
{
	progress_clear(&r->progress);
	if (!d->open) {
		fprintf(stderr, "all verdicts are reached after %u blocks\n", r->nr_blocks);
		return;
	}
	fprintf(stderr, "%u verdict%s open after %u blocks", d->open,
		d->open == 1 ? " is" : "s are", r->nr_blocks);
	if (d->more)
		fprintf(stderr, ", about %u more would do", d->more);
	fprintf(stderr, ": %s\n", why ? why : "one more");
}

/* Whether one more block is wanted and affordable; @block_ns is what the last one took. */
static int wants_more(struct runner *r, u64 block_ns, bool *more, struct err *err)
{
	const struct runner_options *o = r->options;
	const char *why = NULL;
	struct decided decided;

	*more = false;
	if (!o->until_decided)
		return 0;
	if (decided_count(r->plan, r->run, &o->asked, &decided, err))
		return -1;
	if (r->nr_blocks >= o->max_blocks)
		why = "no more blocks are allowed";
	else if (o->budget_ns && run_ns(r) + block_ns > o->budget_ns)
		why = "the budget is spent";
	tell_open(r, &decided, why);
	*more = decided.open && !why;
	return 0;
}

static int run_blocks(struct runner *r, struct err *err)
{
	unsigned int *order = malloc(r->plan->nr_placements * sizeof(*order)), block;
	bool more = true;
	int failed = 0;

	if (!order)
		return out_of_memory(err);
	for (block = 1; more && !failed; block++) {
		u64 began_ns = clock_mono_ns();

		if (block > r->nr_blocks)
			r->nr_blocks = block;
		failed = run_block(r, block, order, err);
		if (!failed && block >= r->nr_blocks)
			failed = wants_more(r, clock_mono_ns() - began_ns, &more, err);
	}
	free(order);
	return failed;
}

/* A placement of which no trial counts has not been measured. */
static int check_trials(const struct runner *r, struct err *err)
{
	unsigned int i;

	for (i = 0; i < r->plan->nr_placements; i++) {
		const char *name = r->plan->placements[i].name;

		if (!ledger_count(r->run, name))
			return err_set(err, EXIT_FAILED,
				       "no trial of placement '%s' counts: quiet the machine, or "
				       "raise 'limits' in the file",
				       name);
	}
	return 0;
}

static int describe_run(const struct runner *r, struct err *err)
{
	struct run *run = r->run;
	unsigned int i;
	int failed = 0;

	run->started_at_ns = clock_real_ns();
	if (run_set_text(&run->name, r->plan->name) || origin_machine(run))
		return out_of_memory(err);
	for (i = 0; i < r->plan->nr_hosts && !failed; i++)
		failed = run_add_host(run, r->plan->hosts[i].name);
	if (failed || run_add_host(run, PLAN_CLIENT))
		return out_of_memory(err);
	return origin_plan(run, r->plan, r->nr_blocks, err);
}

/* Enters the run into the store, or finds the one that goes on. */
static int begin(struct runner *r, struct err *err)
{
	r->nr_blocks = r->plan->nr_trials;
	if (!r->options->resume)
		return describe_run(r, err) || store_begin_run(r->store, r->run, err) ? -1 : 0;
	if (resume_run(r->store, r->options->store, r->plan, r->run, err))
		return -1;
	r->before_ns = r->run->duration_ns;
	r->nr_blocks = r->run->trials;
	if (ledger_blocks(r->run) > r->nr_blocks)
		r->nr_blocks = ledger_blocks(r->run); /* added by --until-decided */
	return 0;
}

/* From the first entry in the store to its seal. */
static int run_stored(struct runner *r, struct err *err)
{
	struct err seal_err = { 0 };
	const char *state;
	int failed;

	r->started_ns = clock_mono_ns();
	if (begin(r, err))
		return -1;
	failed = prepare(r, err) || run_blocks(r, err) || check_trials(r, err);
	state = !failed ? "finished" : stop_signal() ? "interrupted" : "failed";
	r->run->duration_ns = run_ns(r);
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

	if (store_open(&r->store, r->options->store, STORE_WRITE, err) ||
	    store_close_abandoned(r->store, &nr, err))
		return -1;
	if (nr)
		fprintf(stderr, "situ: %u killed run%s in %s marked as interrupted\n", nr,
			nr == 1 ? " is" : "s are", r->options->store);
	return 0;
}

int runner_run(const struct plan *plan, const struct plan_machine *machine,
	       const struct runner_options *options, struct run *run, struct err *err)
{
	struct runner r = {
		.plan = plan,
		.machine = machine,
		.options = options,
		.run = run,
	};
	int failed = -1;

	if (geteuid() != 0)
		return err_set(err, EXIT_ENVIRONMENT,
			       "situ run needs root, for BPF, cgroups and namespaces: use sudo");
	progress_init(&r.progress);
	if (open_store(&r, err) || measure_open(&r.measure, !options->no_spans, err))
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
