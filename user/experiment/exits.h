/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How processes end, whoever their parent is: the kernel's process events connector
 * (linux/cn_proc.h). It takes root in the first pid, user and network namespaces.
 */
#ifndef SITU_EXPERIMENT_EXITS_H
#define SITU_EXPERIMENT_EXITS_H

#include "user/base/types.h"

struct exits {
	int fd; /* -1: this kernel does not tell, or not here */
};

struct exit_event {
	int pid;
	int status; /* as waitpid(2) gives it */
};

/* Starts to listen. On failure exits->fd is -1 and all calls below are harmless. */
void exits_open(struct exits *exits);
void exits_close(struct exits *exits);

/*
 * Takes the next end of a process into @event, without waiting. 1; 0 when there is none; -ENOBUFS
 * when some came faster than they were taken.
 */
int exits_next(const struct exits *exits, struct exit_event *event);

#endif
