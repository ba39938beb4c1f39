/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU lists as the kernel writes them: "0", "0-3", "0,2-5". */
#ifndef SITU_EXPERIMENT_CPULIST_H
#define SITU_EXPERIMENT_CPULIST_H

#include <sched.h>

/* Parses @text into @set. 0, or -EINVAL for anything malformed, empty or at CPU_SETSIZE or above.
 */
int cpulist_parse(const char *text, cpu_set_t *set);

/* The CPUs that are online, from /sys; a machine that does not say has those of this process. */
void cpulist_online(cpu_set_t *set);

/* First CPU of @set that is not in @within, or -1. */
int cpulist_outside(const cpu_set_t *set, const cpu_set_t *within);

#endif
