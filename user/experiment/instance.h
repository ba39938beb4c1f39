/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running situ by name: "situ.<pid>.<start>", which no other process of this boot has. Cgroups
 * and the scratch directory carry it, so that whoever finds them knows whether their owner lives.
 */
#ifndef SITU_EXPERIMENT_INSTANCE_H
#define SITU_EXPERIMENT_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "user/collect/cgroupfs.h"

#define INSTANCE_NAME_MAX 64
#define INSTANCE_SCRATCH  "/tmp" /* parent of the scratch directories */

/* Writes this process's name. 0 or what reading /proc failed with. */
int instance_self(char name[INSTANCE_NAME_MAX]);

/* True when @name is one of ours, whoever's. */
bool instance_is_name(const char *name);

/* True when the process that @name, one of ours, calls is still running. */
bool instance_alive(const char *name);

/*
 * Kills every process in the cgroups of instance @name, removes these and its scratch directory.
 * 0, or the last errno that something could not be removed for, as a negative.
 */
int instance_remove(const struct cgroupfs *fs, const char *name);

/*
 * instance_remove() for every instance that is not alive. Returns how many were found; those
 * that could not be removed are warned about.
 */
unsigned int instance_remove_dead(const struct cgroupfs *fs);

#endif
