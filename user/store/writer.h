/* SPDX-License-Identifier: GPL-2.0-only */
/* Which process writes a run, so that others can tell whether it still does. */
#ifndef SITU_STORE_WRITER_H
#define SITU_STORE_WRITER_H

#include <stdbool.h>

#include "user/base/types.h"

struct writer {
	u64 pid;
	u64 start_ticks; /* since boot: field 22 of /proc/PID/stat, proc(5); with pid it is unique
			  */
	char boot[64];
	char machine[64];
};

/* This process. What cannot be read stays empty or zero. */
void writer_self(struct writer *writer);

/*
 * True when @writer is surely gone: its machine is this one (@self's), and it was rebooted, or has
 * no such process, or a zombie. A writer of another machine is never said to be gone.
 */
bool writer_gone(const struct writer *writer, const struct writer *self);

#endif
