/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of new rows where there is no room for them, so that their number has a bound. */
#ifndef SITU_AGENT_FOLD_H
#define SITU_AGENT_FOLD_H

#include "user/model/run.h"

/* What rows beyond a limit are called: they share one, which counts like any other. */
#define FOLD_OTHER	   "(other)"

#define FOLD_SERVICES_MAX  256
#define FOLD_EDGES_MAX	   512
#define FOLD_ADDRESSES_MAX 64 /* edges to or from what is not measured here */
#define FOLD_DISKS_MAX	   16 /* device and operation, of one service */
#define FOLD_WAITS_MAX	   32 /* labels of one service's waited_for_ns */
#define FOLD_PROFILES_MAX  64
#define FOLD_PLACES_MAX	   64  /* of all profiles together */
#define FOLD_HOPS_MAX	   64  /* the same */
#define FOLD_NAME_BYTES	   256 /* of a name, the NUL included: a cgroup path is the longest */

/* What had no room so far. */
struct folded {
	u64 services, edges; /* rows that were renamed */
	u64 parts; /* of rows: disks, labels, endpoints of requests, their places and hops */
};

/*
 * Renames in @interval what would be a new row of @total when that has no room for it, and cuts
 * names that are too long; a profile whose places have no room loses them, as a part would not add
 * up. Rows of one name are for pool_add() to add up. Adds to @folded. 0 or -ENOMEM.
 */
int fold(struct phase *interval, const struct phase *total, struct folded *folded);

#endif
