/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees of requests that go on at another host. Internal to join/. */
#ifndef SITU_JOIN_TREES_H
#define SITU_JOIN_TREES_H

#include "user/join/halves.h"

/*
 * Continues the calls of all profiles of @sources[@nr] that went to a joined server by the tree
 * which the server's host has of the requests that came from outside.
 *
 * Of a call, the network takes what it takes in the edge's mean, and the rest was at the server:
 * that is split as the server's time is in the mean over all its requests from outside. So each
 * call's time is the sum of its parts to the nanosecond. It is known in the mean only: the slowest
 * requests keep the call as it was (PLACE_TAIL), which the coverage tells as tail_not_joined. A
 * joined tree is complete where both are; the server's reasons come in as remote_REASON.
 *
 * 0 or -ENOMEM. @report counts the calls that were continued and those that were not.
 */
int trees_join(struct source *sources, size_t nr, double margin, const struct halves *halves,
	       struct join_report *report);

#endif
