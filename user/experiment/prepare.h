/* SPDX-License-Identifier: GPL-2.0-only */
/* The command that runs once, before the first trial. */
#ifndef SITU_EXPERIMENT_PREPARE_H
#define SITU_EXPERIMENT_PREPARE_H

#include "user/experiment/deploy.h"

/*
 * Makes the prepare directory and runs the plan's prepare command, if there is one, with its
 * output to a log in d->log_dir. @d has no services yet. 0, or -1 with @err set.
 */
int prepare_run(struct deploy *d, struct err *err);

#endif
