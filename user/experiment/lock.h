/* SPDX-License-Identifier: GPL-2.0-only */
/* One run at a time: two would measure each other. */
#ifndef SITU_EXPERIMENT_LOCK_H
#define SITU_EXPERIMENT_LOCK_H

#include <stdbool.h>

#include "user/base/err.h"

/*
 * Takes the lock file @path, made when it is not there; the process's end gives it back. While
 * another has it, waits, when @wait, or does not; either is said on stderr. Returns a descriptor
 * to close, -2 when it was not waited for, -1 with @err set (a signal asked to stop, the file
 * cannot be made).
 */
int lock_take(const char *path, bool wait, struct err *err);

#define LOCK_TAKEN (-2)

#endif
