/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run is doing, on stderr: one line rewritten on a terminal, else one line per trial that
 * grows by each step: "[3/6] spread, trial 2 of 3: starting store, web, warming up, measuring".
 */
#ifndef SITU_EXPERIMENT_PROGRESS_H
#define SITU_EXPERIMENT_PROGRESS_H

#include <stdbool.h>

#include "user/base/types.h"

struct progress {
	bool terminal;
	bool open;	/* a line that no newline ended yet, not on a terminal */
	char head[200]; /* "[3/6] spread, trial 2 of 3: " */
	char step[200];
	u64 started_at_ns, total_ns; /* of a step that takes a known time; 0 otherwise */
	unsigned int shown_s;
};

void progress_init(struct progress *p);

/* What stands in front of every step from now on. */
void progress_head(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A step begins. @total_ns: how long it will take, 0 when nobody knows. */
void progress_step(struct progress *p, u64 total_ns, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* To be called now and then: shows how far the step is, on a terminal. */
void progress_tick(struct progress *p);

/* Takes the line away, or ends it, so that something else can be printed. */
void progress_clear(struct progress *p);

#endif
