// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/experiment/guard.h"
#include "user/experiment/instance.h"

/* Lets go of all that came with the fork: a guard that held a pipe would keep its reader waiting.
 */
static void let_go(int pipe)
{
	int null = open("/dev/null", O_RDWR);

	dup2(pipe, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

__attribute__((noreturn)) static void watch(int pipe, const char *name)
{
	struct cgroupfs *fs;
	ssize_t got;
	char bye;

	setsid();
	prctl(PR_SET_NAME, "situ-guard");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (chdir("/"))
		_exit(EXIT_FAILED);
	let_go(pipe);
	do {
		got = read(STDIN_FILENO, &bye, 1);
	} while (got < 0 && errno == EINTR);
	/* What this leaves, for want of memory, the next run removes. */
	if (got == 0 && cgroupfs_open(&fs, "") == 0)
		instance_remove(fs, name);
	_exit(EXIT_OK);
}

int guard_start(struct guard *guard, const char *name, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return err_set(err, EXIT_FAILED, "cannot make a pipe: %s: free some descriptors",
			       strerror(errno));
	guard->pid = fork();
	if (guard->pid == 0)
		watch(fds[0], name);
	close(fds[0]);
	guard->pipe = fds[1];
	if (guard->pid > 0)
		return 0;
	close(fds[1]);
	guard->pid = 0;
	return err_set(err, EXIT_FAILED, "cannot start the guard: %s: end some processes",
		       strerror(errno));
}

void guard_stop(struct guard *guard)
{
	if (guard->pid <= 0)
		return;
	/* A guard that is gone already has nothing to be told; SIGPIPE is ignored. */
	if (write(guard->pipe, "x", 1) != 1)
		warn("the guard is gone: nothing was left to it");
	close(guard->pipe);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
	guard->pid = 0;
}
