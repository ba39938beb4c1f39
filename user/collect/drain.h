/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the mapped maps: memory only, no system call but for the losses. */
#ifndef SITU_COLLECT_DRAIN_H
#define SITU_COLLECT_DRAIN_H

#include "user/collect/snapshot.h"

/* The rows as the kernel writes them; NULL where the object is not loaded. */
struct mapped_rows {
	unsigned int cpus;		 /* possible */
	const struct owner_info *owners; /* [SLOTS_MAX] */
	const struct sched_row *sched;	 /* [cpus * SLOTS_MAX] */
	const struct cpu_state *cpu;	 /* [cpus] */
	const struct disk_row *disks;	 /* [DISK_ROWS_MAX] */
	const struct edge_row *edges;	 /* [EDGE_ROWS_MAX] */
};

/* Fills owners, sched, disks, edges of the zeroed @s. 0 or -ENOMEM. */
int drain_rows(const struct mapped_rows *rows, struct snapshot *s);

#endif
