// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "user/cmd/cmd.h"
#include "user/show/live.h"

struct config {
	u64 interval_ns;
	bool no_spans;
};

static const struct config defaults = { .interval_ns = NSEC_PER_SEC };

static const struct opt opts[] = {
	{ 'i', "interval", "DURATION", OPT_DURATION, offsetof(struct config, interval_ns), 1e8,
	  3600e9, "Update this often (1s)" },
	{ 0, "no-spans", NULL, OPT_FLAG, offsetof(struct config, no_spans), 0, 0,
	  "Do not follow requests through services" },
};

static int run_live(const void *options, const struct args *args, struct err *err)
{
	const struct config *config = options;
	struct measure *m = NULL;
	int code;

	if (args->nr)
		return err_set(err, EXIT_USAGE,
			       "live takes no arguments, not '%s': see "
			       "'situ live --help'",
			       args->item[0]);
	if (live_check(err) || measure_open(&m, !config->no_spans, err))
		return -1;
	code = live_run(m, config->interval_ns, err);
	measure_close(m);
	return code ? -1 : EXIT_OK;
}

const struct command cmd_live = {
	.name = "live",
	.args = "",
	.summary = "Watch services, their histograms and edges in the terminal",
	.about =
		"Shows every service's CPU time, run-queue wait, disk, network and memory over the "
		"last interval, the busiest first, and the histograms of the selected one: "
		"run-queue wait, slice, response time of the calls it makes, server time of the "
		"calls it gets. Needs root.\n"
		"Keys: up and down (k, j) select, t shows totals since the start, p pauses, h "
		"helps, q quits.",
	.examples = "sudo situ live\n"
		    "sudo situ live -i 5s\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_live,
};
