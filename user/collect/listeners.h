/* SPDX-License-Identifier: GPL-2.0-only */
/* Which TCP ports are listened on, in every network namespace that a process is in. */
#ifndef SITU_COLLECT_LISTENERS_H
#define SITU_COLLECT_LISTENERS_H

#include "bpf/contract.h"

/*
 * Calls @found for each listening port of each namespace, from @sysroot/proc/PID/net/tcp and tcp6
 * of one process a namespace ("" is this machine). Processes that end meanwhile are passed over.
 * Stops at and returns the first value other than 0 that @found returns; else 0 or -errno.
 */
int listeners_each(const char *sysroot, int (*found)(const struct listener_key *key, void *data),
		   void *data);

/*
 * The port of a listening socket in @line of /proc/net/tcp or tcp6 (proc(5)), 0 when the line is
 * another socket's, the heading, or not as documented.
 */
u32 listeners_port(const char *line);

#endif
