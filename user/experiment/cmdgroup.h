/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroup of a recorded command, so that it is a service of its own. Nothing in it is ever
 * killed: what the command leaves running is the user's. An empty one goes away.
 */
#ifndef SITU_EXPERIMENT_CMDGROUP_H
#define SITU_EXPERIMENT_CMDGROUP_H

#include "user/base/err.h"
#include "user/collect/cgroupfs.h"

#define CMDGROUP_PATH_MAX 64

/*
 * Makes the cgroup of this process's command and writes its path, after removing those that
 * earlier recordings could not. 0, or -1 with @err set.
 */
int cmdgroup_make(const struct cgroupfs *fs, char path[CMDGROUP_PATH_MAX], struct err *err);

/* Removes the cgroup @path where nothing runs in it any more. */
void cmdgroup_remove(const struct cgroupfs *fs, const char *path);

#endif
