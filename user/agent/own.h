/* SPDX-License-Identifier: GPL-2.0-only */
/* What the agent tells of itself beside the metric table. */
#ifndef SITU_AGENT_OWN_H
#define SITU_AGENT_OWN_H

#include "user/agent/total.h"
#include "user/export/export.h"

#define OWN_NR 16

struct own_facts {
	const struct total *total;
	u64 started_at_ns;  /* CLOCK_REALTIME */
	u64 measured_at_ns; /* CLOCK_REALTIME of the last interval's end, or of the start */
	u64 interval_ns;
	u64 scrapes, other_requests;
	u64 written_ns;	    /* CPU time that the texts took so far */
	const char *kernel; /* uname -r */
};

/* Fills @own[OWN_NR], which points into @facts. */
void own_numbers(const struct own_facts *facts, struct openmetrics_number *own);

#endif
