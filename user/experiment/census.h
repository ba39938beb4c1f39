/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of the services while they are under load, and whether one of them came to grief:
 * the main process is watched by deploy.c, its workers and children here.
 *
 * Grief is: a process that the kernel killed for want of memory; one that crashed or was killed;
 * one that was there from the beginning and was asked to end by a signal or failed; and a service
 * of which none of the processes from the beginning is left. Processes that come and go and end
 * well are the service's own affair.
 */
#ifndef SITU_EXPERIMENT_CENSUS_H
#define SITU_EXPERIMENT_CENSUS_H

#include <stdbool.h>

#include "user/collect/cgroupfs.h"
#include "user/experiment/exits.h"

#define CENSUS_TEXT 200

struct census_service {
	const char *name;
	const char *cgroup; /* with all below it */
};

struct census_member;

struct census {
	const struct cgroupfs *fs; /* NULL: not begun */
	struct census_service *service;
	u64 *oom_kills;	     /* [nr_services]: so many before it began */
	unsigned int *early; /* [nr_services]: processes that were there then */
	unsigned int nr_services;
	struct exits exits;
	struct census_member *member;
	size_t nr, room;
	unsigned int looks;
	u64 next_look_ns;
	char found[CENSUS_TEXT]; /* the first grief, as the reason why a trial does not count; "" */
};

/*
 * Takes down who is there. The texts of @service[@nr] must last until census_end(), which is due
 * in any case. 0 or -ENOMEM.
 */
int census_begin(struct census *census, const struct cgroupfs *fs,
		 const struct census_service *service, unsigned int nr);

/* Looks again when it is time (each second, or at once with @now); @step says when it is. */
void census_look(struct census *census, const char *step, bool now);

/* Ends it; census->found stays. A zeroed @census is fine. */
void census_end(struct census *census);

/*
 * Whether the end of a process with @status is grief, as census.h defines it; @early: it was there
 * from the beginning. Pure.
 */
bool census_is_grief(int status, bool early);

#endif
