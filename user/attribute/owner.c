// SPDX-License-Identifier: GPL-2.0-only
#include "user/attribute/owner.h"

enum cgroup_tree owner_cgroup_tree(u64 key)
{
	switch (key >> OWNER_TREE_SHIFT) {
	case OWNER_V1_CPU:
		return CGROUP_V1_CPU;
	case OWNER_V1_BLKIO:
		return CGROUP_V1_BLKIO;
	}
	return CGROUP_V2;
}

const char *owner_name(const struct snapshot *s, struct names *names, u32 slot, const char **host)
{
	const struct owner_info *info;
	const struct name *name;

	if (host)
		*host = "";
	if (slot == SLOT_UNOWNED)
		return "(unowned)";
	if (slot == SLOT_OVERFLOW || slot >= s->nr_owners)
		return "(overflow)";
	info = &s->owners[slot];
	name = names_of(names, owner_cgroup_tree(info->key), info->key & OWNER_ID_MASK, info->name);
	if (host)
		*host = name->host;
	return name->service;
}

static bool same_owner(const struct owner_info *a, const struct owner_info *b)
{
	return a->key == b->key && a->born_ns == b->born_ns;
}

s64 owner_before(const struct snapshot *before, const struct snapshot *after, u32 index)
{
	u32 i;

	if (index < SLOT_FIRST)
		return index;
	/* Mostly at the same place. */
	for (i = 0; i < before->nr_owners; i++) {
		u32 at = (index + i) % before->nr_owners;

		if (same_owner(&before->owners[at], &after->owners[index]))
			return at;
	}
	return -1;
}
