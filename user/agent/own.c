// SPDX-License-Identifier: GPL-2.0-only
#include "user/agent/own.h"

static double seconds(u64 ns)
{
	return (double)ns / (double)NSEC_PER_SEC;
}

static struct openmetrics_number gauge(const char *name, const char *help, double value)
{
	return (struct openmetrics_number){ .name = name, .help = help, .value = value };
}

static struct openmetrics_number counter(const char *name, const char *help, double value)
{
	return (struct openmetrics_number){
		.name = name, .help = help, .counter = true, .value = value
	};
}

static struct openmetrics_number of(struct openmetrics_number number, const char *label,
				    const char *value)
{
	number.label = label;
	number.value_of_label = value;
	return number;
}

static struct openmetrics_number timed(struct openmetrics_number number)
{
	number.seconds = true;
	return number;
}

#define ROWS	"Rows of the entity that are shown: those of the last 15 minutes"
#define DROPPED "Rows that were dropped: nothing was seen of them for 15 minutes (1 when full)"
#define FOLDED                                                                                 \
	"What had no room in an interval: rows counted as (other), and parts of rows: disks, " \
	"labels, places of requests"

void own_numbers(const struct own_facts *facts, struct openmetrics_number *own)
{
	const struct total *total = facts->total;
	const struct openmetrics_number numbers[OWN_NR] = {
		of(gauge("build_info", "The version that runs", 1), "version", SITU_VERSION),
		of(gauge("kernel_info", "The kernel that it runs on", 1), "release", facts->kernel),
		timed(gauge("agent_start_timestamp_seconds", "When counting began (Unix time)",
			    seconds(facts->started_at_ns))),
		timed(gauge("agent_measured_timestamp_seconds",
			    "End of the last interval (Unix time): all other numbers are of then",
			    seconds(facts->measured_at_ns))),
		timed(gauge("agent_interval_seconds",
			    "How often the numbers are brought up to date",
			    seconds(facts->interval_ns))),
		counter("agent_intervals", "Intervals measured", (double)total->intervals),
		of(gauge("agent_rows", ROWS, (double)total->sum.nr_services), "entity", "service"),
		of(gauge("agent_rows", ROWS, (double)total->sum.nr_edges), "entity", "edge"),
		of(counter("agent_rows_dropped", DROPPED, (double)total->dropped_services),
		   "entity", "service"),
		of(counter("agent_rows_dropped", DROPPED, (double)total->dropped_edges), "entity",
		   "edge"),
		of(counter("agent_folded", FOLDED, (double)total->folded.services), "what",
		   "service"),
		of(counter("agent_folded", FOLDED, (double)total->folded.edges), "what", "edge"),
		of(counter("agent_folded", FOLDED, (double)total->folded.parts), "what", "part"),
		of(counter("agent_requests", "HTTP requests answered", (double)facts->scrapes),
		   "page", "metrics"),
		of(counter("agent_requests", "HTTP requests answered",
			   (double)facts->other_requests),
		   "page", "other"),
		timed(counter(
			"agent_write_cpu_seconds",
			"CPU time of writing the texts, a part of situ_phase_self_cpu_seconds",
			seconds(facts->written_ns))),
	};
	size_t i;

	for (i = 0; i < OWN_NR; i++)
		own[i] = numbers[i];
}
