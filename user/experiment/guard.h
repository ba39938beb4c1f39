/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small process that outlives situ by a moment: when situ dies without taking its leave, it
 * kills the services and removes the cgroups and the scratch directory.
 */
#ifndef SITU_EXPERIMENT_GUARD_H
#define SITU_EXPERIMENT_GUARD_H

#include <sys/types.h>

#include "user/base/err.h"

struct guard {
	pid_t pid;
	int pipe; /* open while situ lives */
};

/*
 * Starts the guard over instance @name. To be called before anything that it must not hold is
 * opened. 0, or -1 with @err set.
 */
int guard_start(struct guard *guard, const char *name, struct err *err);

/* Tells the guard that all is cleaned up, and waits for its end. A zeroed @guard is fine. */
void guard_stop(struct guard *guard);

#endif
