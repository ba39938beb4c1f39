/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of a service, started where the service belongs: itself, its checks and hooks. */
#ifndef SITU_EXPERIMENT_LAUNCH_H
#define SITU_EXPERIMENT_LAUNCH_H

#include "user/experiment/deploy.h"

/* Makes the directory, cgroup and log of @r and starts its command. 0, or -1 with @err set. */
int launch_service(const struct deploy *d, struct running *r, struct err *err);

/*
 * Starts /bin/sh over @prefix and @text, its {{words}} replaced, in the cgroup and on the host of
 * @r, as its user, with the output to @log. 0, or -1 with @err set.
 */
int launch_command(const struct deploy *d, const struct running *r, const char *prefix,
		   const char *text, int log, struct child *child, struct err *err);

/*
 * Starts the command that stops service @r: its own, or podman's for a container. As above.
 */
int launch_stop(const struct deploy *d, const struct running *r, int log, struct child *child,
		struct err *err);

#endif
