// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/experiment/compare.h"
#include "user/experiment/loadview.h"
#include "user/show/trend.h"

struct config {
	const char *name, *placement, *phase;
	struct opt_list metrics;
	bool json;
};

static const struct opt opts[] = {
	{ 'N', "name", "NAME", OPT_STRING, offsetof(struct config, name), 0, 0,
	  "Take the runs of this name (that of the latest run)" },
	{ 'p', "placement", "NAME", OPT_STRING, offsetof(struct config, placement), 0, 0,
	  "Only this placement (all)" },
	{ 0, "phase", "NAME", OPT_STRING, offsetof(struct config, phase), 0, 0,
	  "The load phase to look at (the first one of each run)" },
	{ 0, "metric", "FIGURE", OPT_LIST, offsetof(struct config, metrics), 0, 0,
	  "A figure as 'situ compare --metric' takes it; may be repeated (p99)" },
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print all series as one JSON document" },
};

static int by_start(const void *left, const void *right)
{
	const struct store_run *l = left, *r = right;

	if (l->started_at_ns != r->started_at_ns)
		return l->started_at_ns < r->started_at_ns ? -1 : 1;
	return (l->id > r->id) - (l->id < r->id);
}

/* Adds what @run has of the load phase that is asked for; a run without it has nothing to add. */
static int add_phase(struct trend *trend, const struct run *run, const struct config *config,
		     const struct kpi_list *kpis)
{
	const char *phase = config->phase;
	struct run view;
	int failed;

	if (!phase && !loadview_list(run, &phase, 1))
		return 0;
	failed = loadview_make(run, phase, &view);
	if (!failed)
		failed = trend_add(trend, &view, kpis, config->placement);
	free(view.phases);
	return failed;
}

static int add_run(struct trend *trend, struct store *store, u64 run_id,
		   const struct config *config, const struct kpi_list *kpis, struct err *err)
{
	struct run run = { 0 };
	char id[24];
	int failed;

	snprintf(id, sizeof(id), "%" PRIu64, run_id);
	if (store_load_run(store, id, &run, err))
		return -1;
	failed = add_phase(trend, &run, config, kpis);
	run_free(&run);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot add run %s to the trend: %s", id,
			       strerror(-failed));
	return 0;
}

/* Adds the finished runs of @name, the earliest first; the others are told of. */
static int add_runs(struct trend *trend, struct store *store, const struct store_list *list,
		    const char *name, const struct config *config, const struct kpi_list *kpis,
		    struct err *err)
{
	size_t i, left_out = 0, nr = 0;
	int failed = 0;

	for (i = 0; i < list->nr && !failed; i++) {
		const struct store_run *run = &list->run[i];

		if (strcmp(run->name, name) != 0)
			continue;
		nr++;
		if (strcmp(run->state, "finished") == 0)
			failed = add_run(trend, store, run->id, config, kpis, err);
		else
			left_out++;
	}
	if (!nr)
		return err_set(err, EXIT_USAGE, "the store has no run named '%s': see 'situ ls'",
			       name);
	if (left_out)
		warn("%zu of %zu runs did not finish and are left out", left_out, nr);
	return failed;
}

static int show(const struct config *config, struct trend *trend, const char *name, struct err *err)
{
	int failed = trend_finish(trend, COMPARE_SEED);

	if (!failed)
		failed = config->json ? trend_print_json(trend, name, stdout)
				      : trend_print(trend, name, stdout);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot show the trend: %s", strerror(-failed));
	return 0;
}

/* The figures of @config; p99 when there are none. */
static int make_kpis(const struct config *config, struct kpi_list *kpis, struct err *err)
{
	static const char *const usual[] = { "p99" };
	bool given = config->metrics.nr;

	return kpi_list_parse(kpis, given ? config->metrics.item : usual,
			      given ? config->metrics.nr : ARRAY_SIZE(usual), err);
}

static int run_trend(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	struct store_list list = { 0 };
	struct kpi_list kpis = { 0 };
	struct store *store = NULL;
	struct trend trend = { 0 };
	const char *name = config->name;
	int failed = -1;

	if (args->nr > 1)
		return err_set(err, EXIT_USAGE, "trend takes one store, not '%s' too",
			       args->item[1]);
	if (make_kpis(config, &kpis, err) ||
	    store_open(&store, args->nr ? args->item[0] : STORE_DEFAULT, STORE_READ, err) ||
	    store_list_runs(store, &list, err))
		goto out;
	if (!list.nr) {
		err_set(err, EXIT_USAGE,
			"the store has no run yet: make some with 'situ run --every'");
		goto out;
	}
	qsort(list.run, list.nr, sizeof(*list.run), by_start);
	if (!name)
		name = list.run[list.nr - 1].name;
	failed = add_runs(&trend, store, &list, name, config, &kpis, err);
	if (!failed)
		failed = show(config, &trend, name, err);
out:
	trend_free(&trend);
	store_list_free(&list);
	store_close(store);
	kpi_list_free(&kpis);
	return failed;
}

const struct command cmd_trend = {
	.name = "trend",
	.args = "[STORE]",
	.summary = "Show a figure over the runs of an experiment",
	.about = "Of each finished run of the same name, from the earliest on, the median over its "
		 "trials, for each placement; and where the level changed: splits of the series "
		 "are tested by permutation of ranks (5 %, halved for each part that is searched "
		 "again), three runs at least to each level, eight in all. STORE is situ.db unless "
		 "given.",
	.examples = "situ trend\n"
		    "situ trend --metric p50 --metric 'cpu(cart)' --placement spread shop.db\n"
		    "situ trend --json --name nightly shop.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.run = run_trend,
};
