/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the difference between two placements was spent: per answered request, thing by thing. */
#ifndef SITU_EXPERIMENT_COMPARE_REASON_H
#define SITU_EXPERIMENT_COMPARE_REASON_H

#include "user/experiment/infer.h"
#include "user/model/metrics.h"

/*
 * Time that one thing by itself takes of an answered request: a service's CPU and run-queue wait,
 * a disk's queue and device, an edge's connects and its network. Not what contains the time of
 * others, such as an edge's response. Several requests at once may share a wall-clock moment, so
 * the times say where work grew, not how the latency adds up.
 */
struct reason {
	enum metric_entity entity;
	const struct metric *metric;
	char *subject;
	double a_ns, b_ns;	/* medians over the trials */
	struct inference found; /* of b - a in nanoseconds per answered request, paired by block */
};

struct reasons {
	struct reason *reason; /* the largest |found.estimate| first */
	size_t nr;
};

/*
 * Fills @reasons with the @most largest differences between placements @a and @b of @run whose
 * interval excludes 0 (with fewer than 3 pairs there is no interval, and no reason). None in a run
 * without a load. They are not adjusted for how many were looked at. 0, -ENOMEM or -EINVAL; the
 * caller frees with reasons_free() in any case.
 */
int reasons_find(const struct run *run, const char *a, const char *b, size_t most, u64 seed,
		 struct reasons *reasons);
void reasons_free(struct reasons *reasons);

#endif
