/* SPDX-License-Identifier: GPL-2.0-only */
/* One attempt at one trial: deployed, reset, warmed up, measured, drained, collected, stopped. */
#ifndef SITU_EXPERIMENT_TRIAL_H
#define SITU_EXPERIMENT_TRIAL_H

#include "user/experiment/deploy.h"

/*
 * Carries out @d, which says what is to be deployed and where its logs go, and adds one phase for
 * each of the plan's load phases to @run, marked with why they do not count if they do not. A
 * service that dies under load makes such a trial: *@died is then set, and @err to what happened.
 * 0, also for a trial that does not count; -1 with @err set and @run as it was. Nothing of the
 * trial runs afterwards.
 */
int trial_run(struct deploy *d, struct measure *m, struct run *run, bool *died, struct err *err);

#endif
