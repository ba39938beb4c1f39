// SPDX-License-Identifier: GPL-2.0-only
/* situ run: experiment file -> trials -> run in the store -> tables and verdicts. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/cmd/checks.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/experiment/check.h"
#include "user/experiment/ledger.h"
#include "user/experiment/loadview.h"
#include "user/experiment/lock.h"
#include "user/experiment/repeat.h"
#include "user/experiment/runner.h"
#include "user/experiment/schedule.h"
#include "user/experiment/schema.h"
#include "user/export/export.h"
#include "user/show/comparison.h"
#include "user/show/invalid.h"
#include "user/show/summary.h"
#include "user/store/store.h"

#define MAX_BLOCKS	 50
#define DIFFERENCES_MOST 5

struct config {
	const char *store;
	struct opt_list metrics, checks;
	const char *margin;
	const char *schema;
	const char *lock;
	const char *overlap;
	u64 every_ns;
	u64 for_ns;
	u64 trials;
	u64 max_blocks;
	u64 budget_ns;
	bool resume;
	bool until_decided;
	bool dry_run;
	bool no_spans;
	bool json;
};

/* The comparison of every load phase. */
static int print_comparisons(const struct config *cfg, const struct plan *plan,
			     const struct run *run, struct err *err)
{
	struct kpi_list kpis = { 0 };
	struct compare_options options = { .kpis = &kpis, .seed = COMPARE_SEED };
	struct run view;
	unsigned int p;
	int failed = stored_margin(cfg->margin, &options.margin, err) ||
		     kpi_list_make(&kpis, cfg->metrics.item, cfg->metrics.nr, err);

	for (p = 0; p < plan->nr_phases && !failed; p++) {
		if (loadview_make(run, plan->phases[p].name, &view)) {
			failed = err_set(err, EXIT_FAILED, "out of memory: free some");
			break;
		}
		if (plan->nr_phases > 1)
			printf("\nLoad phase %s:\n", plan->phases[p].name);
		failed = comparison_print_run(&view, &options, DIFFERENCES_MOST, stdout, err);
		free(view.phases);
	}
	kpi_list_free(&kpis);
	return failed;
}

static int print_run(const struct config *cfg, const struct plan *plan, const struct run *run,
		     struct err *err)
{
	if (cfg->json)
		return export_json(run, stdout, err);
	if (summary_print_brief(run, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	invalid_print(run, stdout);
	if (print_comparisons(cfg, plan, run, err))
		return -1;
	printf("\nStored as run %" PRIu64 " in %s; the services' logs are in %s.logs/%" PRIu64
	       ".\nDisks, edges, waits and more: situ show %s:%" PRIu64 "\n",
	       run->id, cfg->store, cfg->store, run->id, cfg->store, run->id);
	return 0;
}

/* The trials that count, over all placements. */
static unsigned int count_trials(const struct plan *plan, const struct run *run)
{
	unsigned int nr = 0, i;

	for (i = 0; i < plan->nr_placements; i++)
		nr += ledger_count(run, plan->placements[i].name);
	return nr;
}

/* A condition must hold in every load phase; each tells how it is there. */
static int run_checks(const struct config *cfg, const struct plan *plan, const struct run *run,
		      struct err *err)
{
	struct run view;
	unsigned int p;
	int failed = 0;

	for (p = 0; p < plan->nr_phases && (!failed || err->code == EXIT_THRESHOLD); p++) {
		if (loadview_make(run, plan->phases[p].name, &view))
			return err_set(err, EXIT_FAILED, "out of memory: free some");
		if (cfg->checks.nr && plan->nr_phases > 1 && !cfg->json)
			printf("Load phase %s:\n", plan->phases[p].name);
		failed |= checks_run(&cfg->checks, &view, cfg->json, err);
		free(view.phases);
	}
	return failed;
}

/* A run that was to be decided and is not has not met what was asked of it. */
static int check_decided(const struct runner_options *options, const struct plan *plan,
			 const struct run *run, struct err *err)
{
	struct decided decided;

	if (!options->until_decided)
		return 0;
	if (decided_count(plan, run, &options->asked, &decided, err))
		return -1;
	if (!decided.open)
		return 0;
	return err_set(err, EXIT_THRESHOLD,
		       "%u verdict%s still open: allow more with --max-blocks or --budget",
		       decided.open, decided.open == 1 ? " is" : "s are");
}

static int run_plan(const struct config *cfg, const struct runner_options *options,
		    const struct plan *plan, const struct plan_machine *machine, struct err *err)
{
	struct run run = { 0 };
	int failed = runner_run(plan, machine, options, &run, err);

	if (!failed)
		failed = print_run(cfg, plan, &run, err) || run_checks(cfg, plan, &run, err) ||
			 check_decided(options, plan, &run, err);
	else if (run.id)
		fprintf(stderr, "run %" PRIu64 " is kept in %s as %s, with %u of %u trials\n",
			run.id, cfg->store, run.state, count_trials(plan, &run),
			run.trials * plan->nr_placements);
	run_free(&run);
	return failed;
}

static bool skips(const struct config *cfg)
{
	return cfg->overlap && strcmp(cfg->overlap, "skip") == 0;
}

/* run_plan() while nobody else has the lock. */
static int run_locked(const struct config *cfg, const struct runner_options *options,
		      const struct plan *plan, const struct plan_machine *machine, struct err *err)
{
	const char *path = cfg->lock ? cfg->lock : cfg->every_ns ? SCHEDULE_LOCK : NULL;
	int fd = -1, failed;

	if (path) {
		fd = lock_take(path, !skips(cfg), err);
		if (fd < 0)
			return fd == LOCK_TAKEN ? 0 : -1;
	}
	failed = run_plan(cfg, options, plan, machine, err);
	if (fd >= 0)
		close(fd);
	return failed;
}

/* One of many runs: its failure is told, and the next one starts on time all the same. */
static int run_one(const struct config *cfg, const struct runner_options *options,
		   const struct plan *plan, const struct plan_machine *machine)
{
	struct err err = { 0 };

	if (run_locked(cfg, options, plan, machine, &err) == 0)
		return 0;
	fflush(stdout);
	err_report(&err);
	return 1;
}

static int run_again_and_again(const struct config *cfg, const struct runner_options *options,
			       const struct plan *plan, const struct plan_machine *machine,
			       struct err *err)
{
	const struct repeat repeat = { cfg->every_ns, cfg->for_ns, skips(cfg) };
	u64 first_ns = clock_mono_ns(), number = 0, runs = 0, failed = 0;
	struct repeat_start start;

	for (;;) {
		runs++;
		failed += (u64)run_one(cfg, options, plan, machine);
		if (stop_signal() ||
		    !repeat_next(&repeat, clock_mono_ns() - first_ns, &number, &start))
			break;
		if (start.left_out)
			fprintf(stderr, "%" PRIu64 " starts came during the run and are left out\n",
				start.left_out);
		if (clock_mono_ns() >= first_ns + start.at_ns)
			fprintf(stderr, "the next start waited for the end of the run\n");
		while (!stop_signal() && clock_sleep_until(first_ns + start.at_ns))
			;
		if (stop_signal())
			break;
	}
	if (!failed)
		return 0;
	return err_set(err, EXIT_FAILED, "%" PRIu64 " of %" PRIu64 " runs failed: see above",
		       failed, runs);
}

/* A slip in a figure or the margin must not show after hours. */
static int check_figures(const struct config *cfg, struct err *err)
{
	struct kpi_list kpis = { 0 };
	double margin;
	int failed = stored_margin(cfg->margin, &margin, err) ||
		     kpi_list_make(&kpis, cfg->metrics.item, cfg->metrics.nr, err);

	kpi_list_free(&kpis);
	return failed;
}

static int check_options(const struct config *cfg, const struct plan *plan, struct err *err)
{
	if (!cfg->until_decided && cfg->budget_ns)
		return err_set(err, EXIT_USAGE, "--budget goes with --until-decided: add it");
	if (cfg->until_decided && plan->nr_placements < 2)
		return err_set(err, EXIT_USAGE,
			       "--until-decided takes two placements: the file has one");
	if (!cfg->every_ns != !cfg->for_ns)
		return err_set(err, EXIT_USAGE,
			       "--every and --for go together: write 'situ run --every 6h --for 3d "
			       "...'");
	if (cfg->every_ns && cfg->resume)
		return err_set(err, EXIT_USAGE, "--every makes new runs: leave --resume out");
	if (cfg->overlap && strcmp(cfg->overlap, "wait") != 0 && !skips(cfg))
		return err_set(err, EXIT_USAGE, "--overlap '%s' is neither wait nor skip",
			       cfg->overlap);
	return check_figures(cfg, err) || checks_parse(&cfg->checks, err);
}

/* A slip in a condition must not show after hours. */
static int check_conditions(const struct config *cfg, const struct plan *plan, struct err *err)
{
	struct check check;
	int failed = 0;
	size_t i;

	for (i = 0; i < cfg->checks.nr && !failed; i++) {
		if (check_parse(cfg->checks.item[i], &check, err))
			return -1;
		if (!plan_has_placement(plan, check.a) || !plan_has_placement(plan, check.b))
			failed = err_set(err, EXIT_USAGE,
					 "--check '%s': the file has no placement '%s': see 'situ "
					 "run --dry-run'",
					 check.text,
					 plan_has_placement(plan, check.a) ? check.b : check.a);
		check_free(&check);
	}
	return failed;
}

static int print_schema(const char *file, struct err *err)
{
	static const char *const known[] = { "experiment", "workload" };
	const char *text = schema_text(file);

	if (!text)
		return opts_unknown(err, "schema", file, known, ARRAY_SIZE(known));
	fputs(text, stdout);
	return EXIT_OK;
}

static int run_command(const void *config, const struct args *args, struct err *err)
{
	const struct config *cfg = config;
	struct runner_options options = {
		.store = cfg->store,
		.resume = cfg->resume,
		.until_decided = cfg->until_decided,
		.no_spans = cfg->no_spans,
		.max_blocks = (unsigned int)cfg->max_blocks,
		.budget_ns = cfg->budget_ns,
		.asked = { .metrics = &cfg->metrics, .checks = &cfg->checks },
	};
	struct plan_machine machine;
	struct plan *plan;

	if (cfg->schema && !args->nr)
		return print_schema(cfg->schema, err);
	if (args->nr != 1 || cfg->schema)
		return err_set(err, EXIT_USAGE,
			       "situ run takes one experiment file: see 'situ run --help'");
	plan_machine(&machine);
	if (plan_load(args->item[0], &machine, &plan, err))
		return -1;
	if (cfg->trials)
		plan->nr_trials = (unsigned int)cfg->trials;
	if (check_options(cfg, plan, err) == 0 && check_conditions(cfg, plan, err) == 0 &&
	    stored_margin(cfg->margin, &options.asked.margin, err) == 0) {
		if (cfg->dry_run)
			runner_print_plan(plan, &options, err);
		else if (cfg->every_ns)
			run_again_and_again(cfg, &options, plan, &machine, err);
		else
			run_locked(cfg, &options, plan, &machine, err);
	}
	plan_free(plan);
	return EXIT_OK;
}

static const struct opt opts[] = {
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct config, store), 0, 0,
	  "Keep the run in this file, default " STORE_DEFAULT },
	{ 'n', "trials", "N", OPT_COUNT, offsetof(struct config, trials), 1, PLAN_TRIALS_MAX,
	  "Trials of each placement, instead of the file's" },
	{ 0, "resume", NULL, OPT_FLAG, offsetof(struct config, resume), 0, 0,
	  "Go on with the latest run of this experiment where it was interrupted" },
	{ 0, "until-decided", NULL, OPT_FLAG, offsetof(struct config, until_decided), 0, 0,
	  "Add blocks until what --metric and --check ask is decided; without them, until p50 and "
	  "p99 of every placement have a verdict" },
	{ 0, "max-blocks", "N", OPT_COUNT, offsetof(struct config, max_blocks), 1, PLAN_TRIALS_MAX,
	  "... or until there are N blocks (50)" },
	{ 0, "budget", "TIME", OPT_DURATION, offsetof(struct config, budget_ns), 0, 0,
	  "... or until the next block would end later than this" },
	{ 0, "metric", "FIGURE", OPT_LIST, offsetof(struct config, metrics), 0, 0,
	  "Judge by this figure, too, as 'situ compare --metric' does" },
	{ 0, "margin", "SHARE", OPT_STRING, offsetof(struct config, margin), 0, 0,
	  "Ratios this near to 1 count as equivalent: 3% or 0.03 (3%)" },
	{ 0, "check", "CONDITION", OPT_LIST, offsetof(struct config, checks), 0, 0,
	  "Exit with 4 unless the 95 % interval shows it: 'p99 spread/packed < 1.1'" },
	{ 0, "every", "TIME", OPT_DURATION, offsetof(struct config, every_ns), 1e9, 1e18,
	  "Run again and again, a start each TIME" },
	{ 0, "for", "TIME", OPT_DURATION, offsetof(struct config, for_ns), 1e9, 1e18,
	  "... as long as this" },
	{ 0, "overlap", "WHAT", OPT_STRING, offsetof(struct config, overlap), 0, 0,
	  "A start that comes during another run: wait for its end (default) or skip" },
	{ 0, "lock", "FILE", OPT_STRING, offsetof(struct config, lock), 0, 0,
	  "Runs with the same FILE do not overlap; with --every " SCHEDULE_LOCK },
	{ 0, "no-spans", NULL, OPT_FLAG, offsetof(struct config, no_spans), 0, 0,
	  "Do not follow requests through services: no attribution of their time" },
	{ 0, "dry-run", NULL, OPT_FLAG, offsetof(struct config, dry_run), 0, 0,
	  "Check the file and print what would happen; needs no root" },
	{ 0, "schema", "FILE", OPT_STRING, offsetof(struct config, schema), 0, 0,
	  "Print the JSON Schema of FILE, experiment or workload, for editors; without a file" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print the run as JSON instead of tables" },
};

static const struct config defaults = { .store = STORE_DEFAULT,
					.max_blocks = MAX_BLOCKS,
					.margin = "3%" };

const struct command cmd_run = {
	.name = "run",
	.args = "EXPERIMENT.yaml",
	.summary = "Run an experiment: placements x trials, loaded and measured",
	.about = "For each placement of the experiment file, in shuffled blocks: starts the "
		 "services on network-namespace hosts, waits until they are ready, warms up, "
		 "drives the load, measures every service from inside the kernel, stops all. Then "
		 "prints in short what each placement cost and how they differ, and keeps the run "
		 "in the store, for 'situ show' and 'situ compare'. Needs root.\n"
		 "A trial that was disturbed (a service died, the load generator lagged, other "
		 "programs took the CPUs) is kept with the reason, repeated, and left out of what "
		 "is shown.",
	.examples = "situ run experiment.yaml\n"
		    "situ run --dry-run experiment.yaml\n"
		    "situ run --schema experiment > experiment.schema.json\n"
		    "situ run --every 6h --for 3d experiment.yaml\n"
		    "situ run --until-decided --budget 2h experiment.yaml\n"
		    "situ run --until-decided --metric 'cpu(cart)' experiment.yaml\n"
		    "situ run --check 'p99(/api/cart/add) spread/packed < 1.1' experiment.yaml\n"
		    "situ run -n 10 -o shop.db tests/shop/experiment.yaml\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_command,
};
