/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a service answers, asked from the client's namespace: the way the load will take. */
#ifndef SITU_EXPERIMENT_READY_H
#define SITU_EXPERIMENT_READY_H

#include <stdbool.h>

#include "user/experiment/net.h"

/* True when a TCP connection to @address:@port is accepted within half a second. */
bool ready_tcp(const struct net *net, const char *address, unsigned int port);

/* True when GET http://@address:@port@path is answered with a status below 400 within a second. */
bool ready_http(const struct net *net, const char *address, unsigned int port, const char *path);

#endif
