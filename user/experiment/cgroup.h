/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroups that situ makes: in the v2 hierarchy, and on hybrid hosts at the same path in the
 * v1 hierarchies that account for CPU, memory and disk, so that the kernel's own numbers exist.
 *
 * A path starts with '/' and is relative to the root of every hierarchy: "/situ.12.34/redis".
 */
#ifndef SITU_EXPERIMENT_CGROUP_H
#define SITU_EXPERIMENT_CGROUP_H

#include "user/base/err.h"
#include "user/collect/cgroupfs.h"

/* Makes the cgroup @path, whose parent exists. 0, or -1 with @err set (EXIT_ENVIRONMENT). */
int cgroup_make(const struct cgroupfs *fs, const char *path, struct err *err);

/* Moves this process into @path in all hierarchies. 0 or -errno. For a child before it execs. */
int cgroup_join(const struct cgroupfs *fs, const char *path);

/*
 * Kills all processes in @path and below, in any hierarchy, and removes the cgroups. 0 (also when
 * there are none), or -errno of the last failure (-EBUSY: a process that will not die).
 */
int cgroup_remove(const struct cgroupfs *fs, const char *path);

/*
 * How many processes of @path the kernel has killed for want of memory, from memory.events of the
 * v2 cgroup or memory.oom_control of the v1 one. 0; -ENOENT where neither is; *@kills is 0 then.
 */
int cgroup_oom_kills(const struct cgroupfs *fs, const char *path, u64 *kills);

#endif
