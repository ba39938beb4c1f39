/* SPDX-License-Identifier: GPL-2.0-only */
/* Option --check of the commands that have a run at hand. */
#ifndef SITU_CMD_CHECKS_H
#define SITU_CMD_CHECKS_H

#include "user/base/err.h"
#include "user/base/opts.h"
#include "user/model/run.h"

/* Finds mistakes in @checks before anything is started. 0, or -1 with @err set. */
int checks_parse(const struct opt_list *checks, struct err *err);

/*
 * Evaluates @checks on @run, and prints the outcome of each unless @quiet. EXIT_OK, or -1 with @err
 * set: EXIT_THRESHOLD when one of them is not shown to hold.
 */
int checks_run(const struct opt_list *checks, const struct run *run, bool quiet, struct err *err);

#endif
