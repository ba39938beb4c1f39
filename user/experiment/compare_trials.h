/* SPDX-License-Identifier: GPL-2.0-only */
/* The trials of placements as a comparison sees them: things added up by name, pairs by block. */
#ifndef SITU_EXPERIMENT_COMPARE_TRIALS_H
#define SITU_EXPERIMENT_COMPARE_TRIALS_H

#include <stdbool.h>

#include "user/experiment/subject.h"

/* The phase that is compared. */
#define COMPARE_PHASE "measure"

/* A trial with its things added up by name, which is what two placements have in common. */
struct trial {
	unsigned int number; /* of the block: trials of one number are a pair */
	bool in_b;
	struct phase phase;
};

struct trials {
	struct trial *trial;
	size_t nr;
	unsigned int nr_a, nr_b;
	const struct run *run;
	struct phase all; /* every thing that any trial has */
	bool per_request; /* each trial has a load that got answers */
};

/* Whether @phase is a trial that counts. */
bool trials_is_one(const struct phase *phase);

/*
 * Fills @trials with those of placements @a and @b of @run. 0, -ENOMEM, or -EINVAL for histograms
 * of two resolutions; the caller frees with trials_free() in any case.
 */
int trials_collect(const struct run *run, const char *a, const char *b, struct trials *trials);
void trials_free(struct trials *trials);

/* One number per trial of @trials, in their order: what a row of a comparison is made of. */
struct series {
	const struct trials *trials;
	const double *value; /* NAN where there is none */
};

/* Copies the finite values of one side into @to (room for all trials). Returns how many. */
size_t series_side(const struct series *series, bool in_b, double *to);

/*
 * Fills @to (room for all trials) with one difference per pair that has both values, and returns
 * how many: log(b/a) when *@ratios is set, b - a else. Where a pair has a 0 on one side only, no
 * ratio exists and *@ratios is cleared.
 */
size_t series_pairs(const struct series *series, bool *ratios, double *to);

#endif
