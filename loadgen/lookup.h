/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses of a host, looked up by somebody who can be told to stop. */
#ifndef SITU_LOADGEN_LOOKUP_H
#define SITU_LOADGEN_LOOKUP_H

#include <netdb.h>

#include "user/base/types.h"

/*
 * Looks up the addresses for TCP of @host and @port, as getaddrinfo(3) does, but for at most
 * @timeout_ns and only until stop_signal() says so. 0 with *@list to free with freeaddrinfo(), or
 * -ENOMEM, -ETIMEDOUT, -EINTR or -ENOENT: the name was not found, or nobody could tell.
 */
int lookup_addresses(const char *host, const char *port, u64 timeout_ns, struct addrinfo **list);

#endif
