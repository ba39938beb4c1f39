/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcurl's sockets in an epoll set. libcurl asks to watch a socket when a transfer begins and to
 * forget it when the transfer ends; taken literally that is two epoll_ctl() per request on a kept
 * connection. A socket that was opened here stays in the set instead, until it is closed or
 * something arrives while no transfer wants it.
 *
 * For each request libcurl walks the connections of its multi handle to find one that is free:
 * with 10,000 of them that takes longer than all the rest. So they are spread over many handles,
 * the shards, which have nothing in common but the epoll set.
 */
#ifndef SITU_LOADGEN_SOCKETS_H
#define SITU_LOADGEN_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>

#include "user/base/types.h"

#define SHARD_CONNECTIONS 64

/* Descriptors that libcurl opens for a multi handle itself. */
#define SHARD_FILES	  2

struct shard {
	struct sockets *sockets;
	CURLM *multi;
	u64 deadline_ns;  /* when libcurl wants to be called again; UINT64_MAX: not */
	bool resolve_set; /* its first request has been made, with the addresses */
};

struct sockets {
	int epoll_fd;
	struct shard *shards;
	unsigned int nr_shards;
	struct watch *watch; /* one per file descriptor */
	size_t nr;
	int failed; /* 0 or a negative errno that ends the thread's part */
};

/* Makes the epoll set and the multi handles for @nr_connections. 0 or -errno. */
int sockets_make(struct sockets *s, unsigned int nr_connections);

/* After all easy handles are cleaned up. */
void sockets_free(struct sockets *s);

/* The shard of connection @number. */
static inline struct shard *sockets_shard(struct sockets *s, unsigned int number)
{
	return &s->shards[number / SHARD_CONNECTIONS];
}

/* Adds @fd, which is not libcurl's, to the set: edge-triggered, no shard's events. */
int sockets_add_other(struct sockets *s, int fd);

/* Begins the transfer of @easy: it is sent, or connects, and may have ended when this returns. */
void shard_begin(struct shard *shard, CURL *easy);

/*
 * Hands @event to libcurl if it belongs to one of its sockets, and not to an earlier one. Returns
 * the shard where transfers may have ended by that, NULL: none.
 */
struct shard *sockets_handle(struct sockets *s, const struct epoll_event *event);

/* When libcurl wants to be called again at the earliest; UINT64_MAX: not. */
u64 sockets_deadline(const struct sockets *s);

/* libcurl's timeouts of @shard, when they are due at @now_ns. Returns whether any was. */
bool shard_timeout(struct shard *shard, u64 now_ns);

/* Callbacks for the easy handles; their data is the struct shard. */
curl_socket_t sockets_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int sockets_close(void *arg, curl_socket_t fd);

#endif
