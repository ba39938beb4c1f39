/* SPDX-License-Identifier: GPL-2.0-only */
/* The run that an experiment goes on with. */
#ifndef SITU_EXPERIMENT_RESUME_H
#define SITU_EXPERIMENT_RESUME_H

#include "user/experiment/plan.h"
#include "user/model/run.h"
#include "user/store/store.h"

/*
 * Loads the latest run of the name of @plan from @store, at @path, into the empty @run and makes it
 * unfinished again. Refused, with @err set: a run that is finished or still being made, and one
 * whose experiment or workload files were not those of @plan. run->trials becomes what @plan asks
 * for where that is more. 0 or -1.
 */
int resume_run(struct store *store, const char *path, const struct plan *plan, struct run *run,
	       struct err *err);

#endif
