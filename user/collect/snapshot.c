// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/collect/snapshot.h"

/* Makes room for @nr elements in @list, which has room for *@room: twice as many as it had. */
static int make_room(void *list, u32 *room, u32 nr, size_t size)
{
	void **at = list;
	u32 more = *room ? *room : 1;
	void *grown;

	if (nr <= *room)
		return 0;
	while (more < nr)
		more *= 2;
	grown = realloc(*at, more * size);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	*room = more;
	return 0;
}

static int make_owner_room(struct snapshot *s, u32 nr)
{
	return make_room(&s->owners, &s->room.owners, nr, sizeof(*s->owners)) ||
			       make_room(&s->sched, &s->room.sched, nr, sizeof(*s->sched))
		       ? -ENOMEM
		       : 0;
}

int snapshot_set_owners(struct snapshot *s, u32 nr)
{
	if (make_owner_room(s, nr))
		return -ENOMEM;
	memset(s->owners, 0, nr * sizeof(*s->owners));
	memset(s->sched, 0, nr * sizeof(*s->sched));
	s->nr_owners = nr;
	return 0;
}

int snapshot_add_owner(struct snapshot *to, const struct owner_info *info,
		       const struct sched_row *row)
{
	if (make_owner_room(to, to->nr_owners + 1))
		return -ENOMEM;
	to->owners[to->nr_owners] = *info;
	to->sched[to->nr_owners++] = *row;
	return 0;
}

int snapshot_add_disk(struct snapshot *to, u32 owner, enum disk_op op, u32 dev,
		      const struct disk_row *row)
{
	struct disk_sample *at;

	if (make_room(&to->disks, &to->room.disks, to->nr_disks + 1, sizeof(*at)))
		return -ENOMEM;
	at = &to->disks[to->nr_disks++];
	at->owner = owner;
	at->op = op;
	at->dev = dev;
	at->row = *row;
	return 0;
}

int snapshot_add_edge(struct snapshot *to, u32 client, u32 server, const struct edge_row *row)
{
	struct edge_sample *at;

	if (make_room(&to->edges, &to->room.edges, to->nr_edges + 1, sizeof(*at)))
		return -ENOMEM;
	at = &to->edges[to->nr_edges++];
	at->client = client;
	at->server = server;
	at->number = UINT32_MAX;
	at->row = *row;
	return 0;
}

int snapshot_add_wait(struct snapshot *to, u32 victim, u32 offender, u64 wait_ns)
{
	if (make_room(&to->waits, &to->room.waits, to->nr_waits + 1, sizeof(*to->waits)))
		return -ENOMEM;
	to->waits[to->nr_waits++] = (struct wait_sample){ victim, offender, wait_ns };
	return 0;
}

int snapshot_add_sum(struct snapshot *to, const struct sum_sample *sum)
{
	if (make_room(&to->sums, &to->room.sums, to->nr_sums + 1, sizeof(*to->sums)))
		return -ENOMEM;
	to->sums[to->nr_sums++] = *sum;
	return 0;
}

void snapshot_reset(struct snapshot *s)
{
	*s = (struct snapshot){
		.room = s->room,
		.owners = s->owners,
		.sched = s->sched,
		.disks = s->disks,
		.edges = s->edges,
		.waits = s->waits,
		.sums = s->sums,
	};
}

void snapshot_free(struct snapshot *s)
{
	free(s->owners);
	free(s->sched);
	free(s->disks);
	free(s->edges);
	free(s->waits);
	free(s->sums);
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
		[LOSS_LISTENER_FULL] = "listener_full",
		[LOSS_CONN_NO_STORAGE] = "conn_no_storage",
		[LOSS_JOIN_FULL] = "join_full",
		[LOSS_TCP_CLOCK] = "tcp_clock",
		[LOSS_SCHED_UNTRACED] = "sched_untraced",
		[LOSS_EDGE_STALE] = "edge_stale",
		[LOSS_WAIT_FULL] = "wait_full",
		[LOSS_CONN_NO_ROLE] = "conn_no_role",
		[LOSS_SPAN_FULL] = "span_full",
		[LOSS_SPAN_LINK] = "span_link",
		[LOSS_SPAN_THREAD] = "span_thread",
		[LOSS_SPAN_LONG] = "span_long",
		[LOSS_SPAN_RING] = "span_ring",
		[LOSS_SPAN_CLOCK] = "span_clock",
		[LOSS_SUM_FULL] = "sum_full",
		[LOSS_SUM_STALE] = "sum_stale",
		[LOSS_SUM_ORPHAN] = "sum_orphan",
	};

	_Static_assert(ARRAY_SIZE(names) == LOSS_NR, "every reason has a name");
	return names[reason];
}
