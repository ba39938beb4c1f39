/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings of several hosts, made at the same time, into one run: the two halves of an edge
 * between two of them become one edge, and the tree of a request goes on at the other host. Pure.
 *
 * An edge whose other end is not on its kernel is a half: its client's, with the response times, or
 * its server's, with the server times. Which belong together is never guessed: a kept trace of
 * either host with the same pair of initial sequence numbers proves it, through any NAT; without
 * one, the address that was dialled must be the server's own. In both cases the halves must have
 * seen the same number of responses, within a margin. Several services of one host may share a
 * server's half (there, they are one source address): then their responses must add up to it.
 *
 * Clocks of two hosts are never compared but to see that the recordings overlap. All else is
 * differences of durations: network = mean response - mean server time.
 */
#ifndef SITU_JOIN_JOIN_H
#define SITU_JOIN_JOIN_H

#include "user/base/buf.h"
#include "user/base/err.h"
#include "user/model/run.h"

#define JOIN_MARGIN 0.02 /* by how much the halves' numbers of responses may differ, and by one */

/* Why a half was left as it is. */
enum join_left {
	JOIN_NO_PARTNER, /* nothing leads to another half: its other end was not measured */
	JOIN_SEVERAL,	 /* more than one half comes into question */
	JOIN_DIFFER,	 /* the numbers of responses are not the same */
	JOIN_TOO_FAST,	 /* of several clients, one got answers faster than the network is */
	JOIN_LEFT_NR,
};

/* Why a call in a tree still ends at the other host although its edge was joined. */
enum join_stump {
	STUMP_NO_SPANS,	  /* the other host followed no such requests */
	STUMP_NO_NETWORK, /* the network's part of the call is not known, or longer than the call */
	STUMP_MIXED,	  /* the server answered others, too, whom no run has */
	STUMP_CYCLE,	  /* the call leads back to itself */
	STUMP_NR,
};

struct join_report {
	size_t by_isn, by_address; /* client halves that were joined */
	size_t shared;		   /* of those, ones that have a server's half in common */
	size_t clients_left[JOIN_LEFT_NR];
	size_t servers_left;
	size_t calls; /* places of trees that were continued */
	size_t stumps[STUMP_NR];
	struct buf notes; /* a line about each half that had a candidate and was left */
};

/*
 * Joins the @nr recordings @runs into the empty @out: one phase as long as the longest recording,
 * hosts and services of all. A recording has one placement and one phase name; intervals are added
 * up. @margin is 0..1. 0, or -1 with @err set: fewer than two, a host twice, no instant that all
 * have in common, an experiment, no memory. The caller frees @out with run_free() and @report with
 * join_report_free() in any case.
 */
int join_runs(const struct run *const *runs, size_t nr, double margin, struct run *out,
	      struct join_report *report, struct err *err);
void join_report_free(struct join_report *report);

#endif
