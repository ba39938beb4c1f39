/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's own files say of the cgroups that a snapshot found: memory, page faults, quota
 * and stalls. Read beside the maps at both ends of a phase.
 */
#ifndef SITU_ATTRIBUTE_USAGE_H
#define SITU_ATTRIBUTE_USAGE_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"

struct usage {
	char *path; /* in its hierarchy */
	struct cgroup_cpu cpu;
	struct cgroup_memory memory;
	struct cgroup_pressure pressure;
};

struct usages {
	struct usage *item;
	size_t nr;
	u64 steal_ns; /* of the whole VM */
};

/*
 * Reads the files of every cgroup of @s that is there, the root left out, and of the @nr_more paths
 * at @more, into the empty @usages. 0 or -ENOMEM.
 */
int usages_take(struct usages *usages, const struct cgroupfs *fs, const struct snapshot *s,
		const char *const *more, size_t nr_more);
void usages_free(struct usages *usages);

/*
 * Adds the difference of two to the services of @phase that the cgroups are by @names, and the
 * VM's steal to the phase. A cgroup below another one of the same service is covered by that.
 */
void usages_add(struct phase *phase, const struct usages *before, const struct usages *after,
		struct names *names);

#endif
