// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups: marks the slot of one that is removed, so that user space can take the slot back. A
 * rare event. This object is loaded first: the maps of owners and losses are its own, the others
 * are given them.
 */
#include "bpf/owner.bpf.h"

/* Which of our hierarchies @cgroup is in; OWNER_TREES for another one of v1. */
static __always_inline u32 tree_of(const struct cgroup *cgroup)
{
	const struct cgroup_root *root = cgroup->root;
	u64 mask = root->subsys_mask;

	if (root->hierarchy_id == 0)
		return OWNER_V2;
	if (mask & 1ULL << bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id))
		return OWNER_V1_CPU;
	if (mask & 1ULL << bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id))
		return OWNER_V1_BLKIO;
	return OWNER_TREES;
}

SEC("?tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_removed, struct cgroup *cgroup)
{
	u32 tree = tree_of(cgroup), *slot;
	struct owner_info *info;
	u64 key;

	if (tree == OWNER_TREES)
		return 0;
	key = owner_key(cgroup, tree);
	slot = bpf_map_lookup_elem(&shared_owner_numbers, &key);
	if (!slot)
		return 0;
	info = bpf_map_lookup_elem(&shared_owner_info, slot);
	if (info)
		info->removed_ns = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
