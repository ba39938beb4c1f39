/* SPDX-License-Identifier: GPL-2.0-only */
/* Stages of a load as the command line has them. Pure. */
#ifndef SITU_LOADGEN_STAGE_H
#define SITU_LOADGEN_STAGE_H

#include "loadgen/schedule.h"
#include "user/base/err.h"

#define STAGE_RATE_MAX	    1e7
#define STAGE_LENGTH_MAX_NS (365ULL * 86400 * NSEC_PER_SEC)

/* Parses "100:30s" (a rate for a time) or "0-500:1m" (from one to another). 0 or -1 with @err. */
int stage_parse(const char *text, struct schedule_stage *stage, struct err *err);

#endif
