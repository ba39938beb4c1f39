/* SPDX-License-Identifier: GPL-2.0-only */
/* One phase of load on a deployed placement, by `situ load` in the client's place. */
#ifndef SITU_EXPERIMENT_LOADPHASE_H
#define SITU_EXPERIMENT_LOADPHASE_H

#include "user/experiment/deploy.h"

/* Makes the cgroup that the load generator runs in. 0, or -1 with @err set. */
int loadphase_make_cgroup(const struct deploy *d, struct err *err);

/* Tells @m that cgroup by name. 0, or -1 with @err set. */
int loadphase_name(const struct deploy *d, struct measure *m, struct err *err);

/*
 * Drives the load of @load for @duration_ns while it watches the services. 0, or -1 with @err set.
 * The generator's results are then in the scratch directory, for loadphase_collect().
 */
int loadphase_run(struct deploy *d, const struct plan_phase *load, u64 duration_ns,
		  struct err *err);

/* Adds the endpoints that the last loadphase_run() found to @phase, which has none. */
int loadphase_collect(const struct deploy *d, struct phase *phase, struct err *err);

/* Kills the load generator if it still runs and removes its cgroup. */
void loadphase_remove_cgroup(const struct deploy *d);

#endif
