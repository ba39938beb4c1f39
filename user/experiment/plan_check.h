/* SPDX-License-Identifier: GPL-2.0-only */
/* What no schema can say about an experiment file. */
#ifndef SITU_EXPERIMENT_PLAN_CHECK_H
#define SITU_EXPERIMENT_PLAN_CHECK_H

#include "user/experiment/plan.h"

/*
 * Checks the parsed @plan and fills its derived members. 0, or -1 with @err set to the first
 * thing that is wrong and its place in the file.
 */
int plan_check(struct plan *plan, const struct plan_machine *machine, struct err *err);

#endif
