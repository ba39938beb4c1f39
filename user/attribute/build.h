/* SPDX-License-Identifier: GPL-2.0-only */
/* Two snapshots into a phase: differences, by name of service instead of by slot. */
#ifndef SITU_ATTRIBUTE_BUILD_H
#define SITU_ATTRIBUTE_BUILD_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"

/*
 * Adds what happened between @before and @after to @phase: services with their disks, edges,
 * losses, situ's own cost, times. Slots of one service add up. 0 or -ENOMEM.
 */
int build_phase(struct phase *phase, const struct snapshot *before, const struct snapshot *after,
		struct names *names);

/*
 * What owner @slot (an index) of @s is called; *@host, which may be NULL, is set to where it runs.
 * The texts hold until the next call.
 */
const char *build_owner_name(const struct snapshot *s, struct names *names, u32 slot,
			     const char **host);

/* The hierarchy of an owner's key (bpf/contract.h). */
enum cgroup_tree build_tree(u64 key);

/*
 * The network's part of an edge into the empty @network: mean response less mean server time, a
 * mean without buckets. Left empty when one side is missing, when the counts of the sides differ
 * by more than 1 % and one, or when the server sent so long that its end came after the client's
 * first byte.
 */
void build_network(struct hist *network, const struct hist *response, const struct hist *service);

#endif
