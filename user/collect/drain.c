// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/collect/drain.h"

#define READ_TRIES 100

/* One above the highest slot in use. Numbers are handed out in order, so the rest is empty. */
static u32 slots_in_use(const struct owner_info *owners)
{
	u32 nr = SLOTS_MAX;

	while (nr > SLOT_FIRST && !owners[nr - 1].key)
		nr--;
	return nr;
}

static void add_row(struct sched_row *to, const struct sched_row *from)
{
	unsigned int i;

	to->cpu_ns += from->cpu_ns;
	to->switches += from->switches;
	to->wait_sum_ns += from->wait_sum_ns;
	to->slice_sum_ns += from->slice_sum_ns;
	for (i = 0; i < HIST_KERNEL_NR; i++) {
		to->wait[i] += from->wait[i];
		to->slice[i] += from->slice[i];
	}
}

/* How long the task that @cpu describes has been running by now. */
static u64 running_ns(const struct cpu_state *cpu)
{
	u64 now_ns = clock_mono_ns() - cpu->clock_off_ns;

	return now_ns > cpu->since_ns ? now_ns - cpu->since_ns : 0;
}

static u32 load_acquire(const u32 *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/*
 * Adds the row of the slot that runs on @cpu_nr together with the slice that has not ended, both
 * from between two switches: else a slice could be missed or counted twice. Returns the slot, or
 * SLOT_IDLE when nothing was added.
 */
static u32 add_running(const struct mapped_rows *rows, unsigned int cpu_nr, struct snapshot *s)
{
	const struct cpu_state *live = &rows->cpu[cpu_nr];
	const struct sched_row *base = &rows->sched[(size_t)cpu_nr * SLOTS_MAX];
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		u32 seq = load_acquire(&live->seq);
		struct cpu_state state;
		struct sched_row row;
		u64 ran_ns;

		if (seq & 1)
			continue;
		state = *(const volatile struct cpu_state *)live;
		if (!seq || state.slot >= s->nr_slots)
			return SLOT_IDLE;
		memcpy(&row, &base[state.slot], sizeof(row));
		ran_ns = running_ns(&state);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (load_acquire(&live->seq) != seq)
			continue;
		row.cpu_ns += ran_ns;
		add_row(&s->sched[state.slot], &row);
		return state.slot;
	}
	/* A CPU that switches all the time has no long slice to miss. */
	return SLOT_IDLE;
}

static int drain_sched(const struct mapped_rows *rows, struct snapshot *s)
{
	unsigned int cpu;
	u32 slot;

	s->sched = calloc(s->nr_slots, sizeof(*s->sched));
	if (!s->sched)
		return -ENOMEM;
	for (cpu = 0; rows->sched && cpu < rows->cpus; cpu++) {
		u32 done = add_running(rows, cpu, s);

		for (slot = 0; slot < s->nr_slots; slot++) {
			if (slot != done)
				add_row(&s->sched[slot],
					&rows->sched[(size_t)cpu * SLOTS_MAX + slot]);
		}
	}
	return 0;
}

static int drain_disks(const struct disk_row *rows, struct snapshot *s)
{
	u32 i;

	s->disks = calloc(DISK_ROWS_MAX, sizeof(*s->disks));
	if (!s->disks)
		return -ENOMEM;
	for (i = 0; rows && i < DISK_ROWS_MAX; i++) {
		if (rows[i].key)
			s->disks[s->nr_disks++] = rows[i];
	}
	return 0;
}

static int drain_edges(const struct edge_row *rows, struct snapshot *s)
{
	u32 i, nr = 0;

	for (i = 0; rows && i < EDGE_ROWS_MAX; i++)
		nr += rows[i].key.port != 0;
	s->edges = calloc(nr + 1, sizeof(*s->edges));
	if (!s->edges)
		return -ENOMEM;
	for (i = 0; s->nr_edges < nr; i++) {
		if (rows[i].key.port)
			s->edges[s->nr_edges++] = rows[i];
	}
	return 0;
}

int drain_rows(const struct mapped_rows *rows, struct snapshot *s)
{
	s->nr_slots = rows->owners ? slots_in_use(rows->owners) : SLOT_FIRST;
	s->owners = calloc(s->nr_slots, sizeof(*s->owners));
	if (!s->owners)
		return -ENOMEM;
	if (rows->owners)
		memcpy(s->owners, rows->owners, s->nr_slots * sizeof(*s->owners));
	if (drain_sched(rows, s) || drain_disks(rows->disks, s) || drain_edges(rows->edges, s))
		return -ENOMEM;
	return 0;
}

void snapshot_free(struct snapshot *s)
{
	free(s->owners);
	free(s->sched);
	free(s->disks);
	free(s->edges);
	memset(s, 0, sizeof(*s));
}

const char *loss_name(enum loss reason)
{
	static const char *const names[] = {
		[LOSS_OWNER_FULL] = "owner_full",
		[LOSS_OWNER_RACE] = "owner_race",
		[LOSS_SCHED_START] = "sched_start",
		[LOSS_SCHED_CLOCK] = "sched_clock",
		[LOSS_SCHED_NO_STAMP] = "sched_no_stamp",
		[LOSS_DISK_FULL] = "disk_full",
		[LOSS_DISK_NO_STAMP] = "disk_no_stamp",
		[LOSS_DISK_CLOCK] = "disk_clock",
		[LOSS_EDGE_FULL] = "edge_full",
		[LOSS_CONN_AT_START] = "conn_open_at_start",
		[LOSS_CONN_NO_STORAGE] = "conn_no_storage",
		[LOSS_JOIN_FULL] = "join_full",
		[LOSS_TCP_CLOCK] = "tcp_clock",
		[LOSS_SCHED_UNTRACED] = "sched_untraced",
	};

	_Static_assert(ARRAY_SIZE(names) == LOSS_NR, "every reason has a name");
	return names[reason];
}
