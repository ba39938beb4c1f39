/* SPDX-License-Identifier: GPL-2.0-only */
/* A service that does what each request says, and writes down what it did. */
#ifndef LAB_ACTOR_H
#define LAB_ACTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/lab/http.h"
#include "tests/lab/peer.h"

struct actor {
	const char *name;
	int64_t started_ns; /* tells its requests from those of one before it */
	struct truths truths;
	atomic_ulong requests;
	pthread_mutex_t lock; /* of the step "lock" */
	int disk_fd;	      /* -1: none */
	long disk_blocks;
	atomic_ulong reads;
	struct peers peers;
};

/*
 * Does the request that came on @fd, answers it and writes the truth, of which *@truth holds what
 * is known before. @begun is loop_usage() from which on it is ours. Returns 0, or a negative errno
 * when the connection is of no more use.
 */
int actor_handle(struct actor *actor, int fd, const struct http_request *request,
		 struct truth *truth, struct usage begun);

/* Serve the connections of @listener for ever: a thread each; one event loop; an event loop that
 * hands the requests over to a pool of @threads. */
void serve_threads(struct actor *actor, int listener) __attribute__((noreturn));
void serve_loop(struct actor *actor, int listener) __attribute__((noreturn));
void serve_pool(struct actor *actor, int listener, int threads) __attribute__((noreturn));

#endif
