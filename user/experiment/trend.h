/* SPDX-License-Identifier: GPL-2.0-only */
/* One figure of one placement over the runs of an experiment. Pure: no I/O. */
#ifndef SITU_EXPERIMENT_TREND_H
#define SITU_EXPERIMENT_TREND_H

#include "user/experiment/infer_trend.h"
#include "user/experiment/kpi.h"

struct trend_point {
	u64 run_id, started_at_ns;
	double value; /* median over the run's trials */
	unsigned int trials;
};

struct trend_series {
	char *placement;
	const struct kpi *kpi;
	struct trend_point *point; /* in the order of the runs added */
	size_t nr;
	struct trend_change *change; /* filled by trend_finish() */
	size_t nr_changes;
};

struct trend {
	struct trend_series *series; /* by placement, then figure */
	size_t nr;
};

/*
 * Adds the values that @run has of @kpis, for each of its placements or only for @placement (NULL:
 * all). Runs are added in the order of their start. @kpis must outlive @trend. 0, -ENOMEM, or
 * -EINVAL for histograms of two resolutions; the caller frees with trend_free() in any case.
 */
int trend_add(struct trend *trend, const struct run *run, const struct kpi_list *kpis,
	      const char *placement);

/* Finds where each series changes its level. 0 or -ENOMEM. */
int trend_finish(struct trend *trend, u64 seed);
void trend_free(struct trend *trend);

#endif
