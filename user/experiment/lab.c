// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "user/experiment/cgroup.h"
#include "user/experiment/lab.h"
#include "user/experiment/scratch.h"

static int find_cgroups(struct lab *lab, struct err *err)
{
	int failed = cgroupfs_open(&lab->fs, "");

	if (!failed && cgroupfs_mount(lab->fs, CGROUP_V2))
		return 0;
	return err_set(err, EXIT_ENVIRONMENT,
		       "no cgroup version 2 hierarchy is mounted (%s): mount -t cgroup2 none "
		       "/sys/fs/cgroup/unified",
		       failed ? strerror(-failed) : "only version 1");
}

static int set_up(struct lab *lab, const struct plan *plan, struct err *err)
{
	char cgroup[INSTANCE_NAME_MAX + 1];
	unsigned int dead;
	int failed;

	if (find_cgroups(lab, err))
		return -1;
	dead = instance_remove_dead(lab->fs);
	if (dead)
		fprintf(stderr, "situ: removed what %u killed run%s left\n", dead,
			dead == 1 ? "" : "s");
	failed = instance_self(lab->name);
	if (failed)
		return err_set(err, EXIT_ENVIRONMENT,
			       "cannot read /proc/self/stat: %s: mount /proc", strerror(-failed));
	if (guard_start(&lab->guard, lab->name, err))
		return -1;
	snprintf(lab->scratch, sizeof(lab->scratch), INSTANCE_SCRATCH "/%s", lab->name);
	failed = scratch_make(lab->scratch, 0711);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot make %s: %s: make room for it",
			       lab->scratch, strerror(-failed));
	snprintf(cgroup, sizeof(cgroup), "/%s", lab->name);
	if (cgroup_make(lab->fs, cgroup, err))
		return -1;
	return net_open(&lab->net, plan, err);
}

int lab_open(struct lab *lab, const struct plan *plan, struct err *err)
{
	*lab = (struct lab){ 0 };
	if (set_up(lab, plan, err) == 0)
		return 0;
	lab_close(lab);
	return -1;
}

void lab_close(struct lab *lab)
{
	int failed = 0;

	if (lab->guard.pid > 0)
		failed = instance_remove(lab->fs, lab->name);
	if (failed)
		warn("cannot remove all of %s: %s: the next run tries again", lab->name,
		     strerror(-failed));
	net_close(&lab->net);
	guard_stop(&lab->guard);
	cgroupfs_close(lab->fs);
	lab->fs = NULL;
}
