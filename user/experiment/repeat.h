/* SPDX-License-Identifier: GPL-2.0-only */
/* When the runs of `situ run --every` start. Pure. */
#ifndef SITU_EXPERIMENT_REPEAT_H
#define SITU_EXPERIMENT_REPEAT_H

#include <stdbool.h>

#include "user/base/types.h"

struct repeat {
	u64 every_ns;
	u64 for_ns; /* starts at or behind this are none */
	bool skip;  /* a start that comes during a run is left out, else it waits for its end */
};

struct repeat_start {
	u64 at_ns;    /* since the first start; at or before now: at once */
	u64 left_out; /* starts that came and went meanwhile */
};

/*
 * The start behind number *@number (from 0), whose run has ended at @now_ns since the first start.
 * Of starts that wait only the last one is made up for. False when there is none.
 */
bool repeat_next(const struct repeat *repeat, u64 now_ns, u64 *number, struct repeat_start *start);

#endif
