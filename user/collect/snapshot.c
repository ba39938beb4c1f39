// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/collect/snapshot.h"

/* Makes room behind @nr elements; the room doubles at each power of two. */
static void *append(void *list, u32 nr, size_t size)
{
	void **at = list;
	void *grown;

	if ((nr & (nr - 1)) == 0) {
		grown = realloc(*at, (nr ? 2 * (size_t)nr : 1) * size);
		if (!grown)
			return NULL;
		*at = grown;
	}
	return (char *)*at + nr * size;
}

int snapshot_add_owner(struct snapshot *to, const struct owner_info *info,
		       const struct sched_row *row)
{
	struct owner_info *at = append(&to->owners, to->nr_owners, sizeof(*at));
	struct sched_row *sched = append(&to->sched, to->nr_owners, sizeof(*sched));

	if (!at || !sched)
		return -ENOMEM;
	*at = *info;
	*sched = *row;
	to->nr_owners++;
	return 0;
}

int snapshot_add_disk(struct snapshot *to, u32 owner, enum disk_op op, u32 dev,
		      const struct disk_row *row)
{
	struct disk_sample *at = append(&to->disks, to->nr_disks, sizeof(*at));

	if (!at)
		return -ENOMEM;
	at->owner = owner;
	at->op = op;
	at->dev = dev;
	at->row = *row;
	to->nr_disks++;
	return 0;
}

int snapshot_add_edge(struct snapshot *to, u32 client, u32 server, const struct edge_row *row)
{
	struct edge_sample *at = append(&to->edges, to->nr_edges, sizeof(*at));

	if (!at)
		return -ENOMEM;
	at->client = client;
	at->server = server;
	at->number = UINT32_MAX;
	at->row = *row;
	to->nr_edges++;
	return 0;
}

int snapshot_add_wait(struct snapshot *to, u32 victim, u32 offender, u64 wait_ns)
{
	struct wait_sample *at = append(&to->waits, to->nr_waits, sizeof(*at));

	if (!at)
		return -ENOMEM;
	*at = (struct wait_sample){ victim, offender, wait_ns };
	to->nr_waits++;
	return 0;
}

void snapshot_free(struct snapshot *s)
{
	free(s->owners);
	free(s->sched);
	free(s->disks);
	free(s->edges);
	free(s->waits);
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
	};

	_Static_assert(ARRAY_SIZE(names) == LOSS_NR, "every reason has a name");
	return names[reason];
}
