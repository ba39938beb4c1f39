// SPDX-License-Identifier: GPL-2.0-only
/* situ run: experiment file -> trials -> run in the store -> tables and verdicts. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "user/cmd/cmd.h"
#include "user/experiment/runner.h"
#include "user/export/export.h"
#include "user/show/comparison.h"
#include "user/show/summary.h"
#include "user/store/store.h"

#define DIFFERENCES_MOST 20

struct config {
	const char *store;
	u64 trials;
	bool dry_run;
	bool json;
};

static int print_run(const struct config *cfg, const struct run *run, struct err *err)
{
	if (cfg->json)
		return export_json(run, stdout, err);
	if (summary_print(run, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (comparison_print_run(run, DIFFERENCES_MOST, stdout, err))
		return -1;
	printf("\nStored as run %" PRIu64 " in %s; the services' logs are in %s.logs/%" PRIu64
	       ".\n",
	       run->id, cfg->store, cfg->store, run->id);
	return 0;
}

static int run_plan(const struct config *cfg, const struct plan *plan,
		    const struct plan_machine *machine, struct err *err)
{
	struct run run = { 0 };
	int failed = runner_run(plan, machine, cfg->store, &run, err);

	if (!failed)
		failed = print_run(cfg, &run, err);
	else if (run.id)
		fprintf(stderr, "run %" PRIu64 " is kept in %s as %s, with %zu of %u trials\n",
			run.id, cfg->store, run.state, run.nr_phases, plan_total_trials(plan));
	run_free(&run);
	return failed;
}

static int run_command(const void *config, const struct args *args, struct err *err)
{
	const struct config *cfg = config;
	struct plan_machine machine;
	struct plan *plan;

	if (args->nr != 1)
		return err_set(err, EXIT_USAGE,
			       "situ run takes one experiment file: see 'situ run --help'");
	plan_machine(&machine);
	if (plan_load(args->item[0], &machine, &plan, err))
		return -1;
	if (cfg->trials)
		plan->nr_trials = (unsigned int)cfg->trials;
	if (cfg->dry_run)
		runner_print_plan(plan, err);
	else
		run_plan(cfg, plan, &machine, err);
	plan_free(plan);
	return EXIT_OK;
}

static const struct opt opts[] = {
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct config, store), 0, 0,
	  "Keep the run in this file, default " STORE_DEFAULT },
	{ 'n', "trials", "N", OPT_COUNT, offsetof(struct config, trials), 1, PLAN_TRIALS_MAX,
	  "Trials of each placement, instead of the file's" },
	{ 0, "dry-run", NULL, OPT_FLAG, offsetof(struct config, dry_run), 0, 0,
	  "Check the file and print what would happen; needs no root" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print the run as JSON instead of tables" },
};

static const struct config defaults = { .store = STORE_DEFAULT };

const struct command cmd_run = {
	.name = "run",
	.args = "EXPERIMENT.yaml",
	.summary = "Run an experiment: placements x trials, loaded and measured",
	.about = "For each placement of the experiment file, in shuffled blocks: starts the "
		 "services on network-namespace hosts, waits until they are ready, warms up, "
		 "drives the load, measures every service from inside the kernel, stops all. Then "
		 "prints what each placement cost and how they differ, and keeps the run in the "
		 "store. Needs root.",
	.examples = "situ run experiment.yaml\n"
		    "situ run --dry-run experiment.yaml\n"
		    "situ run -n 10 -o shop.db tests/shop/experiment.yaml\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_command,
};
