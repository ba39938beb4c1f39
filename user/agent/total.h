/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything since the start, in rows whose number and memory have a bound: intervals are pooled;
 * what is new beyond fold.h's limits shares the row "(other)"; a row that nothing was seen of for
 * TOTAL_KEEP_NS is dropped, and where services or edges had no room, after TOTAL_KEEP_FULL_NS. A
 * row that is there never goes back. One that comes back begins at 0, and nothing that was counted
 * moves from one row to another: rates stay right.
 */
#ifndef SITU_AGENT_TOTAL_H
#define SITU_AGENT_TOTAL_H

#include "user/agent/fold.h"
#include "user/model/run.h"

/* Three times as long as Prometheus looks back, so that no query sees both lives of a row. */
#define TOTAL_KEEP_NS	   (15 * 60 * NSEC_PER_SEC)
#define TOTAL_KEEP_FULL_NS (60 * NSEC_PER_SEC)

struct total {
	struct phase
		sum; /* of all intervals; without places of profiles, and gauges mean nothing */
	struct phase last; /* the last interval, with the names of sum: for gauges */
	u64 *service_seen_ns, *edge_seen_ns, *profile_seen_ns; /* of the rows of sum */
	u64 intervals;
	u64 dropped_services, dropped_edges, dropped_profiles;
	struct folded folded;
};

void total_free(struct total *total);

/*
 * Adds @interval, which is empty afterwards, to @total, and drops what was not seen for
 * that long before @now_ns (any clock that never goes back). 0, -ENOMEM or -EINVAL: @total
 * can then only be freed.
 */
int total_add(struct total *total, struct phase *interval, u64 now_ns);

#endif
