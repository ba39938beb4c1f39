// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "user/collect/recycle.h"
#include "user/collect/sums.h"

static void drop_from_cache(u64 *cache, u64 key)
{
	u64 *word = &cache[dense_line(key)];

	if (dense_hit(*word, key))
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

/* Takes the key out of the numbering first, so that the number is nobody's when it is given back.
 */
static int give_back(int numbers, int free_numbers, const void *key, u32 number)
{
	if (bpf_map_delete_elem(numbers, key))
		return -errno;
	if (bpf_map_update_elem(free_numbers, NULL, &number, BPF_ANY))
		return -errno;
	return 0;
}

static bool removed(const struct mapped_rows *rows, u32 slot, u64 now_ns)
{
	const struct owner_info *info;

	if (slot < SLOT_FIRST || slot >= SLOTS_MAX)
		return false;
	info = &rows->owners[slot];
	return info->key && info->removed_ns && now_ns > info->removed_ns &&
	       now_ns - info->removed_ns >= RECYCLE_AFTER_NS;
}

static bool same_owner(const struct owner_info *a, const struct owner_info *b)
{
	return a->key == b->key && a->born_ns == b->born_ns;
}

/* Index of the owner of @slot in what is kept, added when it is new; -ENOMEM. */
static int keep_owner(struct recycled *r, const struct mapped_rows *rows, u32 slot)
{
	static const struct owner_info nobody;
	static const struct sched_row nothing;
	const struct owner_info *info = &rows->owners[slot];
	u32 i;

	while (r->kept.nr_owners < SLOT_FIRST) {
		if (snapshot_add_owner(&r->kept, &nobody, &nothing))
			return -ENOMEM;
	}
	if (slot < SLOT_FIRST)
		return (int)slot;
	for (i = SLOT_FIRST; i < r->kept.nr_owners; i++) {
		if (same_owner(&r->kept.owners[i], info))
			return (int)i;
	}
	if (snapshot_add_owner(&r->kept, info, &nothing))
		return -ENOMEM;
	return (int)i;
}

static int take_disks(struct recycled *r, const struct mapped_rows *rows,
		      const struct number_maps *maps, u64 now_ns)
{
	u32 i;

	for (i = 0; rows->disks && i < DISK_ROWS_MAX; i++) {
		struct disk_row sum = { 0 };
		u64 key = drain_disk_key(rows, i);
		unsigned int cpu;
		int owner, err;

		if (!key || !removed(rows, DISK_KEY_SLOT(key), now_ns))
			continue;
		drain_sum_disk(rows, i, &sum);
		owner = keep_owner(r, rows, DISK_KEY_SLOT(key));
		if (owner < 0 || snapshot_add_disk(&r->kept, (u32)owner, DISK_KEY_OP(key),
						   DISK_KEY_DEV(key), &sum))
			return -ENOMEM;
		drop_from_cache(rows->disk_cache, key);
		for (cpu = 0; cpu < rows->cpus; cpu++)
			memset(&rows->disks[(size_t)cpu * DISK_ROWS_MAX + i], 0,
			       sizeof(*rows->disks));
		err = give_back(maps->disk_numbers, maps->disk_free, &key, i);
		if (err)
			return err;
		r->disks++;
	}
	return 0;
}

static int take_edges(struct recycled *r, const struct mapped_rows *rows,
		      const struct number_maps *maps, u64 now_ns)
{
	u32 i;

	for (i = 0; rows->edges && i < EDGE_ROWS_MAX; i++) {
		struct edge_row *row = &rows->edges[i];
		struct edge_key key = row->key;
		u64 generation = row->generation;
		int client, server, err;

		if (!key.port || !(removed(rows, key.client_slot, now_ns) ||
				   removed(rows, key.server_slot, now_ns)))
			continue;
		/* Those that are open still outlive the row: nobody will count them down. */
		row->open = 0;
		client = keep_owner(r, rows, key.client_slot);
		server = keep_owner(r, rows, key.server_slot);
		if (client < 0 || server < 0 ||
		    snapshot_add_edge(&r->kept, (u32)client, (u32)server, row))
			return -ENOMEM;
		memset(row, 0, sizeof(*row));
		/* Connections that outlive the row see that it is not theirs any more. */
		row->generation = generation + 1;
		err = give_back(maps->edge_numbers, maps->edge_free, &key, i);
		if (err)
			return err;
		r->edges++;
	}
	return 0;
}

static int take_waits(struct recycled *r, const struct mapped_rows *rows,
		      const struct number_maps *maps, u64 now_ns)
{
	u32 i;

	for (i = 0; rows->waits && i < WAIT_ROWS_MAX; i++) {
		struct wait_row *row = &rows->waits[i];
		u64 key = row->key;
		u32 offender = drain_offender(key);
		int victim, by = (int)offender, err;

		if (!key || !(removed(rows, WAIT_KEY_VICTIM(key), now_ns) ||
			      removed(rows, offender, now_ns)))
			continue;
		victim = keep_owner(r, rows, WAIT_KEY_VICTIM(key));
		if (offender < SLOTS_MAX)
			by = keep_owner(r, rows, offender);
		if (victim < 0 || (offender < SLOTS_MAX && by < 0) ||
		    snapshot_add_wait(&r->kept, (u32)victim, (u32)by, row->wait_ns))
			return -ENOMEM;
		drop_from_cache(rows->wait_cache, key);
		memset(row, 0, sizeof(*row));
		err = give_back(maps->wait_numbers, maps->wait_free, &key, i);
		if (err)
			return err;
	}
	return 0;
}

static bool end_removed(const struct mapped_rows *rows, const struct sum_end *end, u64 now_ns)
{
	return removed(rows, end->client, now_ns) || removed(rows, end->server, now_ns);
}

/* Keeps the owners of @end in the place of their slots. 0 or -ENOMEM. */
static int keep_end(struct recycled *r, const struct mapped_rows *rows, struct sum_end *end)
{
	int client = keep_owner(r, rows, end->client), server = keep_owner(r, rows, end->server);

	if (client < 0 || server < 0)
		return -ENOMEM;
	end->client = (u32)client;
	end->server = (u32)server;
	return 0;
}

/* Before the edges, by whose rows those of sums are read. */
static int take_sums(struct recycled *r, const struct mapped_rows *rows,
		     const struct number_maps *maps, u64 now_ns)
{
	struct sum_sample sample;
	u32 i;

	for (i = 0; rows->sums && i < SUM_ROWS_MAX; i++) {
		struct sum_row *row = &rows->sums[i];
		u64 key = row->key;
		bool known;
		int err;

		if (!key)
			continue;
		known = sums_read(rows, row, &sample);
		if (known && !end_removed(rows, &sample.whom_for, now_ns) &&
		    !end_removed(rows, &sample.call, now_ns))
			continue;
		if (known &&
		    (keep_end(r, rows, &sample.whom_for) || keep_end(r, rows, &sample.call) ||
		     snapshot_add_sum(&r->kept, &sample)))
			return -ENOMEM;
		if (!known)
			r->stale_calls += row->calls + row->flawed;
		drop_from_cache(rows->sum_cache, key);
		memset(row, 0, sizeof(*row));
		err = give_back(maps->sum_numbers, maps->sum_free, &key, i);
		if (err)
			return err;
	}
	return 0;
}

static int take_slot(struct recycled *r, const struct mapped_rows *rows,
		     const struct number_maps *maps, u32 slot)
{
	struct owner_info *info = &rows->owners[slot];
	int owner = keep_owner(r, rows, slot);
	u64 key = info->key;
	unsigned int cpu;

	if (owner < 0)
		return owner;
	drain_sum_slot(rows, slot, &r->kept.sched[owner]);
	for (cpu = 0; cpu < rows->cpus; cpu++)
		memset(&rows->sched[(size_t)cpu * SLOTS_MAX + slot], 0, sizeof(*rows->sched));
	drop_from_cache(rows->owner_cache, key);
	memset(info, 0, sizeof(*info));
	r->slots++;
	return give_back(maps->owner_numbers, maps->owner_free, &key, slot);
}

int recycle(struct recycled *r, const struct mapped_rows *rows, const struct number_maps *maps,
	    u64 now_ns)
{
	u32 slot, nr = drain_slots(rows->owners);
	int err;

	err = take_disks(r, rows, maps, now_ns);
	if (!err)
		err = take_sums(r, rows, maps, now_ns);
	if (!err)
		err = take_edges(r, rows, maps, now_ns);
	if (!err)
		err = take_waits(r, rows, maps, now_ns);
	for (slot = SLOT_FIRST; !err && slot < nr; slot++) {
		if (removed(rows, slot, now_ns))
			err = take_slot(r, rows, maps, slot);
	}
	return err;
}

/*
 * Adds the kept owner @index to @s, where its index is *@at. One that is kept for the sake of
 * another's rows (its peer's edge, who waited for it) lives on in its slot: an owner stands in a
 * snapshot once, or what it was before could be looked for in the wrong place.
 */
static int add_owner(const struct snapshot *kept, u32 index, struct snapshot *s, u32 nr_live,
		     u32 *at)
{
	u32 slot;

	for (slot = SLOT_FIRST; slot < nr_live; slot++) {
		if (same_owner(&s->owners[slot], &kept->owners[index])) {
			*at = slot;
			return 0;
		}
	}
	*at = s->nr_owners;
	return snapshot_add_owner(s, &kept->owners[index], &kept->sched[index]);
}

/* Adds the rows of @kept to @s, where its owner i is @at[i]. */
static int add_rows(const struct snapshot *kept, const u32 *at, struct snapshot *s)
{
	u32 i;

	for (i = 0; i < kept->nr_disks; i++) {
		const struct disk_sample *disk = &kept->disks[i];

		if (snapshot_add_disk(s, at[disk->owner], disk->op, disk->dev, &disk->row))
			return -ENOMEM;
	}
	for (i = 0; i < kept->nr_waits; i++) {
		const struct wait_sample *wait = &kept->waits[i];
		u32 offender =
			wait->offender < WAIT_BY_EARLIER ? at[wait->offender] : wait->offender;

		if (snapshot_add_wait(s, at[wait->victim], offender, wait->wait_ns))
			return -ENOMEM;
	}
	for (i = 0; i < kept->nr_edges; i++) {
		const struct edge_sample *edge = &kept->edges[i];

		if (snapshot_add_edge(s, at[edge->client], at[edge->server], &edge->row))
			return -ENOMEM;
	}
	return 0;
}

static int add_sums(const struct snapshot *kept, const u32 *at, struct snapshot *s)
{
	u32 i;

	for (i = 0; i < kept->nr_sums; i++) {
		struct sum_sample sum = kept->sums[i];

		sum.whom_for.client = at[sum.whom_for.client];
		sum.whom_for.server = at[sum.whom_for.server];
		sum.call.client = at[sum.call.client];
		sum.call.server = at[sum.call.server];
		if (snapshot_add_sum(s, &sum))
			return -ENOMEM;
	}
	return 0;
}

int recycle_add(const struct recycled *r, struct snapshot *s)
{
	const struct snapshot *kept = &r->kept;
	u32 nr_live = s->nr_owners, i, *at = calloc(kept->nr_owners + 1, sizeof(*at));
	int err = at ? 0 : -ENOMEM;

	for (i = 0; i < kept->nr_owners && !err; i++) {
		if (i < SLOT_FIRST)
			at[i] = i;
		else
			err = add_owner(kept, i, s, nr_live, &at[i]);
	}
	if (!err)
		err = add_rows(kept, at, s);
	if (!err)
		err = add_sums(kept, at, s);
	free(at);
	return err;
}

void recycle_forget(struct recycled *r)
{
	snapshot_free(&r->kept);
}
