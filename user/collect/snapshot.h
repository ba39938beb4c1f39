/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's maps hold at one instant: cumulative, summed over the CPUs. Rows name their
 * owners by index into one list, which numbers the slots first and then those that were taken
 * back since: a number says nothing across two snapshots, owner_info does. Differences of two are
 * made in attribute/.
 */
#ifndef SITU_COLLECT_SNAPSHOT_H
#define SITU_COLLECT_SNAPSHOT_H

#include <stdbool.h>

#include "bpf/contract.h"
#include "user/base/types.h"

struct program_stat {
	char name[32];
	u64 run_count; /* only while the cost was sampled */
	u64 run_ns;
	u64 misses; /* events at which the kernel did not run it: it was interrupted by them */
};

struct disk_sample {
	u32 owner; /* index into owners */
	enum disk_op op;
	u32 dev;
	struct disk_row row;
};

struct edge_sample {
	u32 client, server; /* indexes into owners; one may be SLOT_REMOTE */
	u32 number;	    /* of its row in the kernel; UINT32_MAX: it was taken back */
	struct edge_row row;
};

/* Run-queue wait of one owner while another one ran. */
struct wait_sample {
	u32 victim, offender; /* indexes into owners; the offender may be one of the below */
	u64 wait_ns;
};

/* One end of the key of a row of sums; the owners of what is not known by them are SLOT_REMOTE. */
struct sum_end {
	u32 mark;	      /* the load's endpoint; 0: not of the load */
	u32 client, server;   /* indexes into owners; one may be SLOT_REMOTE */
	struct edge_key edge; /* its addresses, where the port is not 0 */
};

/* Sums over the calls of an edge that were made for one kind of request. */
struct sum_sample {
	struct sum_end whom_for, call;
	bool entry; /* they are those requests */
	struct sum_row row;
};

#define WAIT_BY_IDLE	UINT32_MAX	 /* nobody: the wake-up's own latency */
#define WAIT_BY_EARLIER (UINT32_MAX - 1) /* who ran before the slices that a CPU remembers */

/* A list of a snapshot has room for so many, which stays as the snapshot is used again. */
struct snapshot_room {
	u32 owners, sched, disks, edges, waits, sums;
};

struct snapshot {
	struct snapshot_room room;
	u64 mono_ns; /* stamped after the values were read */
	u64 real_ns;
	u64 self_cpu_ns;
	u64 map_bytes;
	struct owner_info *owners; /* [nr_owners]; those below SLOT_FIRST have no key */
	struct sched_row *sched;   /* [nr_owners], summed over CPUs, running slices included */
	u32 nr_owners;
	struct disk_sample *disks;
	u32 nr_disks;
	struct edge_sample *edges;
	u32 nr_edges;
	struct wait_sample *waits;
	u32 nr_waits;
	struct sum_sample *sums;
	u32 nr_sums;
	u32 slots_used; /* of SLOTS_MAX; the other maps' rows in use stand first in their lists */
	u32 disks_used, edges_used, waits_used, sums_used;
	u64 losses[LOSS_NR];
	struct program_stat programs[24];
	u32 nr_programs;
};

/* Each appends a copy; the owners of a disk or edge stand in @to already. 0 or -ENOMEM. */
int snapshot_add_owner(struct snapshot *to, const struct owner_info *info,
		       const struct sched_row *row);
int snapshot_add_disk(struct snapshot *to, u32 owner, enum disk_op op, u32 dev,
		      const struct disk_row *row);
int snapshot_add_edge(struct snapshot *to, u32 client, u32 server, const struct edge_row *row);

int snapshot_add_wait(struct snapshot *to, u32 victim, u32 offender, u64 wait_ns);

int snapshot_add_sum(struct snapshot *to, const struct sum_sample *sum);

void snapshot_free(struct snapshot *s);

/*
 * Empties @s but keeps its memory for the next one: most of what a large snapshot costs is the
 * kernel's work to give fresh pages.
 */
void snapshot_reset(struct snapshot *s);

/* Makes @nr zeroed owners, whose sched rows are zero too. 0 or -ENOMEM. */
int snapshot_set_owners(struct snapshot *s, u32 nr);

/* Name of a reason of loss in summaries: "owner_full". */
const char *loss_name(enum loss reason);

#endif
