// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare_trials.h"
#include "user/model/pool.h"

bool trials_is_one(const struct phase *phase)
{
	return *phase->placement && phase_counts(phase) && strcmp(phase->name, COMPARE_PHASE) == 0;
}

/* Adds the trials of one side, each with its things added up by name. */
static int add_side(struct trials *trials, const struct run *run, const char *placement, bool in_b)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];
		struct trial *trial = &trials->trial[trials->nr];
		int err;

		if (!trials_is_one(phase) || strcmp(phase->placement, placement) != 0)
			continue;
		*trial = (struct trial){ .number = phase->trial, .in_b = in_b };
		trials->nr++;
		err = pool_add(&trial->phase, phase, POOL_BY_NAME);
		if (!err)
			err = pool_add(&trials->all, phase, POOL_BY_NAME);
		if (err)
			return err;
		trials->per_request &= subject_answered(&trial->phase) > 0;
	}
	return 0;
}

int trials_collect(const struct run *run, const char *a, const char *b, struct trials *trials)
{
	int err;

	*trials = (struct trials){ .run = run, .per_request = true };
	/* A placement may be held against itself: each phase may come twice. */
	trials->trial = calloc(2 * run->nr_phases + 1, sizeof(*trials->trial));
	if (!trials->trial)
		return -ENOMEM;
	err = add_side(trials, run, a, false);
	trials->nr_a = (unsigned int)trials->nr;
	if (!err)
		err = add_side(trials, run, b, true);
	trials->nr_b = (unsigned int)trials->nr - trials->nr_a;
	return err;
}

void trials_free(struct trials *trials)
{
	size_t i;

	for (i = 0; i < trials->nr; i++)
		phase_free(&trials->trial[i].phase);
	phase_free(&trials->all);
	free(trials->trial);
	*trials = (struct trials){ 0 };
}

size_t series_side(const struct series *series, bool in_b, double *to)
{
	size_t i, nr = 0;

	for (i = 0; i < series->trials->nr; i++) {
		if (series->trials->trial[i].in_b == in_b && isfinite(series->value[i]))
			to[nr++] = series->value[i];
	}
	return nr;
}

/* The value of the trial of b with number @number, NAN when there is none. */
static double partner(const struct series *series, unsigned int number)
{
	const struct trial *trial = series->trials->trial;
	size_t i;

	for (i = 0; i < series->trials->nr; i++) {
		if (trial[i].in_b && trial[i].number == number)
			return series->value[i];
	}
	return NAN;
}

size_t series_pairs(const struct series *series, bool *ratios, double *to)
{
	const struct trial *trial = series->trials->trial;
	size_t i, nr = 0;

	for (i = 0; i < series->trials->nr; i++) {
		double a = series->value[i], b;

		if (trial[i].in_b)
			continue;
		b = partner(series, trial[i].number);
		if (!isfinite(a) || !isfinite(b))
			continue;
		if (*ratios && (a > 0) != (b > 0)) {
			*ratios = false;
			return series_pairs(series, ratios, to);
		}
		to[nr++] = !*ratios ? b - a : a > 0 ? log(b / a) : 0;
	}
	return nr;
}
