/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run must tell about where it comes from, so that somebody else can judge or repeat it. */
#ifndef SITU_EXPERIMENT_ORIGIN_H
#define SITU_EXPERIMENT_ORIGIN_H

#include "user/experiment/plan.h"
#include "user/model/run.h"

/* Sets @run's kernel, CPUs, clock source and version of situ from this machine. 0 or -ENOMEM. */
int origin_machine(struct run *run);

/*
 * Sets @run's experiment file, the digests of it and of its workload files, seed and trials. 0, or
 * -1 with @err set.
 */
int origin_plan(struct run *run, const struct plan *plan, unsigned int trials, struct err *err);

#endif
