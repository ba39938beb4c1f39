/* SPDX-License-Identifier: GPL-2.0-only */
/* The one owner of the BPF programs and maps: open, snapshot, close. */
#ifndef SITU_COLLECT_COLLECTOR_H
#define SITU_COLLECT_COLLECTOR_H

#include "user/base/err.h"
#include "user/collect/features.h"
#include "user/collect/snapshot.h"

struct collector;

/*
 * Loads and attaches what @features allows. @by_v1_cpu: charge what is in the v2 root by the
 * v1 cpu cgroup of the task. *@out is NULL on failure with @err set. Everything goes with the
 * process.
 */
int collector_open(struct collector **out, const struct features *features, bool by_v1_cpu,
		   struct err *err);
void collector_close(struct collector *c); /* NULL is fine */

/*
 * Detaches all programs, or attaches them again: for a benchmark that compares with and without
 * in turns too short to load anew. What happens meanwhile is not counted. 0 or -errno.
 */
int collector_switch(struct collector *c, bool on);

/*
 * Reads all maps into the empty @s (zeroed or reset), which the caller frees. Takes back what
 * removed cgroups held and attaches what stands by when the losses call for it. 0 or -errno.
 */
int collector_snapshot(struct collector *c, struct snapshot *s);

/*
 * Drops the rows of cgroups that were taken back, which every snapshot carries so far: to be
 * called when the last snapshot is the one that counting starts from.
 */
void collector_forget(struct collector *c);

/*
 * Turns the kernel's accounting of BPF run time on or off for this process's lifetime at most
 * (BPF_ENABLE_STATS, 5.8). It costs two clock reads a run: for a sample, not for a whole run.
 * 0 or -errno.
 */
int collector_sample_cost(struct collector *c, bool on);

#endif
