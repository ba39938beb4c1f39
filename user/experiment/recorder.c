// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/attribute/measure.h"
#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/cmdgroup.h"
#include "user/experiment/loadlink.h"
#include "user/experiment/origin.h"
#include "user/experiment/recorder.h"
#include "user/store/store.h"

#define PHASE_NAME     "record"
#define COST_SAMPLE_NS NSEC_PER_SEC
#define EXEC_FAILED    127
#define LOAD_ENDS_NS   (10 * NSEC_PER_SEC) /* that a load which is told to end may take */

struct recorder {
	const struct recording *want;
	struct measure *measure;
	struct store *store;
	struct run *run;
	struct cgroupfs *fs;
	char cgroup[CMDGROUP_PATH_MAX]; /* the command's; "" without one */
	pid_t child;
	int child_fd;	      /* a pidfd: readable once the command has ended; -1 without one */
	struct loadlink load; /* to the 'situ load' that the command is, or runs */
	u64 began_ns;
	u64 told_ns; /* when the load was told to end; 0: it was not */
	unsigned int phases;
};

static int describe(struct recorder *r)
{
	struct utsname uts;

	uname(&uts);
	r->run->started_at_ns = clock_real_ns();
	if (run_set_text(&r->run->name, r->want->name) ||
	    run_set_text(&r->run->state, "unfinished") || origin_machine(r->run) ||
	    run_add_host(r->run, uts.nodename))
		return -ENOMEM;
	return 0;
}

/* The child's side: goes to its cgroup, waits for the start signal, becomes the command. */
static void become(const struct recorder *r, int go_fd, int failed_fd)
{
	int code = -cgroup_join(r->fs, r->cgroup);
	char *const *command = r->want->command;
	char go;

	if (code) {
		if (write(failed_fd, &code, sizeof(code)) < 0)
			_exit(EXEC_FAILED);
		_exit(EXEC_FAILED);
	}
	/* The end of the pipe without a byte: the parent gave up. */
	if (read(go_fd, &go, 1) != 1)
		_exit(EXEC_FAILED);
	signal(SIGPIPE, SIG_DFL);
	code = -loadlink_pass(&r->load);
	if (!code) {
		execvp(command[0], command);
		code = errno;
	}
	if (write(failed_fd, &code, sizeof(code)) < 0)
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

/*
 * Starts the command once the measurement has begun, so that nothing of it is missed. Pipes: @go
 * holds the child back, @failed brings the errno of an exec that failed, or its end.
 */
static int start_command(struct recorder *r, struct err *err)
{
	int go[2], failed[2], code = 0;
	ssize_t got;

	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return err_set(err, EXIT_FAILED, "cannot make a pipe: %s", strerror(errno));
	r->child = fork();
	if (r->child == 0) {
		close(go[1]);
		become(r, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	if (r->child > 0 && write(go[1], "g", 1) == 1) {
		got = read(failed[0], &code, sizeof(code));
		r->child_fd = (int)syscall(SYS_pidfd_open, r->child, 0);
	} else {
		got = -1;
	}
	close(go[1]);
	close(failed[0]);
	if (r->child < 0)
		return err_set(err, EXIT_FAILED, "cannot fork: %s", strerror(errno));
	if (got == sizeof(code))
		return err_set(err, EXIT_FAILED, "cannot run '%s': %s: check the command after --",
			       r->want->command[0], strerror(code));
	if (r->child_fd < 0)
		return err_set(err, EXIT_FAILED, "cannot watch '%s': %s", r->want->command[0],
			       strerror(errno));
	return 0;
}

static int store_interval(struct recorder *r, struct err *err)
{
	struct phase *phase = run_add_phase(r->run, "", ++r->phases, PHASE_NAME);

	if (!phase)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (measure_end(r->measure, phase, err) || loadlink_collect(&r->load, phase, err))
		return -1;
	return store_add_phase(r->store, r->run->id, phase, err);
}

static void progress(const struct recorder *r)
{
	double s = (double)(clock_mono_ns() - r->began_ns) / (double)NSEC_PER_SEC;

	if (r->want->quiet)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rrecording: %.0f s \033[K", s);
}

/* From a terminal, Ctrl-C goes to the command as well; a second signal would cut its load off. */
static bool was_told(void)
{
	return stop_signal() == SIGINT && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/* Whether it is time to end. A load that goes on is told so, and may leave its result first. */
static bool over(struct recorder *r)
{
	u64 now_ns = clock_mono_ns();

	if (!stop_signal() &&
	    (!r->want->duration_ns || now_ns < r->began_ns + r->want->duration_ns))
		return false;
	if (!loadlink_running(&r->load))
		return true;
	if (!r->told_ns && !was_told())
		kill(r->child, SIGTERM);
	if (!r->told_ns)
		r->told_ns = now_ns;
	return now_ns >= r->told_ns + LOAD_ENDS_NS;
}

/* Waits for at most a second, or until @until_ns. True when the command has ended. */
static bool wait_a_little(const struct recorder *r, u64 until_ns)
{
	u64 now_ns = clock_mono_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct pollfd fd = { .fd = r->child_fd, .events = POLLIN };

	if (left_ns > MEASURE_POLL_NS)
		left_ns = MEASURE_POLL_NS;
	/* A negative fd is not watched: the call is a sleep then. */
	return poll(&fd, 1, (int)((left_ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC)) > 0;
}

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* A load is measured in one piece, to its own end: its endpoints have one latency each. */
static bool goes_on(const struct recorder *r, u64 until_ns)
{
	return loadlink_running(&r->load) ||
	       (clock_mono_ns() < until_ns && !loadlink_ready(&r->load));
}

/* One interval, to its end or the recording's; *@ended tells which. */
static int record_interval(struct recorder *r, bool *ended, struct err *err)
{
	u64 until_ns = clock_mono_ns() + r->want->interval_ns;

	if (r->want->duration_ns)
		until_ns = earlier(until_ns, r->began_ns + r->want->duration_ns);
	while (!*ended && goes_on(r, until_ns)) {
		u64 now_ns = clock_mono_ns(), sample_ns = r->began_ns + COST_SAMPLE_NS;
		u64 next_ns = now_ns < sample_ns ? sample_ns : now_ns + NSEC_PER_SEC;

		*ended = wait_a_little(r,
				       now_ns < until_ns ? earlier(until_ns, next_ns) : next_ns) ||
			 over(r);
		if (measure_poll(r->measure))
			return err_set(err, EXIT_FAILED, "cannot read the spans of requests");
		if (clock_mono_ns() >= sample_ns)
			measure_sample_cost(r->measure, false);
		progress(r);
	}
	if (over(r))
		*ended = true;
	if ((*ended && r->child) || loadlink_ready(&r->load))
		measure_settle(r->measure);
	return store_interval(r, err);
}

/*
 * The cost of each program is sampled in the first second only: the two clock reads a run that it
 * takes would else be part of what is measured.
 */
static int record_all(struct recorder *r, struct err *err)
{
	bool ended = false;

	if (measure_sample_cost(r->measure, true))
		warn("this kernel does not tell what BPF programs cost: that part is left out");
	r->began_ns = clock_mono_ns();
	if (measure_begin(r->measure, err))
		return -1;
	if (r->want->command && start_command(r, err))
		return -1;
	while (!ended) {
		if (record_interval(r, &ended, err))
			return -1;
		measure_continue(r->measure);
	}
	if (!r->want->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	return 0;
}

/* Ends the command when it still runs; its status as a shell gives it. */
static int reap(struct recorder *r)
{
	int status = 0;

	if (r->child <= 0)
		return 0;
	if (waitpid(r->child, &status, WNOHANG) == 0) {
		kill(r->child, SIGTERM);
		while (waitpid(r->child, &status, 0) < 0 && errno == EINTR)
			;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The command is a service of its own, called by its file's name. */
static int make_cgroup(struct recorder *r, struct err *err)
{
	const char *file = r->want->command[0], *slash = strrchr(file, '/');
	int code;

	code = cgroupfs_open(&r->fs, "");
	if (code)
		return err_set(err, EXIT_ENVIRONMENT, "no cgroup hierarchy to run '%s' in: %s",
			       file, strerror(-code));
	if (cmdgroup_make(r->fs, r->cgroup, err))
		return -1;
	code = measure_name_service(r->measure, r->cgroup, slash ? slash + 1 : file,
				    r->run->hosts[0]);
	return code ? err_set(err, EXIT_FAILED, "cannot name '%s': %s", file, strerror(-code)) : 0;
}

static int open_all(struct recorder *r, struct err *err)
{
	unsigned int abandoned;

	if (describe(r))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (measure_open(&r->measure, !r->want->no_spans, err))
		return -1;
	if (r->want->command && loadlink_open(&r->load, measure_marks_fd(r->measure), err))
		return -1;
	if (r->want->command && make_cgroup(r, err))
		return -1;
	if (store_open(&r->store, r->want->store, STORE_WRITE, err))
		return -1;
	if (store_close_abandoned(r->store, &abandoned, err))
		return -1;
	return store_begin_run(r->store, r->run, err);
}

int record(const struct recording *recording, struct run *run, int *status, struct err *err)
{
	struct recorder r = { .want = recording, .run = run, .child_fd = -1, .load = { -1, -1 } };
	struct err sealing = { 0 };
	int code = open_all(&r, err);

	if (!code)
		code = record_all(&r, err);
	*status = reap(&r);
	if (run->id) {
		run->duration_ns = clock_mono_ns() - r.began_ns;
		if (store_seal(r.store, run->id, code ? "failed" : "finished", run->duration_ns,
			       &sealing) ||
		    run_set_text(&run->state, code ? "failed" : "finished"))
			code = err_set(err, sealing.code, "%s", sealing.text);
	}
	if (r.child_fd >= 0)
		close(r.child_fd);
	loadlink_close(&r.load);
	store_close(r.store);
	measure_close(r.measure);
	if (r.cgroup[0])
		cmdgroup_remove(r.fs, r.cgroup);
	cgroupfs_close(r.fs);
	return code;
}
