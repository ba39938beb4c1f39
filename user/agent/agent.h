/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures for as long as it runs, and shows what it saw at /metrics. */
#ifndef SITU_AGENT_AGENT_H
#define SITU_AGENT_AGENT_H

#include <stdbool.h>

#include "user/agent/listen.h"
#include "user/base/err.h"
#include "user/base/types.h"

struct agent_config {
	struct listen_addr listen;
	u64 interval_ns; /* what /metrics shows is as old at most */
	bool no_spans;	 /* do not follow requests through services */
};

/*
 * Runs until a signal asks it to stop. Says on stderr where it listens once it answers. 0, or -1
 * with @err set.
 */
int agent_run(const struct agent_config *config, struct err *err);

#endif
