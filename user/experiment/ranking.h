/* SPDX-License-Identifier: GPL-2.0-only */
/* Which placement of a run is best for which KPI, and how sure that is. Pure: no I/O. */
#ifndef SITU_EXPERIMENT_RANKING_H
#define SITU_EXPERIMENT_RANKING_H

#include "user/experiment/compare.h"
#include "user/experiment/compare_blame.h"
#include "user/experiment/compare_reason.h"

#define RANKING_PLACEMENTS_MAX 32
#define RANKING_REASONS	       3
#define RANKING_AGAIN	       "-again" /* ends the name of a placement's A/A copy */

/* What the pair of a placement and its copy says the set-up can see in one KPI. */
struct resolution {
	const char *placement; /* the copied one */
	const struct difference *difference;
	/* The smallest true difference found with a chance of 80 %, as a share: 0.021 is 2.1 %. NAN
	 * with too few blocks. */
	double detectable;
};

struct ranking {
	char **placement; /* in the order of their first trials; copies are not in it */
	size_t nr;
	/* Every two placements i < j, in that order: j against i. With exactly two placements it
	 * has exploratory rows, too. */
	struct comparison *pair;
	size_t nr_pairs;
	struct comparison *copy; /* each copy against what it copies */
	size_t nr_copies;
	struct resolution *resolution; /* per copy and KPI */
	size_t nr_resolutions;
	size_t family; /* KPI rows that Holm adjusts for: of all pairs, not of the copies */
	struct reasons reasons; /* of two placements only */
	struct blames blames;	/* as well; none without traces */
};

/* Whether @run has trials of placement @name among its first @end phases. */
bool ranking_has(const struct run *run, const char *name, size_t end);

/* The placements of @run in the order of their first trial, at most @most. Returns how many. */
size_t ranking_list(const struct run *run, const char **list, size_t most);

/*
 * The placements to compare when none are named: all but copies, at most @most. Of a placement and
 * its copy alone both: that pair is what there is to see. Returns how many.
 */
size_t ranking_choose(const struct run *run, const char **list, size_t most);

/* The name of the placement that @name is an A/A copy of, among those of @run; NULL: it is none. */
const char *ranking_original(const struct run *run, const char *name);

/*
 * Compares every two of @placement[@nr] (2 to RANKING_PLACEMENTS_MAX) of @run. 0, -ENOMEM, or
 * -EINVAL for histograms of two resolutions; the caller frees with ranking_free() in any case.
 */
int ranking_make(const struct run *run, const char *const *placement, size_t nr,
		 const struct compare_options *options, struct ranking *ranking);
void ranking_free(struct ranking *ranking);

/* How one placement stands against another in a KPI. */
struct standing {
	const struct difference *difference; /* NULL: no such row */
	bool inverted;			     /* the row is of the other against this one */
};

/* How placement @i stands against @j in @kpi. */
struct standing ranking_standing(const struct ranking *ranking, size_t i, size_t j,
				 const struct kpi *kpi);

/* The verdict of a standing, read from its own side. */
enum verdict standing_verdict(const struct standing *standing);

/* Median of placement @i in @kpi over its trials; NAN when it has none. */
double ranking_value(const struct ranking *ranking, size_t i, const struct kpi *kpi);

/* The placement with the best median in @kpi, -1 when nobody has one. Of equal ones the first. */
int ranking_best(const struct ranking *ranking, const struct kpi *kpi);

#endif
