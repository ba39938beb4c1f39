/* SPDX-License-Identifier: GPL-2.0-only */
/* The services that an actor calls, and its idle connections to them, which threads share. */
#ifndef LAB_PEER_H
#define LAB_PEER_H

#include <pthread.h>
#include <stdbool.h>

#include "tests/lab/script.h"

#define PEERS_MAX     8
#define PEER_IDLE_MAX 256

struct peer {
	char name[SCRIPT_NAME_MAX];
	const char *address;
	bool fresh; /* a new connection for each call */
	pthread_mutex_t lock;
	int nr_idle;
	int idle[PEER_IDLE_MAX];
};

struct peers {
	int nr;
	struct peer peer[PEERS_MAX];
};

/* Adds "NAME=ADDRESS" or "NAME=ADDRESS,fresh", which @text must outlive. 0 or -EINVAL. */
int peers_add(struct peers *peers, char *text);

/* NULL when there is none. */
struct peer *peers_find(struct peers *peers, const char *name);

/*
 * Takes an idle connection, or opens one: a descriptor, or a negative errno. *@fresh tells which.
 */
int peer_take(struct peer *peer, bool *fresh);

/* Gives it back; one that is not @usable is closed. */
void peer_give(struct peer *peer, int fd, bool usable);

/*
 * One PING, answered; the greeting of a new connection, and one SELECT pg_sleep(), each read to its
 * end. 0 or a negative errno.
 */
int peer_ping_redis(int fd, long unused);
int peer_greet_postgres(int fd, long unused);
int peer_sleep_postgres(int fd, long us);

#endif
