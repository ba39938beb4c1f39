/* SPDX-License-Identifier: GPL-2.0-only */
/* The owners of a snapshot: cgroups by their slot, what they are called and which is which. */
#ifndef SITU_ATTRIBUTE_OWNER_H
#define SITU_ATTRIBUTE_OWNER_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"

/*
 * What owner @slot (an index) of @s is called; *@host, which may be NULL, is set to where it runs.
 * The texts hold until the next call.
 */
const char *owner_name(const struct snapshot *s, struct names *names, u32 slot, const char **host);

/* The hierarchy of an owner's key (bpf/contract.h). */
enum cgroup_tree owner_cgroup_tree(u64 key);

/* Where the owner @index of @after stands in @before, or -1. */
s64 owner_before(const struct snapshot *before, const struct snapshot *after, u32 index);

#endif
