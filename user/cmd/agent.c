// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "user/agent/agent.h"
#include "user/cmd/cmd.h"

#define LISTEN_DEFAULT "127.0.0.1:9435"

struct config {
	const char *listen;
	u64 interval_ns;
	bool no_spans;
};

static const struct config defaults = {
	.listen = LISTEN_DEFAULT,
	.interval_ns = 10 * NSEC_PER_SEC,
};

static const struct opt opts[] = {
	{ 'l', "listen", "ADDRESS:PORT", OPT_STRING, offsetof(struct config, listen), 0, 0,
	  "Answer HTTP there (default " LISTEN_DEFAULT ": this machine only)" },
	{ 'i', "interval", "TIME", OPT_DURATION, offsetof(struct config, interval_ns), 1e9, 3600e9,
	  "Bring the numbers up to date this often (default 10s)" },
	{ 0, "no-spans", NULL, OPT_FLAG, offsetof(struct config, no_spans), 0, 0,
	  "Do not follow requests through services: no attribution of their time" },
};

static int run_agent(const void *options, const struct args *args, struct err *err)
{
	const struct config *config = options;
	struct agent_config agent = {
		.interval_ns = config->interval_ns,
		.no_spans = config->no_spans,
	};

	if (args->nr)
		return err_set(err, EXIT_USAGE,
			       "agent takes no arguments, not '%s': see 'situ agent --help'",
			       args->item[0]);
	if (listen_parse(config->listen, &agent.listen, err))
		return -1;
	return agent_run(&agent, err) ? -1 : EXIT_OK;
}

const struct command cmd_agent = {
	.name = "agent",
	.args = "",
	.summary = "Measure for good and serve the numbers to Prometheus",
	.about =
		"Measures every service of this machine until SIGTERM or Ctrl-C and answers GET "
		"/metrics in OpenMetrics, or in Prometheus' older text for who does not ask for "
		"that; GET /healthz answers ok. Runs in the foreground, as systemd wants it. Needs "
		"root. Listens on loopback only unless --listen says otherwise; there is no TLS and "
		"no password.\n"
		"Names and units are those of 'situ export -f openmetrics', without the labels of a "
		"run. Counters and histograms are of all the time since the start, gauges and "
		"attribution of the last interval. A scrape gets what was ready at the last "
		"interval's end, so it neither waits nor costs.\n"
		"What nothing was seen of for 15 minutes is dropped; should it come back, it counts "
		"from 0. At most 256 services, 512 edges and, of these, 64 with unmeasured addresses "
		"have rows of their own: what is new beyond that counts as '(other)', and rows are "
		"dropped after a minute until there is room. So no counter goes back while it is "
		"shown, rates are right at any time, and memory has a bound.\n"
		"For prometheus.yml: scrape_configs: [{job_name: situ, static_configs: [{targets: "
		"['127.0.0.1:9435']}]}]. A scrape_interval that is a multiple of --interval gives "
		"the smoothest rates.",
	.examples = "sudo situ agent\n"
		    "sudo situ agent --listen 10.0.0.5:9435 --interval 15s --no-spans\n"
		    "curl -s http://127.0.0.1:9435/metrics | grep situ_service_cpu\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_agent,
};
