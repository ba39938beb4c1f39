// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/join/join.h"

#define RUNS_MAX       32
#define UNEVEN	       0.05 /* durations that differ by more are worth a warning */
#define DEFAULT_MARGIN "2%"

struct config {
	const char *output, *name, *margin;
};

static const struct config defaults = { .output = STORE_DEFAULT, .margin = DEFAULT_MARGIN };

static const struct opt opts[] = {
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct config, output), 0, 0,
	  "Store to add the joined run to (default " STORE_DEFAULT ")" },
	{ 'n', "name", "NAME", OPT_STRING, offsetof(struct config, name), 0, 0,
	  "Name of the joined run (default: the first one's)" },
	{ 0, "margin", "SHARE", OPT_STRING, offsetof(struct config, margin), 0, 0,
	  "By how much the numbers of responses of an edge's halves may differ (default " DEFAULT_MARGIN
	  ", and by one in any case)" },
};

static int refuse_going(const char *reference, const struct run *run, struct err *err)
{
	struct store_list list = { 0 };
	struct store *store = NULL;
	const char *selector;
	char *path = NULL;
	int failed;
	size_t i;

	if (strcmp(run->state, "unfinished") != 0)
		return 0;
	if (store_split_reference(reference, &path, &selector))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	failed = store_open(&store, path, STORE_READ, err) || store_list_runs(store, &list, err);
	for (i = 0; i < list.nr && !failed; i++) {
		if (list.run[i].id == run->id && list.run[i].goes_on)
			failed = err_set(err, EXIT_FAILED,
					 "run %" PRIu64 " of '%s' is still being measured: join it "
					 "when it is done",
					 run->id, path);
	}
	store_list_free(&list);
	store_close(store);
	free(path);
	return failed ? -1 : 0;
}

static const char *plural(size_t nr)
{
	return nr == 1 ? "" : "s";
}

static void print_edges(const struct join_report *report)
{
	size_t joined = report->by_isn + report->by_address, left = 0, i;

	for (i = 0; i < JOIN_LEFT_NR; i++)
		left += report->clients_left[i];
	printf("Edges: %zu joined (%zu by sequence numbers, %zu by address", joined, report->by_isn,
	       report->by_address);
	if (report->shared)
		printf("; %zu share a server's half: their server times are means that take the "
		       "network as the same for all",
		       report->shared);
	printf(").\nHalves left: %zu of clients (%zu without a counterpart, %zu with several, %zu "
	       "by their numbers of responses, %zu by their times), %zu of servers.\n",
	       left, report->clients_left[JOIN_NO_PARTNER], report->clients_left[JOIN_SEVERAL],
	       report->clients_left[JOIN_DIFFER], report->clients_left[JOIN_TOO_FAST],
	       report->servers_left);
	if (report->notes.len)
		printf("Not joined:\n%s", report->notes.data);
}

static void print_trees(const struct join_report *report)
{
	static const char *const why[] = {
		[STUMP_NO_SPANS] = "no requests were followed there",
		[STUMP_NO_NETWORK] = "the network's part of the call is not known, or exceeds it",
		[STUMP_MIXED] = "the server answered others, too",
		[STUMP_CYCLE] = "the calls lead back to themselves",
	};
	size_t i;

	printf("Trees: %zu call%s of them go%s on at the other host, in the mean of all "
	       "requests.\n",
	       report->calls, plural(report->calls), report->calls == 1 ? "es" : "");
	for (i = 0; i < STUMP_NR; i++) {
		if (report->stumps[i])
			printf("%zu end%s at the remote call: %s.\n", report->stumps[i],
			       report->stumps[i] == 1 ? "s" : "", why[i]);
	}
}

static void print_report(const struct config *config, const struct run *run,
			 const struct join_report *report)
{
	size_t i;

	printf("%s: run %" PRIu64 " of %zu hosts:", config->output, run->id, run->nr_hosts);
	for (i = 0; i < run->nr_hosts; i++)
		printf("%s %s", i ? "," : "", run->hosts[i]);
	putchar('\n');
	print_edges(report);
	print_trees(report);
}

static void warn_uneven(const struct run *runs, size_t nr, const struct run *joined)
{
	char took[UNITS_TEXT], longest[UNITS_TEXT];
	size_t i;

	for (i = 0; i < nr; i++) {
		if ((double)runs[i].duration_ns < (1 - UNEVEN) * (double)joined->duration_ns)
			warn("'%s' was recorded for %s of %s: what it shows per second is too low",
			     runs[i].hosts[0],
			     units_duration(took, sizeof(took), runs[i].duration_ns),
			     units_duration(longest, sizeof(longest), joined->duration_ns));
	}
}

static int keep(const struct config *config, struct run *joined, struct err *err)
{
	enum store_added added;
	struct store *store;
	int failed;

	if (config->name && run_set_text(&joined->name, config->name))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (store_open(&store, config->output, STORE_WRITE, err))
		return -1;
	failed = store_add_run(store, joined, &added, err);
	store_close(store);
	return failed;
}

static int join(const struct config *config, const struct run *runs, size_t nr, double margin,
		struct err *err)
{
	const struct run *list[RUNS_MAX];
	struct join_report report;
	struct run joined = { 0 };
	int failed;
	size_t i;

	for (i = 0; i < nr; i++)
		list[i] = &runs[i];
	failed = join_runs(list, nr, margin, &joined, &report, err) || keep(config, &joined, err);
	if (!failed) {
		warn_uneven(runs, nr, &joined);
		print_report(config, &joined, &report);
	}
	join_report_free(&report);
	run_free(&joined);
	return failed ? -1 : EXIT_OK;
}

static int run_join(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	struct run runs[RUNS_MAX] = { 0 };
	int i, code = 0;
	double margin;

	if (args->nr < 2 || args->nr > RUNS_MAX)
		return err_set(err, EXIT_USAGE,
			       "join takes the runs of 2 to %d hosts: STORE[:RUN] of each",
			       RUNS_MAX);
	if (stored_margin(config->margin, &margin, err))
		return -1;
	for (i = 0; i < args->nr && !code; i++) {
		code = stored_run(args->item[i], &runs[i], err);
		if (!code)
			code = refuse_going(args->item[i], &runs[i], err);
	}
	if (!code)
		code = join(config, runs, (size_t)args->nr, margin, err);
	for (i = 0; i < args->nr; i++)
		run_free(&runs[i]);
	return code;
}

const struct command cmd_join = {
	.name = "join",
	.args = "STORE[:RUN] STORE[:RUN]...",
	.summary = "Make one run of recordings of several hosts",
	.about =
		"Takes what 'situ record' measured on each VM at the same time, one run of each host, "
		"and adds one run with the services of all to the output store. RUN is the latest "
		"unless given.\n"
		"An edge between two of the hosts is there in halves: its client's with the response "
		"times, its server's with the server times. They become one edge, with the network as "
		"the difference of the two means, when it is known that they belong together: a kept "
		"trace of either host is of the same connection, by its two initial sequence numbers "
		"(which holds through NAT), or the address that the client dialled is the server's "
		"own; and both have counted the same responses, within the margin. Halves that are "
		"left stay as they were, and are counted. Several services of one host that share one "
		"source address have one server's half in common: their responses must add up to it, "
		"and their server times are then means, with the network taken as the same for all.\n"
		"A tree of a request that ended at the other host goes on there: the network takes "
		"what it takes in the edge, and the rest of the call's time is split as the server's "
		"time is over all its requests from outside; where it also answered others than the "
		"joined clients, the tree is left. That is known in the mean only: the slowest tenth "
		"and hundredth keep the remote call as it was (coverage: tail_not_joined), and the "
		"other host's reasons for trees that are not whole come in as remote_... .\n"
		"The hosts' clocks are compared to see that the recordings overlap, and for nothing "
		"else. Start the recordings before the load, and end them after it. To have the runs "
		"side by side instead, as they are, see 'situ merge'.",
	.examples = "situ join -o all.db vm1.db vm2.db\n"
		    "situ join -o all.db -n spread vm1.db:3 vm2.db:5 vm3.db\n"
		    "situ show --trees all.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_join,
};
