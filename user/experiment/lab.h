/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a run's services live: namespaces, the cgroup above theirs, a scratch directory, a guard.
 */
#ifndef SITU_EXPERIMENT_LAB_H
#define SITU_EXPERIMENT_LAB_H

#include "user/experiment/guard.h"
#include "user/experiment/instance.h"
#include "user/experiment/net.h"

struct lab {
	struct cgroupfs *fs;
	char name[INSTANCE_NAME_MAX];
	char scratch[INSTANCE_NAME_MAX + 8];
	struct net net;
	struct guard guard;
};

/* Clears away what dead runs left, then sets all up. 0, or -1 with @err set and @lab closed. */
int lab_open(struct lab *lab, const struct plan *plan, struct err *err);

/* Takes everything away; the services must have been stopped. */
void lab_close(struct lab *lab);

#endif
