// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"

struct tally_of {
	size_t new, more, known, running;
};

static int merge_run(struct store *into, struct store *from, const char *path,
		     const struct store_run *entry, struct tally_of *tally, struct err *err)
{
	struct run run = { 0 };
	enum store_added added;
	char id[24];
	int failed;

	if (entry->goes_on) {
		warn("run %" PRIu64 " of '%s' is still being measured: merge again when it is done",
		     entry->id, path);
		tally->running++;
		return 0;
	}
	snprintf(id, sizeof(id), "%" PRIu64, entry->id);
	failed = store_load_run(from, id, &run, err);
	if (!failed)
		failed = store_add_run(into, &run, &added, err);
	if (!failed) {
		tally->new += added == STORE_ADDED_NEW;
		tally->more += added == STORE_ADDED_MORE;
		tally->known += added == STORE_ADDED_NOTHING;
	}
	run_free(&run);
	return failed;
}

static int merge_store(struct store *into, const char *path, struct tally_of *tally,
		       struct err *err)
{
	struct store_list list = { 0 };
	struct store *from;
	int failed;
	size_t i;

	if (store_open(&from, path, STORE_READ, err))
		return -1;
	failed = store_list_runs(from, &list, err);
	for (i = 0; i < list.nr && !failed; i++)
		failed = merge_run(into, from, path, &list.run[i], tally, err);
	store_list_free(&list);
	store_close(from);
	return failed;
}

/* Whether all of @args but the first can be read, before the first is made or changed. */
static int check_sources(const struct args *args, struct err *err)
{
	struct store *store;
	int i;

	for (i = 1; i < args->nr; i++) {
		if (store_open(&store, args->item[i], STORE_READ, err))
			return -1;
		store_close(store);
	}
	return 0;
}

static int run_merge(const void *config, const struct args *args, struct err *err)
{
	struct tally_of tally = { 0 };
	struct store *into;
	int i, failed = 0;

	(void)config;
	if (args->nr < 2)
		return err_set(err, EXIT_USAGE,
			       "merge takes the store to merge into and at least one other");
	if (check_sources(args, err) || store_open(&into, args->item[0], STORE_WRITE, err))
		return -1;
	for (i = 1; i < args->nr && !failed; i++)
		failed = merge_store(into, args->item[i], &tally, err);
	store_close(into);
	if (failed)
		return -1;
	printf("%s: %zu run%s added, %zu completed, %zu there already\n", args->item[0], tally.new,
	       tally.new == 1 ? "" : "s", tally.more, tally.known);
	return EXIT_OK;
}

const struct command cmd_merge = {
	.name = "merge",
	.args = "STORE OTHER...",
	.summary = "Add the runs of other stores to one",
	.about =
		"Adds each run of the OTHER stores, which are only read, to STORE, which is made "
		"when it is not there. A run is known by its uuid wherever it is: merging again "
		"adds nothing, unless the run has been resumed since. Each is added whole or not "
		"at all; those still being measured are left out. Runs stay what they are: to make "
		"one of what several hosts recorded at the same time, see 'situ join'.",
	.examples = "situ merge all.db vm1.db vm2.db\n",
	.run = run_merge,
};
