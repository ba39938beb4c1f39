// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "user/experiment/check.h"
#include "user/experiment/decided.h"
#include "user/experiment/loadview.h"

/* Whether a row of @d is one that @asked is about. */
static bool is_asked(const struct difference *d, const struct decided_asked *asked)
{
	size_t i;

	if (!d->kpi)
		return false;
	for (i = 0; i < asked->metrics->nr; i++) {
		if (strcmp(d->kpi->text, asked->metrics->item[i]) == 0)
			return true;
	}
	return !asked->metrics->nr && !asked->checks->nr &&
	       (strcmp(d->kpi->text, "p50") == 0 || strcmp(d->kpi->text, "p99") == 0);
}

static unsigned int nr_asked(const struct decided_asked *asked)
{
	return asked->metrics->nr || asked->checks->nr ? (unsigned int)asked->metrics->nr : 2;
}

static void add_more(struct decided *to, unsigned int more, bool *unknown)
{
	*unknown |= !more;
	to->more = more > to->more ? more : to->more;
}

/* A figure that no trial has yet, such as p99 of few requests, has no row: it is open. */
static void count_pair(const struct comparison *pair, const struct decided_asked *asked,
		       struct decided *to, bool *unknown)
{
	unsigned int rows = 0;
	size_t i;

	for (i = 0; i < pair->nr; i++) {
		const struct difference *d = &pair->difference[i];

		if (!is_asked(d, asked))
			continue;
		rows++;
		if (d->verdict != VERDICT_UNDECIDED)
			continue;
		to->open++;
		add_more(to, d->more, unknown);
	}
	if (rows < nr_asked(asked)) {
		to->open += nr_asked(asked) - rows;
		*unknown = true;
	}
}

static int count_verdicts(const struct plan *plan, const struct run *view,
			  const struct decided_asked *asked, struct decided *to, bool *unknown,
			  struct err *err)
{
	unsigned int nr = plan->nr_placements - (plan_has_aa(plan) ? 1 : 0), i;
	const char *first = plan->placements[0].name;
	const char **name = calloc((size_t)nr + 1, sizeof(*name));
	struct ranking ranking = { 0 };
	struct kpi_list kpis = { 0 };
	const struct compare_options options = {
		.kpis = &kpis,
		.margin = asked->margin,
		.seed = COMPARE_SEED,
		.kpis_only = true,
	};
	int failed = name ? kpi_list_make(&kpis, asked->metrics->item, asked->metrics->nr, err)
			  : err_set(err, EXIT_FAILED, "out of memory: free some");
	size_t k;

	for (i = 0; name && i < nr; i++)
		name[i] = plan->placements[i].name;
	if (!failed && ranking_make(view, name, nr, &options, &ranking))
		failed = err_set(err, EXIT_FAILED, "cannot compare the placements: free memory");
	for (k = 0; k < ranking.nr_pairs && !failed; k++) {
		if (strcmp(ranking.pair[k].placement_a, first) == 0)
			count_pair(&ranking.pair[k], asked, to, unknown);
	}
	ranking_free(&ranking);
	kpi_list_free(&kpis);
	free(name);
	return failed;
}

static int count_checks(const struct run *view, const struct opt_list *checks, struct decided *to,
			bool *unknown, struct err *err)
{
	struct check_outcome outcome;
	struct check check;
	size_t i;

	for (i = 0; i < checks->nr; i++) {
		struct err none = { 0 };

		if (check_parse(checks->item[i], &check, err))
			return -1;
		/* A figure that no trial has yet may come. */
		if (check_run(&check, view, COMPARE_SEED, &outcome, &none) ||
		    outcome.result == CHECK_OPEN) {
			to->open++;
			*unknown = true;
		}
		check_free(&check);
	}
	return 0;
}

int decided_count(const struct plan *plan, const struct run *run, const struct decided_asked *asked,
		  struct decided *decided, struct err *err)
{
	bool unknown = false;
	struct run view;
	unsigned int p;
	int failed = 0;

	*decided = (struct decided){ 0 };
	for (p = 0; p < plan->nr_phases && !failed; p++) {
		if (loadview_make(run, plan->phases[p].name, &view))
			return err_set(err, EXIT_FAILED, "out of memory: free some");
		failed = count_verdicts(plan, &view, asked, decided, &unknown, err) ||
			 count_checks(&view, asked->checks, decided, &unknown, err);
		free(view.phases);
	}
	if (unknown)
		decided->more = 0;
	return failed ? -1 : 0;
}
