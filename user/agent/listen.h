/* SPDX-License-Identifier: GPL-2.0-only */
/* The address that the agent listens on. */
#ifndef SITU_AGENT_LISTEN_H
#define SITU_AGENT_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>

#include "user/base/err.h"

#define LISTEN_TEXT 64

struct listen_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

/*
 * Reads "127.0.0.1:9435", "[::1]:9435", "localhost:9435" (127.0.0.1) or ":9435" (the same):
 * numbers, no names, and a port of 0..65535, where 0 has the kernel choose. 0, or -1 with @err set
 * (EXIT_USAGE).
 */
int listen_parse(const char *text, struct listen_addr *addr, struct err *err);

/* Whether only this machine reaches it: 127.0.0.0/8 or ::1. */
bool listen_is_loopback(const struct listen_addr *addr);

/* @addr as listen_parse() reads it, into @text[LISTEN_TEXT]. */
void listen_text(const struct listen_addr *addr, char *text);

/*
 * A socket that listens on @addr, and @addr as it came to be. The file descriptor, or -1 with @err
 * set: EXIT_FAILED where another one has the port, EXIT_ENVIRONMENT where the machine has no such
 * address or the port needs root.
 */
int listen_open(struct listen_addr *addr, struct err *err);

#endif
