// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/cmd.h"
#include "user/experiment/compare.h"
#include "user/show/comparison.h"
#include "user/store/store.h"

#define PHASE_NAME "measure"
#define SEED	   1 /* of the bootstrap: the same store gives the same intervals */

struct config {
	u64 most;
	const char *margin;
	bool json;
};

static const struct config defaults = { .most = 20, .margin = "3%" };

static const struct opt opts[] = {
	{ 'n', "most", "N", OPT_COUNT, offsetof(struct config, most), 1, 1e6,
	  "Show the N biggest differences (20)" },
	{ 'm', "margin", "SHARE", OPT_STRING, offsetof(struct config, margin), 0, 0,
	  "Ratios this near to 1 count as equivalent: 3% or 0.03 (3%)" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print all differences as one JSON document" },
};

/* "3%" or "0.03" into *@margin. */
static int parse_margin(const char *text, double *margin, struct err *err)
{
	char *end;

	errno = 0;
	*margin = strtod(text, &end);
	if (end != text && strcmp(end, "%") == 0) {
		*margin /= 100;
		end++;
	}
	if (errno || end == text || *end || !(*margin >= 0 && *margin < 1))
		return err_set(err, EXIT_USAGE,
			       "--margin '%s' is not a share below 1: write 3%% or 0.03", text);
	return 0;
}

static bool has_placement(const struct run *run, const char *name, size_t end)
{
	size_t i;

	for (i = 0; i < end; i++) {
		if (strcmp(run->phases[i].name, PHASE_NAME) == 0 &&
		    strcmp(run->phases[i].placement, name) == 0)
			return true;
	}
	return false;
}

/* The placements of @run in the order of their first trial, at most @most; returns how many. */
static size_t list_placements(const struct run *run, const char **list, size_t most)
{
	size_t i, nr = 0;

	for (i = 0; i < run->nr_phases && nr < most; i++) {
		const struct phase *phase = &run->phases[i];

		if (*phase->placement && strcmp(phase->name, PHASE_NAME) == 0 &&
		    !has_placement(run, phase->placement, i))
			list[nr++] = phase->placement;
	}
	return nr;
}

static int unknown_placement(const struct run *run, const char *name, struct err *err)
{
	struct buf known = buf_init(400);
	const char *list[16];
	size_t nr = list_placements(run, list, ARRAY_SIZE(list)), i;

	for (i = 0; i < nr; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", list[i]);
	err_set(err, EXIT_USAGE, "run %llu has no placement '%s': it has %s",
		(unsigned long long)run->id, name, known.data ? known.data : "none");
	buf_free(&known);
	return -1;
}

/* The two placements asked for in @pair, or the first two of @run when that is NULL. */
static int choose(const struct run *run, char **pair, const char **chosen, struct err *err)
{
	size_t nr, i;

	if (pair) {
		for (i = 0; i < 2; i++) {
			chosen[i] = pair[i];
			if (!*pair[i] || !has_placement(run, pair[i], run->nr_phases))
				return unknown_placement(run, pair[i], err);
		}
		return 0;
	}
	nr = list_placements(run, chosen, 2);
	if (nr == 2)
		return 0;
	if (nr == 1)
		return err_set(err, EXIT_USAGE,
			       "run %llu has only placement '%s': comparing takes two",
			       (unsigned long long)run->id, chosen[0]);
	return err_set(err, EXIT_USAGE,
		       "run %llu has no trials of placements: make some with 'situ run'",
		       (unsigned long long)run->id);
}

static int load(const char *reference, struct run *run, struct err *err)
{
	struct store *store = NULL;
	const char *selector = NULL;
	char *path = NULL;
	int failed;

	if (store_split_reference(reference, &path, &selector))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	failed = store_open(&store, path, STORE_READ, err);
	if (!failed)
		failed = store_load_run(store, selector, run, err);
	store_close(store);
	free(path);
	return failed;
}

static int show(const struct config *config, const struct run *run, const char **placement,
		double margin, struct err *err)
{
	struct comparison comparison;
	int failed;

	failed = compare_placements(run, placement[0], placement[1], margin, SEED, &comparison);
	if (!failed && config->json)
		failed = comparison_print_json(&comparison, run, margin, stdout);
	else if (!failed)
		failed = comparison_print(&comparison, config->most, stdout);
	comparison_free(&comparison);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot compare: %s", strerror(-failed));
	return EXIT_OK;
}

static int run_compare(const void *options, const struct args *args, struct err *err)
{
	const struct config *config = options;
	const char *placement[2] = { NULL, NULL };
	struct run run = { 0 };
	double margin;
	int code = -1;

	if (args->nr == 2 || args->nr > 3)
		return err_set(err, EXIT_USAGE,
			       "compare takes a store, or a store and two placements: "
			       "see 'situ compare --help'");
	if (parse_margin(config->margin, &margin, err) ||
	    load(args->nr ? args->item[0] : STORE_DEFAULT, &run, err))
		goto out;
	if (run.state && strcmp(run.state, "finished") != 0)
		warn("run %llu is %s: it may lack trials", (unsigned long long)run.id, run.state);
	if (!choose(&run, args->nr == 3 ? args->item + 1 : NULL, placement, err))
		code = show(config, &run, placement, margin, err);
out:
	run_free(&run);
	return code;
}

const struct command cmd_compare = {
	.name = "compare",
	.args = "[STORE[:RUN] [A B]]",
	.summary = "Hold two placements of a run against each other",
	.about =
		"Prints what differs between placements A and B (the run's first two, unless named), "
		"the biggest differences first, with a verdict on B: better, worse, equivalent or "
		"undecided. STORE is situ.db unless given, RUN the latest.\n"
		"The unit is the trial. Each trial gives one number per metric (counters: per "
		"answered request); trials pair by their number; the ratio is the Hodges-Lehmann "
		"estimate over the pairs with a 95 % bootstrap interval; a verdict takes p < 0.05 in "
		"a sign-flip test, which needs 6 pairs at least, and is 'equivalent' when the whole "
		"interval lies within the margin.",
	.examples = "situ compare situ.db\n"
		    "situ compare --most 50 situ.db:3 packed spread\n"
		    "situ compare --json --margin 5% situ.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_compare,
};
