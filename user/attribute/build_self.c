// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/attribute/build_parts.h"
#include "user/attribute/delta.h"
#include "user/collect/procfs.h"

static const struct program_stat *stat_before(const struct build *b, const char *name)
{
	static const struct program_stat none;
	u32 i;

	for (i = 0; i < b->before->nr_programs; i++) {
		if (strcmp(b->before->programs[i].name, name) == 0)
			return &b->before->programs[i];
	}
	return &none;
}

static int add_losses(const struct build *b)
{
	u32 i;

	for (i = 0; i < LOSS_NR; i++) {
		u64 lost = delta_u64(b->after->losses[i], b->before->losses[i]);

		if (lost && tally_add(&b->phase->losses, loss_name(i), lost))
			return -ENOMEM;
	}
	return 0;
}

/* The kernel does not run a program that an event has interrupted (since 5.12 it counts these). */
static int add_misses(const struct build *b, const struct program_stat *now)
{
	u64 missed = delta_u64(now->misses, stat_before(b, now->name)->misses);
	char label[64];

	if (!missed)
		return 0;
	snprintf(label, sizeof(label), "%s_interrupted", now->name);
	return tally_add(&b->phase->losses, label, missed);
}

static int add_programs(const struct build *b)
{
	u32 i;

	for (i = 0; i < b->after->nr_programs; i++) {
		const struct program_stat *now = &b->after->programs[i],
					  *was = stat_before(b, now->name);
		struct program *program = phase_add_program(b->phase, now->name);

		if (!program || add_misses(b, now))
			return -ENOMEM;
		program->run_count = delta_u64(now->run_count, was->run_count);
		program->run_ns = delta_u64(now->run_ns, was->run_ns);
	}
	return 0;
}

static int add_fill(struct tally *fill, const char *what, u32 used, u32 max)
{
	char label[32];

	snprintf(label, sizeof(label), "%s of %u", what, max);
	return tally_add(fill, label, used);
}

static int add_fills(const struct build *b)
{
	struct tally *fill = &b->phase->map_fill;

	if (add_fill(fill, "cgroups", b->after->slots_used, SLOTS_MAX - SLOT_FIRST) ||
	    add_fill(fill, "disks", b->after->disks_used, DISK_ROWS_MAX) ||
	    add_fill(fill, "edges", b->after->edges_used, EDGE_ROWS_MAX) ||
	    add_fill(fill, "sums", b->after->sums_used, SUM_ROWS_MAX))
		return -ENOMEM;
	return add_fill(fill, "waits", b->after->waits_used, WAIT_ROWS_MAX);
}

int build_self(const struct build *b)
{
	struct proc_memory memory;

	b->phase->self_cpu_ns += delta_u64(b->after->self_cpu_ns, b->before->self_cpu_ns);
	if (!procfs_memory("", getpid(), &memory))
		b->phase->self_rss_bytes = memory.rss_bytes;
	b->phase->self_map_bytes = b->after->map_bytes;
	return add_losses(b) || add_fills(b) || add_programs(b) ? -ENOMEM : 0;
}
