/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcurl's sockets in an epoll set. libcurl asks to watch a socket when a transfer begins and to
 * forget it when the transfer ends; taken literally that is two epoll_ctl() per request on a kept
 * connection. A socket that was opened here stays in the set instead, until it is closed or
 * something arrives while no transfer wants it.
 */
#ifndef SITU_LOADGEN_SOCKETS_H
#define SITU_LOADGEN_SOCKETS_H

#include <sys/epoll.h>

#include "loadgen/worker.h"

/* Makes the epoll set and the multi handle for @nr_connections. 0 or -errno. */
int sockets_make(struct sockets *s, unsigned int nr_connections);

/* After all easy handles are cleaned up. */
void sockets_free(struct sockets *s);

/* Adds @fd, which is not libcurl's, to the set: edge-triggered, no socket_of() its events. */
int sockets_add_other(struct sockets *s, int fd);

/* Hands @event to libcurl if it belongs to one of its sockets, and not to an earlier one. */
void sockets_handle(struct sockets *s, const struct epoll_event *event);

/* libcurl's timeouts, when they are due at @now_ns. */
void sockets_timeout(struct sockets *s, u64 now_ns);

/* Callbacks for the easy handles; their data is the struct sockets. */
curl_socket_t sockets_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int sockets_close(void *arg, curl_socket_t fd);

#endif
