/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting a program where it belongs: cgroup, network namespace, CPUs, user. */
#ifndef SITU_EXPERIMENT_SPAWN_H
#define SITU_EXPERIMENT_SPAWN_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#include "user/base/err.h"
#include "user/collect/cgroupfs.h"

#define SPAWN_STATUS_MAX 32

struct spawn {
	const char *what;  /* as errors call it: "service 'redis'" */
	const char *file;  /* NULL: argv[0] */
	char *const *argv; /* argv[0] is looked up in PATH */
	char *const *env;
	const char *cwd;	   /* NULL: stay */
	const struct cgroupfs *fs; /* NULL: stay in situ's cgroups */
	const char *cgroup;	   /* path for cgroup_join() */
	int netns;		   /* namespace fd; -1: stay */
	const cpu_set_t *cpus;	   /* NULL: stay */
	const char *user;	   /* NULL: stay */
	int in, out, err;	   /* -1: /dev/null */
	int kept;		   /* stays open, under its number; 0: none */
};

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* readable once it has ended */
};

/*
 * Starts @s in a session of its own; it is killed when situ dies. Returns once the program runs:
 * 0, or -1 with @err set to what failed on the way, a missing program included.
 */
int spawn_start(const struct spawn *s, struct child *child, struct err *err);

/*
 * True when @child has ended: its wait status is then in *@status, and @child is none. Does not
 * wait unless @block.
 */
bool child_ended(struct child *child, bool block, int *status);

/* Writes "exit status 3" or "signal 11" into @text. Returns it. */
const char *child_status(char text[SPAWN_STATUS_MAX], int status);

#endif
