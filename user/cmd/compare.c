// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/checks.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/experiment/loadview.h"
#include "user/experiment/ranking.h"
#include "user/show/comparison.h"

struct config {
	u64 most;
	const char *margin;
	const char *endpoint;
	const char *phase;
	struct opt_list metrics, checks;
	bool json;
};

static const struct config defaults = { .most = 20, .margin = "3%" };

static const struct opt opts[] = {
	{ 'n', "most", "N", OPT_COUNT, offsetof(struct config, most), 1, 1e6,
	  "Show the N biggest of the exploratory differences (20)" },
	{ 'm', "margin", "SHARE", OPT_STRING, offsetof(struct config, margin), 0, 0,
	  "Ratios this near to 1 count as equivalent: 3% or 0.03 (3%)" },
	{ 'p', "phase", "NAME", OPT_STRING, offsetof(struct config, phase), 0, 0,
	  "Only this load phase (each by itself)" },
	{ 0, "metric", "FIGURE", OPT_LIST, offsetof(struct config, metrics), 0, 0,
	  "Judge by this figure, too: 'p99(/api/cart/add)', 'cpu(cart)', "
	  "'edge.network_ns.mean(web > cart)'" },
	{ 0, "endpoint", "NAME", OPT_STRING, offsetof(struct config, endpoint), 0, 0,
	  "Of two placements: where the time of this endpoint's requests differs, not of all: "
	  "/api/cart/add" },
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

/* What is asked, and where the answer goes. */
struct job {
	const struct config *config;
	const struct args *args;
	const struct compare_options *options;
	FILE *out;
};

static int show(const struct job *job, const struct run *run, const char *const *placement,
		size_t nr, struct err *err)
{
	const struct config *config = job->config;
	struct ranking ranking;
	int failed;

	failed = ranking_make(run, placement, nr, job->options, &ranking);
	if (!failed)
		check_metrics(config, &ranking, job->options->kpis);
	if (!failed && config->endpoint && !ranking.blames.nr)
		warn("no two trials of a block have traces of '%s': see 'situ show --trees'",
		     config->endpoint);
	if (!failed && config->json)
		failed = comparison_print_json(&ranking, job->options, run, job->out);
	else if (!failed)
		failed = comparison_print(&ranking, job->options, config->most, job->out);
	ranking_free(&ranking);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot compare: %s", strerror(-failed));
	return EXIT_OK;
}

/* The options, checked before a large store is read. */
static int prepare(const struct config *config, struct compare_options *options,
		   struct kpi_list *kpis, struct err *err)
{
	*options = (struct compare_options){ .kpis = kpis,
					     .seed = COMPARE_SEED,
					     .endpoint = config->endpoint };
	return checks_parse(&config->checks, err) ||
	       stored_margin(config->margin, &options->margin, err) ||
	       kpi_list_make(kpis, config->metrics.item, config->metrics.nr, err);
}

/* Compares the placements of @view, which is one load phase, and judges the conditions in it. */
static int compare_view(const struct job *job, const struct run *view, struct err *err)
{
	const char *chosen[RANKING_PLACEMENTS_MAX + 1];
	const struct args *args = job->args;
	size_t nr =
		choose(view, args->item + 1, args->nr > 1 ? (size_t)args->nr - 1 : 0, chosen, err);

	if (!nr || show(job, view, chosen, nr, err) != EXIT_OK)
		return -1;
	return checks_run(&job->config->checks, view, job->config->json, err);
}

/* What stands before load phase @i of @nr, which is called @name; nothing where it is the only one.
 */
static void print_head(const struct job *job, const char *name, size_t i, size_t nr)
{
	json_t *text;

	if (nr < 2)
		return;
	if (!job->config->json) {
		fprintf(job->out, "%sLoad phase %s:\n", i ? "\n" : "", name);
		return;
	}
	text = json_string(name);
	fputs(i ? ", {\"phase\": " : "{\"schema\": 1, \"load_phases\": [{\"phase\": ", job->out);
	if (!text || json_dumpf(text, job->out, JSON_ENCODE_ANY))
		fputs("null", job->out);
	fputs(", \"comparison\": ", job->out);
	json_decref(text);
}

static void print_tail(const struct job *job, size_t i, size_t nr)
{
	if (nr > 1 && job->config->json)
		fputs(i + 1 < nr ? "}" : "}]}\n", job->out);
}

/*
 * All of the load phases @name[@nr] of @run. A condition that one misses is the exit code of all,
 * unless something else went wrong: that ends it.
 */
static int compare_phases(const struct job *job, const struct run *run, const char *const *name,
			  size_t nr, struct err *err)
{
	struct err missed = { 0 };
	struct run view;
	size_t i;

	for (i = 0; i < nr && err->code == EXIT_OK; i++) {
		if (loadview_make(run, name[i], &view))
			return err_set(err, EXIT_FAILED, "out of memory: free some");
		print_head(job, name[i], i, nr);
		compare_view(job, &view, err);
		print_tail(job, i, nr);
		free(view.phases);
		if (err->code == EXIT_THRESHOLD) {
			missed = *err;
			*err = (struct err){ 0 };
		}
	}
	if (err->code == EXIT_OK)
		*err = missed;
	return err->code == EXIT_OK ? EXIT_OK : -1;
}

/* The same for a program that reads it: the answer is printed whole or not at all. */
static int compare_whole(struct job *job, const struct run *run, const char *const *name, size_t nr,
			 struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	int code;

	job->out = open_memstream(&text, &len);
	if (!job->out)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	code = compare_phases(job, run, name, nr, err);
	if (fclose(job->out))
		code = err_set(err, EXIT_FAILED, "out of memory: free some");
	else if (err->code == EXIT_OK || err->code == EXIT_THRESHOLD)
		fwrite(text, 1, len, stdout);
	free(text);
	return code;
}

/* The load phases to look at. Returns how many; 0 with @err set when the one named is not there. */
static size_t choose_phases(const struct config *config, const struct run *run, const char **name,
			    struct err *err)
{
	size_t nr = loadview_list(run, name, LOADVIEW_MOST), i;

	for (i = 0; config->phase && i < nr; i++) {
		if (strcmp(name[i], config->phase) == 0) {
			name[0] = name[i];
			return 1;
		}
	}
	if (config->phase && nr) {
		opts_unknown(err, "load phase", config->phase, name, nr);
		return 0;
	}
	if (!nr)
		err_set(err, EXIT_USAGE,
			"run %" PRIu64 " has no trials of placements: make some with 'situ run'",
			run->id);
	return nr;
}

static int run_compare(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	const char *phase[LOADVIEW_MOST];
	struct compare_options options;
	struct kpi_list kpis = { 0 };
	struct job job = { .config = config, .args = args, .options = &options, .out = stdout };
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
	nr = choose_phases(config, &run, phase, err);
	if (nr && config->json)
		code = compare_whole(&job, &run, phase, nr, err);
	else if (nr)
		code = compare_phases(&job, &run, phase, nr, err);
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
		"Load phases are compared each by itself.\n"
		"Why is told by the traces of requests where there are any: how much more or less of "
		"a request's time was spent where, of all the load's endpoints and of the one that "
		"moved most (of the one of --endpoint also in its slowest tenth and hundredth), each "
		"difference paired by block, with its 95 % interval; shown are the largest whose "
		"interval excludes 0.\n"
		"A placement NAME-again is taken for a copy of NAME: the pair gives the smallest "
		"difference that the set-up can see.",
	.examples = "situ compare situ.db\n"
		    "situ compare --most 50 situ.db:3 packed spread\n"
		    "situ compare --phase busy situ.db\n"
		    "situ compare --metric 'p99(/api/cart/add)' --metric 'cpu(cart)' situ.db\n"
		    "situ compare --endpoint /api/cart/add situ.db packed spread\n"
		    "situ compare --check 'p99(/api/cart/add) spread/packed < 1.1' situ.db\n"
		    "situ compare --json --margin 5% situ.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_compare,
};
