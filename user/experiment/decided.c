// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "user/experiment/check.h"
#include "user/experiment/decided.h"
#include "user/experiment/loadview.h"

#define ASKED 2 /* figures: p50 and p99 */

static bool is_asked(const struct difference *d)
{
	return d->kpi && !d->kpi->subject && strcmp(d->metric->id, "latency_ns") == 0 &&
	       (strcmp(d->stat, "p50") == 0 || strcmp(d->stat, "p99") == 0);
}

/* A figure that no trial has yet, such as p99 of few requests, has no row: it is open. */
static unsigned int count_pair(const struct comparison *pair)
{
	unsigned int decided = 0;
	size_t i;

	for (i = 0; i < pair->nr; i++)
		decided += is_asked(&pair->difference[i]) &&
			   pair->difference[i].verdict != VERDICT_UNDECIDED;
	return decided < ASKED ? ASKED - decided : 0;
}

static int count_verdicts(const struct plan *plan, const struct run *view, unsigned int *open,
			  struct err *err)
{
	unsigned int nr = plan->nr_placements - (plan_has_aa(plan) ? 1 : 0), i;
	const char *first = plan->placements[0].name;
	const char **name = calloc((size_t)nr + 1, sizeof(*name));
	struct ranking ranking = { 0 };
	struct kpi_list kpis = { 0 };
	const struct compare_options options = {
		.kpis = &kpis,
		.margin = COMPARE_MARGIN,
		.seed = COMPARE_SEED,
		.kpis_only = true,
	};
	int failed = name ? kpi_list_make(&kpis, NULL, 0, err) : -1;
	size_t k;

	for (i = 0; name && i < nr; i++)
		name[i] = plan->placements[i].name;
	if (!failed)
		failed = ranking_make(view, name, nr, &options, &ranking);
	for (k = 0; k < ranking.nr_pairs && !failed; k++) {
		if (strcmp(ranking.pair[k].placement_a, first) == 0)
			*open += count_pair(&ranking.pair[k]);
	}
	ranking_free(&ranking);
	kpi_list_free(&kpis);
	free(name);
	return failed ? err_set(err, EXIT_FAILED, "cannot compare the placements: free memory") : 0;
}

static int count_checks(const struct run *view, const struct opt_list *checks, unsigned int *open,
			struct err *err)
{
	struct check_outcome outcome;
	struct check check;
	size_t i;

	for (i = 0; i < checks->nr; i++) {
		struct err none = { 0 };

		if (check_parse(checks->item[i], &check, err))
			return -1;
		/* A figure that no trial has yet may come. */
		*open += check_run(&check, view, COMPARE_SEED, &outcome, &none) ||
			 outcome.result == CHECK_OPEN;
		check_free(&check);
	}
	return 0;
}

int decided_count_open(const struct plan *plan, const struct run *run,
		       const struct opt_list *checks, unsigned int *open, struct err *err)
{
	struct run view;
	unsigned int p;
	int failed = 0;

	*open = 0;
	for (p = 0; p < plan->nr_phases && !failed; p++) {
		if (loadview_make(run, plan->phases[p].name, &view))
			return err_set(err, EXIT_FAILED, "out of memory: free some");
		failed = count_verdicts(plan, &view, open, err) ||
			 count_checks(&view, checks, open, err);
		free(view.phases);
	}
	return failed ? -1 : 0;
}
