/* SPDX-License-Identifier: GPL-2.0-only */
/* The load before the one that is measured. */
#ifndef SITU_EXPERIMENT_WARMUP_H
#define SITU_EXPERIMENT_WARMUP_H

#include "user/experiment/deploy.h"

/* What one window of load said. */
struct warmup_window {
	u64 p50_ns, p99_ns;
};

/* True when each quantile of the two differs by at most @within of the larger one. Pure. */
bool warmup_agree(const struct warmup_window *a, const struct warmup_window *b, double within);

/*
 * Drives the load of the plan's first phase for its warm-up time, or window by window until two
 * that follow one another agree, at most to the limit: then it says that they did not. 0, or -1
 * with @err set.
 */
int warmup_run(struct deploy *d, struct err *err);

#endif
