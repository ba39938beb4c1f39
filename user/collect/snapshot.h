/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's maps hold at one instant: cumulative, summed over the CPUs, still keyed by
 * slot. Differences of two are made in attribute/.
 */
#ifndef SITU_COLLECT_SNAPSHOT_H
#define SITU_COLLECT_SNAPSHOT_H

#include "bpf/contract.h"
#include "user/base/types.h"

struct program_cost {
	char name[32];
	u64 run_count; /* only while the cost was sampled */
	u64 run_ns;
};

struct snapshot {
	u64 mono_ns; /* stamped after the values were read */
	u64 real_ns;
	u64 self_cpu_ns;
	u64 map_bytes;
	struct owner_info *owners; /* [nr_slots] */
	struct sched_row *sched;   /* [nr_slots], summed over CPUs, running slices included */
	u32 nr_slots;
	struct disk_row *disks; /* rows in use */
	u32 nr_disks;
	struct edge_row *edges; /* rows in use */
	u32 nr_edges;
	u64 losses[LOSS_NR];
	struct program_cost programs[16];
	u32 nr_programs;
};

void snapshot_free(struct snapshot *s);

/* Name of a reason of loss in summaries: "owner_full". */
const char *loss_name(enum loss reason);

#endif
