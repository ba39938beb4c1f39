/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a measurement and a `situ load` that runs below it hand each other. Two open files go down
 * with the environment: the marks, by which the kernel's side knows which request is which
 * endpoint's, and one without a name for the result. A load holds a POSIX write lock on that one
 * for as long as it goes on, and leaves its result there (export_json()); who measures takes it
 * out. So loads can follow one another, and of two at once only one is linked.
 */
#ifndef SITU_EXPERIMENT_LOADLINK_H
#define SITU_EXPERIMENT_LOADLINK_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/model/run.h"

/* Variables with the numbers of the two files. */
#define LOADLINK_MARKS	"SITU_SPAN_MARKS" /* of spans_marks_fd() */
#define LOADLINK_RESULT "SITU_LOAD_RESULT"

struct loadlink {
	int marks_fd;  /* not its own; -1: requests are not followed */
	int result_fd; /* -1: not open */
};

/* Opens @link. @marks_fd, or -1, must stay open as long. 0, or -1 with @err set. */
int loadlink_open(struct loadlink *link, int marks_fd, struct err *err);
void loadlink_close(struct loadlink *link);

/* In a child between fork and exec: hands both files down. 0 or negative errno. */
int loadlink_pass(const struct loadlink *link);

/* Whether a load goes on. */
bool loadlink_running(const struct loadlink *link);

/* Whether the result of a load that has ended waits to be collected. */
bool loadlink_ready(const struct loadlink *link);

/*
 * Takes the result that is ready, if any: its endpoints go to @phase, which has none, and the
 * profiles and traces of @phase get their names. 0, or -1 with @err set.
 */
int loadlink_collect(const struct loadlink *link, struct phase *phase, struct err *err);

/* Moves the endpoints of the only phase of @run, a load's result, to @phase, which has none. */
int loadlink_move_endpoints(struct run *run, struct phase *phase, struct err *err);

#endif
