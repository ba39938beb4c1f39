// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/experiment/cgroup.h"
#include "user/experiment/env.h"
#include "user/experiment/log.h"
#include "user/experiment/prepare.h"
#include "user/experiment/scratch.h"

#define LOG_LINES 5
#define PATH_LONG 4096

static int start(const struct deploy *d, const char *dir, const char *cgroup, int log,
		 struct child *child, struct err *err)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c", d->plan->prepare, NULL };
	struct env env = { 0 };
	struct spawn s = {
		.what = "the prepare command",
		.argv = argv,
		.cwd = d->plan->here,
		.fs = d->lab->fs,
		.cgroup = cgroup,
		.netns = -1,
		.in = -1,
		.out = log,
		.err = log,
	};
	int failed;

	env_inherit(&env);
	env_set(&env, "SITU_PREPARED=%s", dir);
	env_set(&env, "SITU_HERE=%s", d->plan->here);
	env_set(&env, "SITU_BIN=%s", d->machine->bin);
	s.env = env.item;
	failed = env.failed ? err_set(err, EXIT_FAILED, "out of memory: free some")
			    : spawn_start(&s, child, err);
	env_free(&env);
	return failed;
}

static int finish(struct deploy *d, struct child *child, const char *log, struct err *err)
{
	char text[SPAWN_STATUS_MAX];
	int status = 0;

	/* No limit: what a prepare command does may take long, and Ctrl-C ends it. */
	if (deploy_watch(d, child, UINT64_MAX, err) != WATCH_CHILD)
		return -1;
	child_ended(child, true, &status);
	if (status == 0)
		return 0;
	progress_clear(d->progress);
	log_print_tail(log, PLAN_PREPARE, LOG_LINES);
	return err_set(err, EXIT_FAILED, "the prepare command failed (%s): see %s",
		       child_status(text, status), log);
}

static int run(struct deploy *d, const char *dir, const char *cgroup, struct err *err)
{
	struct child child = { .pidfd = -1 };
	char log[PATH_LONG];
	int fd, failed, status;

	snprintf(log, sizeof(log), "%s/%s.log", d->log_dir, PLAN_PREPARE);
	fd = log_open(log, true, err);
	if (fd < 0)
		return -1;
	failed = start(d, dir, cgroup, fd, &child, err);
	close(fd);
	if (!failed)
		failed = finish(d, &child, log, err);
	/* Whatever it left running ends here, and itself when it was stopped. */
	cgroup_remove(d->lab->fs, cgroup);
	child_ended(&child, true, &status);
	return failed;
}

int prepare_run(struct deploy *d, struct err *err)
{
	char dir[PATH_LONG], cgroup[PATH_LONG];
	int failed;

	if (!d->plan->prepare)
		return 0;
	progress_step(d->progress, 0, "preparing");
	snprintf(dir, sizeof(dir), "%s/%s", d->lab->scratch, PLAN_PREPARE);
	snprintf(cgroup, sizeof(cgroup), "/%s/%s", d->lab->name, PLAN_PREPARE);
	failed = scratch_make(dir, 0755);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot make %s: %s: make room for it", dir,
			       strerror(-failed));
	if (cgroup_make(d->lab->fs, cgroup, err))
		return -1;
	return run(d, dir, cgroup, err);
}
