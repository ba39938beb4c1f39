/* SPDX-License-Identifier: GPL-2.0-only */
/* An experiment from its plan to its sealed run. */
#ifndef SITU_EXPERIMENT_RUNNER_H
#define SITU_EXPERIMENT_RUNNER_H

#include "user/experiment/plan.h"
#include "user/model/run.h"

/*
 * Runs every trial of @plan and keeps it in the store at @store_path; service logs go to
 * "<store_path>.logs/<run id>/". Progress is shown on stderr. Fills the empty @run, which the
 * caller frees, with what was measured, also when it fails.
 *
 * Returns 0, or -1 with @err set: EXIT_ENVIRONMENT before anything was started, EXIT_FAILED when
 * the run was sealed as "failed" or "interrupted" (a signal asked to stop). In every case all
 * services are stopped and nothing but the store and the logs is left.
 */
int runner_run(const struct plan *plan, const struct plan_machine *machine, const char *store_path,
	       struct run *run, struct err *err);

/* Prints what runner_run() would do, where and for how long, to stdout. 0, or -1 with @err set. */
int runner_print_plan(const struct plan *plan, struct err *err);

#endif
