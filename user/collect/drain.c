// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/collect/drain.h"
#include "user/collect/sums.h"

#define READ_TRIES 100

u32 drain_slots(const struct owner_info *owners)
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
	to->voluntary += from->voluntary;
	to->involuntary += from->involuntary;
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
		if (!seq || state.slot >= s->nr_owners)
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

void drain_sum_slot(const struct mapped_rows *rows, u32 slot, struct sched_row *sum)
{
	unsigned int cpu;

	for (cpu = 0; cpu < rows->cpus; cpu++)
		add_row(sum, &rows->sched[(size_t)cpu * SLOTS_MAX + slot]);
}

static void drain_sched(const struct mapped_rows *rows, struct snapshot *s)
{
	unsigned int cpu;
	u32 slot;

	for (cpu = 0; rows->sched && cpu < rows->cpus; cpu++) {
		u32 done = add_running(rows, cpu, s);

		for (slot = 0; slot < s->nr_owners; slot++) {
			if (slot != done)
				add_row(&s->sched[slot],
					&rows->sched[(size_t)cpu * SLOTS_MAX + slot]);
		}
	}
}

static int drain_owners(const struct mapped_rows *rows, struct snapshot *s)
{
	if (snapshot_set_owners(s, rows->owners ? drain_slots(rows->owners) : SLOT_FIRST))
		return -ENOMEM;
	if (rows->owners)
		memcpy(s->owners, rows->owners, s->nr_owners * sizeof(*s->owners));
	return 0;
}

static void add_disk(struct disk_row *to, const struct disk_row *from)
{
	unsigned int i;

	to->count += from->count;
	to->bytes += from->bytes;
	to->errors += from->errors;
	to->queue_sum_ns += from->queue_sum_ns;
	to->device_sum_ns += from->device_sum_ns;
	for (i = 0; i < HIST_KERNEL_NR; i++) {
		to->queue[i] += from->queue[i];
		to->device[i] += from->device[i];
	}
}

/* Only CPUs that completed such a request have its key. */
u64 drain_disk_key(const struct mapped_rows *rows, u32 number)
{
	unsigned int cpu;
	u64 key = 0;

	for (cpu = 0; !key && cpu < rows->cpus; cpu++)
		key = rows->disks[(size_t)cpu * DISK_ROWS_MAX + number].key;
	return key;
}

void drain_sum_disk(const struct mapped_rows *rows, u32 number, struct disk_row *sum)
{
	unsigned int cpu;

	for (cpu = 0; cpu < rows->cpus; cpu++) {
		const struct disk_row *row = &rows->disks[(size_t)cpu * DISK_ROWS_MAX + number];

		if (row->key)
			add_disk(sum, row);
	}
}

static int drain_disks(const struct mapped_rows *rows, struct snapshot *s)
{
	u32 i;

	for (i = 0; rows->disks && i < DISK_ROWS_MAX; i++) {
		struct disk_row sum = { 0 };
		u64 key = drain_disk_key(rows, i);

		if (!key)
			continue;
		drain_sum_disk(rows, i, &sum);
		if (snapshot_add_disk(s, DISK_KEY_SLOT(key), DISK_KEY_OP(key), DISK_KEY_DEV(key),
				      &sum))
			return -ENOMEM;
	}
	return 0;
}

static int drain_edges(const struct edge_row *rows, struct snapshot *s)
{
	u32 i;

	for (i = 0; rows && i < EDGE_ROWS_MAX; i++) {
		const struct edge_key *key = &rows[i].key;

		if (!key->port)
			continue;
		if (snapshot_add_edge(s, key->client_slot, key->server_slot, &rows[i]))
			return -ENOMEM;
		s->edges[s->nr_edges - 1].number = i;
	}
	return 0;
}

u32 drain_offender(u64 key)
{
	switch (WAIT_KEY_OFFENDER(key)) {
	case SLOT_IDLE:
		return WAIT_BY_IDLE;
	case SLOT_EARLIER:
		return WAIT_BY_EARLIER;
	}
	return WAIT_KEY_OFFENDER(key);
}

static int drain_waits(const struct wait_row *rows, struct snapshot *s)
{
	u32 i;

	for (i = 0; rows && i < WAIT_ROWS_MAX; i++) {
		u64 key = rows[i].key;

		if (key && snapshot_add_wait(s, WAIT_KEY_VICTIM(key), drain_offender(key),
					     rows[i].wait_ns))
			return -ENOMEM;
	}
	return 0;
}

/* Before anything is appended that was taken back. */
static void count_used(struct snapshot *s)
{
	u32 slot;

	for (slot = SLOT_FIRST; slot < s->nr_owners; slot++)
		s->slots_used += s->owners[slot].key != 0;
	s->disks_used = s->nr_disks;
	s->edges_used = s->nr_edges;
	s->waits_used = s->nr_waits;
	s->sums_used = s->nr_sums;
}

int drain_rows(const struct mapped_rows *rows, struct snapshot *s)
{
	if (drain_owners(rows, s))
		return -ENOMEM;
	drain_sched(rows, s);
	if (drain_disks(rows, s) || drain_waits(rows->waits, s) || drain_edges(rows->edges, s) ||
	    sums_drain(rows, s))
		return -ENOMEM;
	count_used(s);
	return 0;
}
