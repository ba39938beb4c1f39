/* SPDX-License-Identifier: GPL-2.0-only */
/* A running load in one line. Pure. */
#ifndef SITU_SHOW_LOADLINE_H
#define SITU_SHOW_LOADLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "user/base/types.h"

#define LOADLINE_RATES 20
#define LOADLINE_TEXT  256

/* How the load stands, and the rates of good answers of the last so many looks at it. */
struct loadline {
	const char *what; /* "load" */
	u64 elapsed_ns;
	u64 planned_ns; /* 0: no end is known */
	u64 in_flight;
	u64 backlog;
	u64 failed;
	u64 p50_ns; /* of the answers since the last look; HIST_UNKNOWN: none */
	u64 p99_ns;
	double rates[LOADLINE_RATES]; /* oldest first */
	size_t nr_rates;
};

/* Adds the rate of the time since the last look; the oldest goes when there is no room. */
void loadline_add_rate(struct loadline *line, double rate);

/*
 * Writes "load 12s of 30s  498/s  12 in flight  p50 1.20ms  p99 4.50ms  0 failed" into @text, with
 * a backlog when there is one and, with @spark, the rates as small bars behind it. Returns @text.
 */
const char *loadline_format(const struct loadline *line, bool spark, char text[LOADLINE_TEXT]);

#endif
