// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/export/export.h"
#include "user/export/when.h"
#include "user/show/invalid.h"
#include "user/show/summary.h"

struct config {
	bool json, plan;
};

static const struct opt opts[] = {
	{ 0, "plan", NULL, OPT_FLAG, offsetof(struct config, plan), 0, 0,
	  "Print the experiment file that the run was made by, byte for byte" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print the whole run as JSON, as 'situ export' does" },
};

static const char *known(const char *text)
{
	return text && *text ? text : "not noted";
}

static void print_head(const struct run *run)
{
	char when[WHEN_TEXT], took[UNITS_TEXT];

	printf("Run %" PRIu64 ", %s: %s, started %.19sZ, took %s\n", run->id, known(run->name),
	       run->state, when_format(when, run->started_at_ns),
	       units_duration(took, sizeof(took), run->duration_ns));
	printf("situ %s, kernel %s, %s, clock source %s\n", known(run->situ_version),
	       known(run->kernel), known(run->cpus), known(run->clock_source));
	if (run->plan && *run->plan)
		printf("Experiment file %.12s, workloads %.12s, seed %" PRIu64 ", %u trial%s asked "
		       "for\n",
		       known(run->plan_hash), known(run->workload_hash), run->seed, run->trials,
		       run->trials == 1 ? "" : "s");
	invalid_print(run, stdout);
}

static int print(const struct config *config, const struct run *run, struct err *err)
{
	if (config->json)
		return export_json(run, stdout, err);
	if (config->plan) {
		if (!run->plan || !*run->plan)
			return err_set(err, EXIT_USAGE,
				       "run %" PRIu64 " was not made by an experiment file",
				       run->id);
		fputs(run->plan, stdout);
		return EXIT_OK;
	}
	print_head(run);
	if (summary_print(run, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return EXIT_OK;
}

static int run_show(const void *data, const struct args *args, struct err *err)
{
	struct run run = { 0 };
	int code;

	if (args->nr > 1)
		return err_set(err, EXIT_USAGE,
			       "show takes one store, not '%s' too: give [STORE[:RUN]]",
			       args->item[1]);
	code = stored_run(args->nr ? args->item[0] : STORE_DEFAULT, &run, err);
	if (!code)
		code = print(data, &run, err);
	run_free(&run);
	return code;
}

const struct command cmd_show = {
	.name = "show",
	.args = "[STORE[:RUN]]",
	.summary = "Print the tables of a stored run",
	.about = "What 'situ record' and 'situ run' printed when the run ended: of each placement "
		 "the client's, the services', the disks' and the edges' view; before that, where "
		 "the run comes from and which trials do not count. STORE is situ.db unless given, "
		 "RUN the latest.",
	.examples = "situ show\n"
		    "situ show shop.db:3\n"
		    "situ show --plan shop.db > experiment.yaml\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.run = run_show,
};
