// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "user/cmd/cmd.h"
#include "user/experiment/recorder.h"
#include "user/export/export.h"
#include "user/show/summary.h"
#include "user/store/store.h"

struct record_config {
	const char *store;
	const char *name;
	u64 duration_ns;
	u64 interval_ns;
	bool json;
	bool quiet;
	bool no_spans;
};

static const struct record_config defaults = {
	.store = STORE_DEFAULT,
	.interval_ns = 10 * NSEC_PER_SEC,
};

static const struct opt opts[] = {
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct record_config, store), 0, 0,
	  "Store to write to (default " STORE_DEFAULT ")" },
	{ 'd', "duration", "TIME", OPT_DURATION, offsetof(struct record_config, duration_ns), 1e6,
	  31536000e9,
	  "End after this time: 500ms, 10s, 5m (default: at the command's end or Ctrl-C)" },
	{ 'i', "interval", "TIME", OPT_DURATION, offsetof(struct record_config, interval_ns), 1e8,
	  86400e9,
	  "Store what was seen every so often (default 10s): what is left of a recording "
	  "that gets killed" },
	{ 'n', "name", "NAME", OPT_STRING, offsetof(struct record_config, name), 0, 0,
	  "Name of the run (default: the command's, or 'record')" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct record_config, json), 0, 0,
	  "Print the run as JSON instead of tables" },
	{ 0, "no-spans", NULL, OPT_FLAG, offsetof(struct record_config, no_spans), 0, 0,
	  "Do not follow requests through services: no attribution of their time" },
	{ 'q', "quiet", NULL, OPT_FLAG, offsetof(struct record_config, quiet), 0, 0,
	  "No progress on stderr" },
};

static int print(const struct run *run, bool json, struct err *err)
{
	if (json)
		return export_json(run, stdout, err);
	if (summary_print(run, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return 0;
}

static int run_record(const void *data, const struct args *args, struct err *err)
{
	const struct record_config *config = data;
	struct recording recording = {
		.store = config->store,
		.name = config->name ? config->name
			: args->nr   ? args->item[0]
				     : "record",
		.duration_ns = config->duration_ns,
		.interval_ns = config->interval_ns,
		.command = args->nr ? args->item : NULL,
		.quiet = config->quiet,
		.no_spans = config->no_spans,
	};
	struct run run = { 0 };
	int status = 0;

	if (!record(&recording, &run, &status, err) && !print(&run, config->json, err) &&
	    !config->quiet)
		fprintf(stderr, "Stored as run %llu of %s.\n", (unsigned long long)run.id,
			config->store);
	run_free(&run);
	return status;
}

const struct command cmd_record = {
	.name = "record",
	.args = "[-- COMMAND...]",
	.summary = "Measure until a command, a time or Ctrl-C ends it",
	.about =
		"Measures every service of this machine: CPU time, run-queue wait, disk and network "
		"latency, by container. Prints the summary, keeps the run in the store and exits "
		"with the command's status. Needs root.\n"
		"When the command is 'situ load', or a script that calls it, the load's endpoints "
		"become part of the run, and their latency is told apart by service. A load is "
		"stored in one piece, however long --interval is; of two at the same time only "
		"the first is linked.",
	.examples = "sudo situ record -d 10s\n"
		    "sudo situ record -- situ load -f workload.yaml -r 100 -d 30s\n"
		    "sudo situ record -o night.db -i 1m -- ./nightly-load.sh\n"
		    "sudo situ record -d 5s --json | jq '.services[].name'\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct record_config),
	.defaults = &defaults,
	.in_order = true,
	.run = run_record,
};
