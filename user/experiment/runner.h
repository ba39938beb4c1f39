/* SPDX-License-Identifier: GPL-2.0-only */
/* An experiment from its plan to its sealed run. */
#ifndef SITU_EXPERIMENT_RUNNER_H
#define SITU_EXPERIMENT_RUNNER_H

#include "user/experiment/decided.h"
#include "user/experiment/plan.h"

struct runner_options {
	const char *store;
	bool resume; /* the latest run of the plan's name in the store goes on where it stopped */
	bool until_decided;	    /* add blocks until the verdicts are reached, or ... */
	unsigned int max_blocks;    /* ... there are so many, or ... */
	u64 budget_ns;		    /* ... the run took so long, stops included; 0: no limit */
	bool no_spans;		    /* do not follow requests through services */
	struct decided_asked asked; /* what the verdicts are about */
};

/*
 * Runs every trial of @plan and keeps it in the store; service logs go to
 * "<store>.logs/<run id>/". Progress is shown on stderr. Fills the empty @run, which the caller
 * frees, with what was measured, also when it fails.
 *
 * Returns 0, or -1 with @err set: EXIT_ENVIRONMENT or EXIT_USAGE before anything was started,
 * EXIT_FAILED when the run was sealed as "failed" or "interrupted" (a signal asked to stop). In
 * every case all services are stopped and nothing but the store and the logs is left.
 */
int runner_run(const struct plan *plan, const struct plan_machine *machine,
	       const struct runner_options *options, struct run *run, struct err *err);

/* Prints what runner_run() would do, where and for how long, to stdout. 0, or -1 with @err set. */
int runner_print_plan(const struct plan *plan, const struct runner_options *options,
		      struct err *err);

#endif
