/* SPDX-License-Identifier: GPL-2.0-only */
/* The load's end of the link to a measurement that it runs below: see experiment/loadlink.h. */
#ifndef SITU_CMD_LOAD_LINK_H
#define SITU_CMD_LOAD_LINK_H

#include "user/base/err.h"
#include "user/base/types.h"
#include "user/model/run.h"

struct load_link {
	u64 *marks;    /* mapped until the process ends; NULL: nobody asks */
	int result_fd; /* where the result goes; -1: to nobody */
};

/*
 * Takes up the link that the environment tells of: none, or one that another load has, is an empty
 * @link, the latter with a warning. Waits for up to two seconds until the result of the load before
 * has been taken. 0, or -1 with @err set.
 */
int load_link_open(struct load_link *link, struct err *err);

/* Leaves the result @run where the measurement finds it, and ends the link. 0, or -1 with @err. */
int load_link_report(struct load_link *link, const struct run *run, struct err *err);

#endif
