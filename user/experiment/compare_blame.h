/* SPDX-License-Identifier: GPL-2.0-only */
/* Where requests of one placement spent more time than those of another, by their trees. */
#ifndef SITU_EXPERIMENT_COMPARE_BLAME_H
#define SITU_EXPERIMENT_COMPARE_BLAME_H

#include "user/experiment/infer.h"
#include "user/trace/bands.h"

/* One component at one place. Differences are b - a in nanoseconds per request, paired by block. */
struct blame_row {
	char *path; /* as in struct place */
	enum component component;
	double a_ns, b_ns; /* medians over the trials */
	struct inference found;
};

/*
 * An endpoint in one band. The rows' values add up to the total in each trial; their estimates,
 * each a median of its own, do so only about.
 */
struct blame {
	char *endpoint;
	enum band band;
	double a_ns,
		b_ns; /* medians over the trials of what the client measured, else the traces */
	struct inference total;
	struct blame_row *row; /* the largest |found.estimate| first */
	size_t nr;
};

struct blames {
	struct blame *blame; /* by endpoint and band */
	size_t nr;
};

/*
 * Fills @blames with the bands of endpoint @endpoint (may lack its method) in which both placements
 * @a and @b of @run have trials with traces; NULL: the bands of all the load's endpoints together,
 * and the mean of that one which surely moved most. A place that a trial did not come to took it no
 * time. Components that are below 1/1000 of the time in both have no row. 0, -ENOMEM or -EINVAL;
 * the caller frees with blames_free() in any case.
 */
int blames_find(const struct run *run, const char *a, const char *b, const char *endpoint, u64 seed,
		struct blames *blames);
void blames_free(struct blames *blames);

/* Whether the interval of @row's difference excludes 0. */
bool blame_is_sure(const struct blame_row *row);

#endif
