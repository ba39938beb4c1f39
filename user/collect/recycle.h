/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes back the slots of removed cgroups, with the disk, edge, wait and sum rows that name them,
 * so that hosts where containers come and go never run out. What the rows held is kept aside, as
 * part of every later snapshot until recycle_forget().
 */
#ifndef SITU_COLLECT_RECYCLE_H
#define SITU_COLLECT_RECYCLE_H

#include "user/collect/drain.h"

/* File descriptors of the maps that give out numbers; -1 where the object is not loaded. */
struct number_maps {
	int owner_numbers, owner_free;
	int disk_numbers, disk_free;
	int edge_numbers, edge_free;
	int wait_numbers, wait_free;
	int sum_numbers, sum_free;
};

struct recycled {
	struct snapshot
		kept; /* rows taken back; its first SLOT_FIRST owners are the special ones */
	u64 slots, disks, edges; /* how many numbers were given back so far */
	u64 stale_calls; /* of edges that were taken back before: nobody can tell whose they are */
};

/*
 * Takes back each slot whose cgroup was removed at least RECYCLE_AFTER_NS before @now_ns (on
 * CLOCK_MONOTONIC): its last tasks have left the CPUs and its sockets are closed by then.
 * 0 or -errno; what was not taken back is tried again at the next call.
 */
#define RECYCLE_AFTER_NS (2 * NSEC_PER_SEC)
int recycle(struct recycled *recycled, const struct mapped_rows *rows,
	    const struct number_maps *maps, u64 now_ns);

/* Appends what was taken back to @s, as drain_rows() has filled it. 0 or -ENOMEM. */
int recycle_add(const struct recycled *recycled, struct snapshot *s);

/* Drops it: the snapshot that counting starts from has it. */
void recycle_forget(struct recycled *recycled);

#endif
