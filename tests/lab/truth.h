/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an actor really did for a request, by its own clocks, written down as one line of JSON a
 * request. Times are of CLOCK_MONOTONIC.
 */
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include <stdint.h>
#include <stdio.h>

#include "tests/lab/script.h"

#define TRUTH_ID_MAX	64
#define TRUTH_CALLS_MAX 16

/* What the calling thread has used and waited for since it began. */
struct usage {
	int64_t cpu_ns;
	int64_t runq_ns;
};

struct truth_call {
	char peer[SCRIPT_NAME_MAX];
	char id[TRUTH_ID_MAX]; /* of the request at the peer; empty when it keeps no truth */
	int64_t open_ns;       /* spent on opening the connection, before sent_ns */
	int64_t sent_ns, read_ns;
};

/* The times asleep are without the CPU time and run-queue wait within them. */
struct truth {
	char id[TRUTH_ID_MAX]; /* the caller's, or ours: unique over all actors */
	char tag[SCRIPT_NAME_MAX];
	int64_t begun_ns, answered_ns;
	struct usage used;
	int64_t sleep_ns;
	int64_t lock_ns;
	int64_t disk_ns;
	int64_t handover_ns;   /* between two threads of the actor */
	int64_t downstream_ns; /* sum over steps with calls, from first send to last read */
	struct usage calling;  /* of used, while a call was out */
	int nr_calls;
	struct truth_call calls[TRUTH_CALLS_MAX];
};

int64_t now_ns(void);

/* Reads the calling thread's clock and /proc/thread-self/schedstat. */
struct usage usage_now(void);
struct usage usage_since(struct usage before);
void usage_add(struct usage *to, struct usage what);

/* Appends @truth of the actor @name to @out; may be called from many threads. */
void truth_write(FILE *out, const char *name, const struct truth *truth);

#endif
