/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hosts as network namespaces: one for each host, one for the client, and one that holds the
 * bridge between them. They have no names: file descriptors hold them, so they and their links
 * are gone when situ and the services are, however that comes. The root namespace is not touched.
 */
#ifndef SITU_EXPERIMENT_NET_H
#define SITU_EXPERIMENT_NET_H

#include "user/experiment/plan.h"

struct net {
	int root;   /* situ's own namespace */
	int fabric; /* the bridge's */
	int client;
	int *host; /* by index of plan->hosts */
	unsigned int nr_hosts;
};

/* Makes the namespaces of @plan and links them. 0, or -1 with @err set and @net closed. */
int net_open(struct net *net, const struct plan *plan, struct err *err);
void net_close(struct net *net); /* a zeroed one is fine */

/*
 * A socket of the namespace @netns: socket(2)'s result or -errno. The caller's thread stays where
 * it is.
 */
int net_socket(const struct net *net, int netns, int domain, int type, int protocol);

#endif
