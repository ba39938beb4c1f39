/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an actor really did for a request, by its own clocks, written down as one line of JSON a
 * request. Times are of CLOCK_MONOTONIC.
 */
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include <stdatomic.h>
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
	int64_t open_ns;       /* that it took to open the connection, before sent_ns */
	int64_t open_sleep_ns; /* of that, asleep */
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

/*
 * Reads the calling thread's clock and /proc/thread-self/schedstat, which the first call opens and
 * usage_end() closes when the thread is about to end.
 */
struct usage usage_now(void);
void usage_end(void);
struct usage usage_since(struct usage before);
void usage_add(struct usage *to, struct usage what);

/* The truths of an actor, kept in memory until it ends: writing them would be part of what it does.
 */
struct truths {
	const char *name; /* the actor's */
	FILE *out;	  /* NULL: none are kept */
	struct truth *all;
	atomic_size_t nr;
};

/* Makes room for those that will be appended to the file @path. 0 or a negative errno. */
int truths_open(struct truths *truths, const char *path);

/* From any thread. More than there is room for end the actor: half a truth is none. */
void truths_keep(struct truths *truths, const struct truth *truth);

/* Writes them all; 0 or a negative errno. */
int truths_write(struct truths *truths);

#endif
