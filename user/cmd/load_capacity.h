/* SPDX-License-Identifier: GPL-2.0-only */
/* situ load --find-capacity. Internal to the load command's files. */
#ifndef SITU_CMD_LOAD_CAPACITY_H
#define SITU_CMD_LOAD_CAPACITY_H

#include "user/cmd/load_options.h"

/*
 * Searches the highest rate that meets job->slo, one phase of @run per step (named "met", "missed"
 * or, the last one of a search that was, "interrupted"; the step's number as its trial), and prints
 * each and the result. 0, or -1 with @err set: also when all rates were tried and none met it.
 */
int load_capacity_find(struct load_job *job, struct run *run, struct err *err);

#endif
