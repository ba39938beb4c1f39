/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the mapped maps: memory only, no system call but for the losses. */
#ifndef SITU_COLLECT_DRAIN_H
#define SITU_COLLECT_DRAIN_H

#include "user/collect/snapshot.h"

/* The rows as the kernel writes them; NULL where the object is not loaded. */
struct mapped_rows {
	unsigned int cpus;	   /* possible */
	struct owner_info *owners; /* [SLOTS_MAX] */
	struct sched_row *sched;   /* [cpus * SLOTS_MAX] */
	struct cpu_state *cpu;	   /* [cpus] */
	struct disk_row *disks;	   /* [cpus * DISK_ROWS_MAX] */
	struct edge_row *edges;	   /* [EDGE_ROWS_MAX] */
	struct wait_row *waits;	   /* [WAIT_ROWS_MAX] */
	struct sum_row *sums;	   /* [SUM_ROWS_MAX] */
	u64 *owner_cache;	   /* [1 << DENSE_CACHE_BITS] */
	u64 *disk_cache;	   /* [1 << DENSE_CACHE_BITS] */
	u64 *wait_cache;	   /* [1 << DENSE_CACHE_BITS] */
	u64 *sum_cache;		   /* [1 << DENSE_CACHE_BITS] */
};

/* One above the highest slot in use. */
u32 drain_slots(const struct owner_info *owners);

/* The row of @slot summed over the CPUs, without what runs there now. */
void drain_sum_slot(const struct mapped_rows *rows, u32 slot, struct sched_row *sum);

/* Key of disk row @number, 0 when it is free; and its sums over the CPUs into the zeroed @sum. */
u64 drain_disk_key(const struct mapped_rows *rows, u32 number);
void drain_sum_disk(const struct mapped_rows *rows, u32 number, struct disk_row *sum);

/* The offender of a wait row's key, as snapshots number them. */
u32 drain_offender(u64 key);

/*
 * Fills owners, sched, disks, edges and sums of the empty @s: what is in the maps, with owners
 * numbered as their slots. 0 or -ENOMEM.
 */
int drain_rows(const struct mapped_rows *rows, struct snapshot *s);

#endif
