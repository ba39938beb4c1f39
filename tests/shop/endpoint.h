/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a server listens or is found. */
#ifndef SHOP_ENDPOINT_H
#define SHOP_ENDPOINT_H

#include <stdbool.h>

struct endpoint {
	char host[64];
	char port[6];
};

/*
 * Parses "host:port" (a name or an IPv4 address, port 1..65535) into @e.
 * 0, or -EINVAL with @e unspecified.
 */
int endpoint_parse(struct endpoint *e, const char *text);

/* The same from two strings, as SITU_ADDRESS and SITU_PORT give it. */
int endpoint_set(struct endpoint *e, const char *host, const char *port);

/*
 * Binds and listens on @e. Returns a non-blocking socket that the caller closes, or a negative
 * errno.
 */
int endpoint_listen(const struct endpoint *e);

/*
 * True if the connection @fd, on which no answer is due, can be used: the peer has neither closed
 * it nor sent anything. A store that was restarted then costs no failed request; a request that
 * failed half way is never sent twice.
 */
bool endpoint_idle(int fd);

#endif
