/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays: the slot of the cgroup of a task, a socket or a request. The owner is in the object,
 * never in `current`.
 */
#ifndef SITU_BPF_OWNER_BPF_H
#define SITU_BPF_OWNER_BPF_H

#include "bpf/dense.bpf.h"
#include "bpf/fixes.bpf.h"

/* Set before loading: what is the v2 root's is charged by the task's v1 cpu cgroup. */
const volatile bool owner_by_v1_cpu;

DENSE_MAPS(shared_owner, SLOTS_MAX);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct owner_info);
} shared_owner_info SEC(".maps");

static __always_inline u64 owner_key(const struct cgroup *cgroup, enum owner_tree tree)
{
	return (cgroup->kn->id & OWNER_ID_MASK) | (u64)tree << OWNER_TREE_SHIFT;
}

static __always_inline bool owner_is_root(u64 key)
{
	return (key & OWNER_ID_MASK) == OWNER_ROOT;
}

/* The slow path of owner_slot(): @node is read for its name only when the slot is new. */
static __noinline u32 owner_find(u64 key, const struct kernfs_node *node)
{
	struct owner_info *info;
	bool born = false;
	u32 slot;

	slot = dense_take(&shared_owner_numbers, &shared_owner_free, key, LOSS_OWNER_FULL, &born);
	if (slot == DENSE_NONE)
		return SLOT_OVERFLOW;
	if (!born)
		return slot;
	info = bpf_map_lookup_elem(&shared_owner_info, &slot);
	if (!info)
		return SLOT_OVERFLOW;
	bpf_probe_read_kernel_str(info->name, sizeof(info->name), BPF_CORE_READ(node, name));
	info->born_ns = bpf_ktime_get_ns();
	info->key = key;
	/*
	 * A cgroup can be removed before its last task has left the CPU. Its node is deactivated
	 * then (kernfs_drain(), before cgroup_rmdir is traced), and nobody will mark it again.
	 */
	if (BPF_CORE_READ(node, active.counter) < 0)
		info->removed_ns = info->born_ns;
	return slot;
}

/* Slot of the owner @key, which @node names. */
static __always_inline u32 owner_slot(u64 key, const struct kernfs_node *node)
{
	u32 line = dense_line(key), slot;
	u64 *word = bpf_map_lookup_elem(&shared_owner_cache, &line);

	if (!word)
		return SLOT_OVERFLOW;
	if (dense_hit(*word, key))
		return dense_number(*word);
	slot = owner_find(key, node);
	if (slot >= SLOT_FIRST)
		*word = dense_word(key, slot);
	return slot;
}

/* Slot of a task that is not `current` only by accident: prev or next of a switch. */
static __always_inline u32 owner_of_task(const struct task_struct *task)
{
	const struct cgroup *cgroup = task->cgroups->dfl_cgrp, *v1;
	u64 key = owner_key(cgroup, OWNER_V2), v1_key;

	if (owner_by_v1_cpu && key == OWNER_ROOT) {
		/* NULL in an autogroup, which takes root's tasks only. */
		v1 = task->sched_task_group->css.cgroup;
		v1_key = v1 ? owner_key(v1, OWNER_V1_CPU) : key;
		if (!owner_is_root(v1_key))
			return owner_slot(v1_key, v1->kn);
	}
	return owner_slot(key, cgroup->kn);
}

/*
 * Slot of the cgroup v2 that made @sk: connect()'s, or listen()'s, whose children inherit it. The
 * root's where the process is in hierarchies of v1 only: sock_is_ownerless().
 */
static __always_inline u32 owner_of_sock(const struct sock *sk)
{
	const struct kernfs_node *node;
	u64 id = sock_cgroup(sk, &node);

	return owner_slot(id & OWNER_ID_MASK, node);
}

static __always_inline bool sock_is_ownerless(const struct sock *sk)
{
	const struct kernfs_node *node;

	return owner_by_v1_cpu && sock_cgroup(sk, &node) == OWNER_ROOT;
}

/* Key of who calls into the socket, by its v1 cpu cgroup. Not for softirqs: they are anybody's. */
static __always_inline u64 caller_key(const struct kernfs_node **node)
{
	u64 id = current_v1_cpu(node);

	if (id == OWNER_ROOT)
		return OWNER_ROOT;
	return (id & OWNER_ID_MASK) | (u64)OWNER_V1_CPU << OWNER_TREE_SHIFT;
}

/* Slot of @sk as owner_of_sock(), for the process that calls into it: its own where v2 has none. */
static __always_inline u32 owner_of_caller(const struct sock *sk)
{
	const struct kernfs_node *node;
	u64 key;

	if (!sock_is_ownerless(sk))
		return owner_of_sock(sk);
	key = caller_key(&node);
	return owner_slot(key, node);
}

#endif
