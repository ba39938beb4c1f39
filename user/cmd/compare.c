// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/checks.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/experiment/ranking.h"
#include "user/show/comparison.h"

struct config {
	u64 most;
	const char *margin;
	struct opt_list metrics, checks;
	bool json;
};

static const struct config defaults = { .most = 20, .margin = "3%" };

static const struct opt opts[] = {
	{ 'n', "most", "N", OPT_COUNT, offsetof(struct config, most), 1, 1e6,
	  "Show the N biggest of the exploratory differences (20)" },
	{ 'm', "margin", "SHARE", OPT_STRING, offsetof(struct config, margin), 0, 0,
	  "Ratios this near to 1 count as equivalent: 3% or 0.03 (3%)" },
	{ 0, "metric", "FIGURE", OPT_LIST, offsetof(struct config, metrics), 0, 0,
	  "Judge by this figure, too: 'p99(/api/cart/add)', 'cpu(cart)', "
	  "'edge.network_ns.mean(web > cart)'" },
	{ 0, "check", "CONDITION", OPT_LIST, offsetof(struct config, checks), 0, 0,
	  "Exit with 4 unless the 95 % interval shows it: 'p99 spread/packed < 1.1'" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print all differences as one JSON document" },
};

static int unknown_placement(const struct run *run, const char *name, struct err *err)
{
	struct buf known = buf_init(400);
	const char *list[16];
	size_t nr = ranking_list(run, list, ARRAY_SIZE(list)), i;

	for (i = 0; i < nr; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", list[i]);
	err_set(err, EXIT_USAGE, "run %llu has no placement '%s': it has %s",
		(unsigned long long)run->id, name, known.data ? known.data : "none");
	buf_free(&known);
	return -1;
}

/* All placements of @run but copies. Returns how many, 0 with @err set when they cannot be held
 * against each other. */
static size_t choose_all(const struct run *run, const char **chosen, struct err *err)
{
	size_t nr = ranking_choose(run, chosen, RANKING_PLACEMENTS_MAX + 1);

	if (nr > RANKING_PLACEMENTS_MAX)
		err_set(err, EXIT_USAGE, "run %llu has more than %d placements: name two of them",
			(unsigned long long)run->id, RANKING_PLACEMENTS_MAX);
	else if (nr == 1)
		err_set(err, EXIT_USAGE, "run %llu has only placement '%s': comparing takes two",
			(unsigned long long)run->id, chosen[0]);
	else if (!nr)
		err_set(err, EXIT_USAGE,
			"run %llu has no trials of placements: make some with 'situ run'",
			(unsigned long long)run->id);
	return nr < 2 || nr > RANKING_PLACEMENTS_MAX ? 0 : nr;
}

/* The placements named in @names, or all. Returns how many, 0 with @err set. */
static size_t choose(const struct run *run, char **names, size_t nr, const char **chosen,
		     struct err *err)
{
	size_t i;

	if (!nr)
		return choose_all(run, chosen, err);
	for (i = 0; i < nr; i++) {
		chosen[i] = names[i];
		if (!*names[i] || !ranking_has(run, names[i], run->nr_phases)) {
			unknown_placement(run, names[i], err);
			return 0;
		}
	}
	return nr;
}

/* A figure asked for by --metric that no pair has a row of is likely a slip. */
static void check_metrics(const struct config *config, const struct ranking *ranking,
			  const struct kpi_list *kpis)
{
	size_t i, k;

	for (i = 0; i < kpis->nr; i++) {
		for (k = 0; k < config->metrics.nr; k++) {
			if (strcmp(kpis->kpi[i].text, config->metrics.item[k]) == 0)
				break;
		}
		if (k < config->metrics.nr && ranking_best(ranking, &kpis->kpi[i]) < 0)
			warn("no trial has a value other than 0 of '%s': see the names in 'situ "
			     "show'",
			     kpis->kpi[i].text);
	}
}

static int show(const struct config *config, const struct run *run, const char *const *placement,
		size_t nr, const struct compare_options *options, struct err *err)
{
	struct ranking ranking;
	int failed;

	failed = ranking_make(run, placement, nr, options, &ranking);
	if (!failed)
		check_metrics(config, &ranking, options->kpis);
	if (!failed && config->json)
		failed = comparison_print_json(&ranking, options, run, stdout);
	else if (!failed)
		failed = comparison_print(&ranking, options, config->most, stdout);
	ranking_free(&ranking);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot compare: %s", strerror(-failed));
	return EXIT_OK;
}

/* The options, checked before a large store is read. */
static int prepare(const struct config *config, struct compare_options *options,
		   struct kpi_list *kpis, struct err *err)
{
	*options = (struct compare_options){ .kpis = kpis, .seed = COMPARE_SEED };
	return checks_parse(&config->checks, err) ||
	       stored_margin(config->margin, &options->margin, err) ||
	       kpi_list_make(kpis, config->metrics.item, config->metrics.nr, err);
}

static int run_compare(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	const char *chosen[RANKING_PLACEMENTS_MAX + 1];
	struct compare_options options;
	struct kpi_list kpis = { 0 };
	struct run run = { 0 };
	int code = -1;
	size_t nr;

	if (args->nr == 2 || args->nr > RANKING_PLACEMENTS_MAX)
		return err_set(err, EXIT_USAGE,
			       "compare takes a store, or a store and at least two placements: "
			       "see 'situ compare --help'");
	if (prepare(config, &options, &kpis, err) ||
	    stored_run(args->nr ? args->item[0] : STORE_DEFAULT, &run, err))
		goto out;
	if (run.state && strcmp(run.state, "finished") != 0)
		warn("run %llu is %s: it may lack trials", (unsigned long long)run.id, run.state);
	nr = choose(&run, args->item + 1, args->nr > 1 ? (size_t)args->nr - 1 : 0, chosen, err);
	if (nr)
		code = show(config, &run, chosen, nr, &options, err);
	if (code == EXIT_OK)
		code = checks_run(&config->checks, &run, config->json, err);
out:
	kpi_list_free(&kpis);
	run_free(&run);
	return code;
}

const struct command cmd_compare = {
	.name = "compare",
	.args = "[STORE[:RUN] [A B...]]",
	.summary = "Hold the placements of a run against each other",
	.about =
		"Says which placement is best for which figure, by how much, how sure that is and, "
		"of two placements, why. All placements of the run are compared unless some are "
		"named. STORE is situ.db unless given, RUN the latest.\n"
		"The unit is the trial. Each trial gives one number per figure (counters: per "
		"answered request); trials pair by their block; the ratio is the Hodges-Lehmann "
		"estimate over the pairs with a 95 % bootstrap interval. Judged are p50, p99, "
		"errors and rate of all requests, CPU per request of all services, and what "
		"--metric adds: better or worse takes p < 0.05 in a sign-flip test after Holm's "
		"adjustment for the number of figures (8 blocks for 5 figures, 6 for one); "
		"equivalent, the whole interval within the margin; else there is not enough data, "
		"and an estimate of how many more blocks are. All other rows are exploratory: each "
		"is tested by itself.\n"
		"A placement NAME-again is taken for a copy of NAME: the pair gives the smallest "
		"difference that the set-up can see.",
	.examples = "situ compare situ.db\n"
		    "situ compare --most 50 situ.db:3 packed spread\n"
		    "situ compare --metric 'p99(/api/cart/add)' --metric 'cpu(cart)' situ.db\n"
		    "situ compare --check 'p99(/api/cart/add) spread/packed < 1.1' situ.db\n"
		    "situ compare --json --margin 5% situ.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_compare,
};
