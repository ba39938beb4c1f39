/* SPDX-License-Identifier: GPL-2.0-only */
/* A condition on a run's placements that sets an exit code: 'p99(/cart) spread/packed < 1.1'. */
#ifndef SITU_EXPERIMENT_CHECK_H
#define SITU_EXPERIMENT_CHECK_H

#include "user/experiment/compare.h"

enum check_operator { CHECK_BELOW, CHECK_AT_MOST, CHECK_ABOVE, CHECK_AT_LEAST };

struct check {
	struct kpi kpi;
	char *b, *a; /* of the ratio b/a */
	enum check_operator relation;
	double limit;
	const char *text; /* as it was given: not owned */
};

/* Parses "KPI B/A < NUMBER" (also <=, >, >=) into the empty @check, which keeps @text. 0, or -1
 * with @err set and @check empty. */
int check_parse(const char *text, struct check *check, struct err *err);
void check_free(struct check *check);

enum check_result {
	CHECK_MET,     /* the whole 95 % interval of the ratio is on the right side */
	CHECK_NOT_MET, /* it is on the wrong side */
	CHECK_OPEN,    /* the limit lies within it, or the trials are too few for one */
};

/* What an interval of the ratio says of @check; NAN bounds leave it open. Pure. */
enum check_result check_judge(const struct check *check, double low, double high);

struct check_outcome {
	enum check_result result;
	double ratio, low, high; /* NAN when unknown */
	unsigned int pairs;
};

/*
 * Evaluates @check on @run. 0, or -1 with @err set: EXIT_USAGE when the run has no such placement
 * or figure.
 */
int check_run(const struct check *check, const struct run *run, u64 seed,
	      struct check_outcome *outcome, struct err *err);

#endif
