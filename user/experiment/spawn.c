// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/experiment/cgroup.h"
#include "user/experiment/spawn.h"

/* How far a child got; sent to the parent with errno when it goes no further. */
enum step { STEP_CGROUP, STEP_NETNS, STEP_CPUS, STEP_FILES, STEP_USER, STEP_CWD, STEP_EXEC };

static const char *const step_text[] = {
	[STEP_CGROUP] = "cannot join its cgroup",
	[STEP_NETNS] = "cannot enter its network namespace",
	[STEP_CPUS] = "cannot be bound to its CPUs",
	[STEP_FILES] = "cannot set up its files",
	[STEP_USER] = "cannot become its user",
	[STEP_CWD] = "cannot enter its directory",
	[STEP_EXEC] = "cannot be executed",
};

struct failure {
	enum step step;
	int error;
};

__attribute__((noreturn)) static void give_up(int report, enum step step, int error)
{
	struct failure f = { step, error };

	if (write(report, &f, sizeof(f)) != sizeof(f))
		_exit(126);
	_exit(127);
}

static int set_files(const struct spawn *s)
{
	const int from[] = { s->in, s->out, s->err };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i, low[3];

	if (null < 0)
		return -1;
	/* Above the standard ones first: one of them may be the source of another. */
	for (i = 0; i < 3; i++) {
		low[i] = fcntl(from[i] < 0 ? null : from[i], F_DUPFD_CLOEXEC, 3);
		if (low[i] < 0)
			return -1;
	}
	if (s->kept && fcntl(s->kept, F_SETFD, 0))
		return -1;
	for (i = 0; i < 3; i++) {
		if (dup2(low[i], i) < 0)
			return -1;
	}
	return 0;
}

static int become(const struct passwd *user)
{
	if (!user)
		return 0;
	if (initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid))
		return -1;
	return setuid(user->pw_uid);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* Dies with situ, also when situ died before this took effect. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
}

__attribute__((noreturn)) static void run_child(const struct spawn *s, const struct passwd *user,
						int report, pid_t parent)
{
	int failed;

	die_with(parent);
	setsid();
	failed = s->fs ? cgroup_join(s->fs, s->cgroup) : 0;
	if (failed)
		give_up(report, STEP_CGROUP, -failed);
	if (s->netns >= 0 && setns(s->netns, CLONE_NEWNET))
		give_up(report, STEP_NETNS, errno);
	if (s->cpus && sched_setaffinity(0, sizeof(*s->cpus), s->cpus))
		give_up(report, STEP_CPUS, errno);
	if (set_files(s))
		give_up(report, STEP_FILES, errno);
	if (become(user))
		give_up(report, STEP_USER, errno);
	if (s->cwd && chdir(s->cwd))
		give_up(report, STEP_CWD, errno);
	reset_signals();
	/* The kernel forgets the request when the user changes. */
	die_with(parent);
	execvpe(s->file ? s->file : s->argv[0], s->argv, s->env);
	give_up(report, STEP_EXEC, errno);
}

/* Reads what the child reports: nothing but the pipe's end when the program runs. */
static int await_exec(const struct spawn *s, int report, struct err *err)
{
	struct failure f;
	ssize_t got;

	do {
		got = read(report, &f, sizeof(f));
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got != sizeof(f))
		return err_set(err, EXIT_FAILED, "%s did not start: its pipe broke", s->what);
	return err_set(err, f.step == STEP_EXEC ? EXIT_ENVIRONMENT : EXIT_FAILED,
		       "%s (%s) %s: %s: %s", s->what, s->argv[0], step_text[f.step],
		       strerror(f.error),
		       f.step == STEP_EXEC ? "is it installed?" : "see 'situ doctor'");
}

static int start(const struct spawn *s, const struct passwd *user, const int report[2],
		 struct child *child, struct err *err)
{
	pid_t parent = getpid();
	int failed;

	child->pid = fork();
	if (child->pid == 0)
		run_child(s, user, report[1], parent);
	close(report[1]);
	if (child->pid < 0) {
		child->pid = 0;
		return err_set(err, EXIT_FAILED, "cannot start %s: %s: end some processes", s->what,
			       strerror(errno));
	}
	failed = await_exec(s, report[0], err);
	if (!failed) {
		child->pidfd = pidfd_open(child->pid, 0);
		if (child->pidfd >= 0)
			return 0;
		failed = err_set(err, EXIT_ENVIRONMENT, "pidfd_open: %s: Linux 5.3 is needed",
				 strerror(errno));
		kill(child->pid, SIGKILL);
	}
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	return failed;
}

int spawn_start(const struct spawn *s, struct child *child, struct err *err)
{
	const struct passwd *user = s->user ? getpwnam(s->user) : NULL;
	int report[2], failed;

	*child = (struct child){ .pidfd = -1 };
	if (s->user && !user)
		return err_set(err, EXIT_ENVIRONMENT, "%s: there is no user '%s': add it", s->what,
			       s->user);
	if (pipe2(report, O_CLOEXEC))
		return err_set(err, EXIT_FAILED, "cannot make a pipe: %s: free some descriptors",
			       strerror(errno));
	failed = start(s, user, report, child, err);
	close(report[0]);
	return failed;
}

bool child_ended(struct child *child, bool block, int *status)
{
	pid_t pid;

	if (!child->pid)
		return false;
	do {
		pid = waitpid(child->pid, status, block ? 0 : WNOHANG);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	if (pid < 0)
		*status = 0;
	close(child->pidfd);
	*child = (struct child){ .pidfd = -1 };
	return true;
}

const char *child_status(char text[SPAWN_STATUS_MAX], int status)
{
	if (WIFSIGNALED(status))
		snprintf(text, SPAWN_STATUS_MAX, "signal %d", WTERMSIG(status));
	else
		snprintf(text, SPAWN_STATUS_MAX, "exit status %d", WEXITSTATUS(status));
	return text;
}
