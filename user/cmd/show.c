// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
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
	bool json, plan, trees;
	const char *endpoint;
};

static const struct opt opts[] = {
	{ 0, "plan", NULL, OPT_FLAG, offsetof(struct config, plan), 0, 0,
	  "Print the experiment file that the run was made by, byte for byte" },
	{ 0, "trees", NULL, OPT_FLAG, offsetof(struct config, trees), 0, 0,
	  "Print where the time of requests went: of every endpoint, all requests, the slowest "
	  "tenth and the slowest hundredth" },
	{ 0, "endpoint", "NAME", OPT_STRING, offsetof(struct config, endpoint), 0, 0,
	  "The same of one endpoint, with or without its method: /api/cart/add, all" },
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

static int print_trees(const struct config *config, const struct run *run, struct err *err)
{
	switch (summary_print_trees(run, config->endpoint, stdout)) {
	case 0:
		return EXIT_OK;
	case -ENOENT:
		if (config->endpoint)
			return err_set(err, EXIT_USAGE,
				       "run %" PRIu64 " has no traces of '%s': 'situ show --trees' "
				       "shows those there are",
				       run->id, config->endpoint);
		return err_set(err, EXIT_USAGE,
			       "run %" PRIu64 " has no traces: it was measured without spans",
			       run->id);
	}
	return err_set(err, EXIT_FAILED, "out of memory: free some");
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
	if (config->trees || config->endpoint)
		return print_trees(config, run, err);
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
	.about =
		"What 'situ record' printed when the run ended, and 'situ run' in short: of each "
		"placement the client's view, where the time of requests went, the services', the "
		"disks' and the edges' view; before that, where the run comes from and which trials do "
		"not count. STORE is situ.db unless given, RUN the latest.\n"
		"A tree of a request's time has a line per service as it is reached: its calls per "
		"request, its own time and that time's share; then what it spent that on. All lines "
		"add up to what the client measured; what no line explains is '(client) other'. "
		"[calls]: the time it waited for calls of its own, which the lines below have; 'in "
		"all' counts calls that overlap each in full.\n"
		"network: to the service and back; connect: opening the connection (of the client: "
		"look-ups and TLS handshakes); sock queue: "
		"arrived and not yet read; cpu; run queue: another one ran on that CPU (who, is said "
		"below the tree); throttled: by the cgroup's quota; disk; other: locks, sleeps, and "
		"calls that could not be followed. Of a server that was not measured (an address), "
		"network is its own time, too. Coverage is the share of requests whose tree is whole, "
		"and what made the others incomplete. Trees are made of the requests that were traced, "
		"a sample when there are many; the kernel sums all of them up, and the last line says "
		"how far the sample's mean is off.",
	.examples = "situ show\n"
		    "situ show shop.db:3\n"
		    "situ show --endpoint /api/cart/add shop.db\n"
		    "situ show --plan shop.db > experiment.yaml\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.run = run_show,
};
