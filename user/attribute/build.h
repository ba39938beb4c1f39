/* SPDX-License-Identifier: GPL-2.0-only */
/* Two snapshots into a phase: differences, by name of service instead of by slot. */
#ifndef SITU_ATTRIBUTE_BUILD_H
#define SITU_ATTRIBUTE_BUILD_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"

/*
 * Adds what happened between @before and @after to @phase: services with their disks, edges,
 * losses, situ's own cost, times. Slots of one service add up. 0 or -ENOMEM.
 */
int build_phase(struct phase *phase, const struct snapshot *before, const struct snapshot *after,
		struct names *names);

#endif
