/* SPDX-License-Identifier: GPL-2.0-only */
/* What a load must reach, as "p99<50ms,errors<1%". Pure. */
#ifndef SITU_LOADGEN_GOAL_H
#define SITU_LOADGEN_GOAL_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/model/run.h"

#define GOALS_MAX 16
#define GOAL_TEXT 48

enum goal_subject { GOAL_QUANTILE, GOAL_MAX, GOAL_MEAN, GOAL_ERRORS, GOAL_ERROR_SHARE, GOAL_RATE };

struct goal {
	enum goal_subject subject;
	double quantile; /* of GOAL_QUANTILE, 0..1 */
	bool above;	 /* the value must be above the limit, not below */
	bool or_equal;
	double limit; /* ns, requests, a share or requests per second */
	char text[GOAL_TEXT];
};

struct goals {
	struct goal goal[GOALS_MAX];
	size_t nr;
};

/*
 * Adds the goals of @text: SUBJECT<LIMIT, with <, <=, > or >=, several after commas. SUBJECT is
 * p50, p99.9 and so on, max or mean (of the corrected latency of good answers; a duration),
 * errors (a count, or with % a share of the requests due) or rate (good answers per second). 0, or
 * -1 with @err set.
 */
int goals_parse(struct goals *goals, const char *text, struct err *err);

/*
 * Whether @endpoint reaches @goal. *@value is set to what it has in the goal's unit, NAN when
 * there is no answer to tell: that reaches nothing.
 */
bool goal_met(const struct goal *goal, const struct endpoint *endpoint, double *value);

/* Writes "p99 is 61.2ms, not <50ms" into @text. Returns @text. */
const char *goal_explain(const struct goal *goal, double value, char *text, size_t size);

/* The first of @goals that @endpoint does not reach, NULL when it reaches all. */
const struct goal *goals_first_missed(const struct goals *goals, const struct endpoint *endpoint,
				      double *value);

#endif
