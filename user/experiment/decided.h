/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an experiment has said what it was asked. Pure. */
#ifndef SITU_EXPERIMENT_DECIDED_H
#define SITU_EXPERIMENT_DECIDED_H

#include "user/base/opts.h"
#include "user/experiment/plan.h"
#include "user/model/run.h"

/*
 * *@open: how many questions are open still, in every load phase: the verdicts on p50 and p99 of
 * the latency of all requests, of each placement against the plan's first, judged in the family of
 * all figures as they are printed; and the conditions @checks that neither hold nor fail for
 * certain. A/A copies are not asked about. Verdicts that are looked at after every block are wrong
 * more often than those of a number of blocks set before: about as often as there are looks that
 * could have decided. 0, or -1 with @err set.
 */
int decided_count_open(const struct plan *plan, const struct run *run,
		       const struct opt_list *checks, unsigned int *open, struct err *err);

#endif
