// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/env.h"
#include "user/experiment/loadlink.h"
#include "user/experiment/loadphase.h"
#include "user/experiment/log.h"
#include "user/export/export.h"

#define RESULT_MAX (64U << 20)
#define GRACE_NS   (60 * NSEC_PER_SEC) /* for answers under way when the phase ends */
#define LOG_LINES  5
#define PATH_LONG  4096

static void cgroup_path(const struct deploy *d, char path[PATH_LONG])
{
	snprintf(path, PATH_LONG, "/%s/%s", d->lab->name, PLAN_LOAD);
}

static void result_path(const struct deploy *d, char path[PATH_LONG])
{
	snprintf(path, PATH_LONG, "%s/%s.json", d->lab->scratch, PLAN_LOAD);
}

static void log_path(const struct deploy *d, char path[PATH_LONG])
{
	snprintf(path, PATH_LONG, "%s/%s.log", d->log_dir, PLAN_LOAD);
}

int loadphase_make_cgroup(const struct deploy *d, struct err *err)
{
	char path[PATH_LONG];

	cgroup_path(d, path);
	return cgroup_make(d->lab->fs, path, err);
}

int loadphase_name(const struct deploy *d, struct measure *m, struct err *err)
{
	char path[PATH_LONG];

	cgroup_path(d, path);
	if (measure_name_service(m, path, PLAN_LOAD, PLAN_CLIENT))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return 0;
}

void loadphase_remove_cgroup(const struct deploy *d)
{
	char path[PATH_LONG];
	int failed;

	cgroup_path(d, path);
	failed = cgroup_remove(d->lab->fs, path);
	if (failed)
		warn("cannot remove the load generator's cgroup: %s: it is tried again at the end",
		     strerror(-failed));
}

static int start(const struct deploy *d, const struct plan_phase *load, u64 duration_ns, int out,
		 int log, struct child *child, struct err *err)
{
	unsigned int target = d->plan->load.target_index;
	int marks = d->measure ? measure_marks_fd(d->measure) : -1, failed;
	char rate[32], connections[16], duration[32], seed[32], url[64], cgroup[PATH_LONG];
	const char *const argv[] = {
		"situ",	  "load",    "-f",     load->workload_path,
		"-r",	  rate,	     "-c",     connections,
		"-d",	  duration,  "--seed", seed,
		"--json", "--quiet", url,      NULL,
	};
	struct spawn s = {
		.what = "the load generator",
		.file = "/proc/self/exe",
		.argv = (char *const *)argv,
		.cwd = d->plan->here,
		.fs = d->lab->fs,
		.cgroup = cgroup,
		.netns = d->lab->net.client,
		.cpus = &d->plan->client_host.cpu_set,
		.in = -1,
		.out = out,
		.err = log,
		.kept = marks > 2 ? marks : 0,
	};
	struct env env = { 0 };

	cgroup_path(d, cgroup);
	snprintf(rate, sizeof(rate), "%.9g", load->rate);
	snprintf(connections, sizeof(connections), "%u", load->nr_connections);
	snprintf(duration, sizeof(duration), "%" PRIu64 "ns", duration_ns);
	/* The same requests for every placement of a block: the trials are compared in pairs. */
	snprintf(seed, sizeof(seed), "%" PRIu64, d->plan->order_seed + d->trial - 1);
	snprintf(url, sizeof(url), "http://%s:%u",
		 plan_host_of(d->plan, d->placement, target)->address,
		 d->plan->services[target].port);
	env_inherit(&env);
	if (s.kept)
		env_set(&env, LOADLINK_MARKS "=%d", s.kept);
	s.env = env.item;
	failed = env.failed ? err_set(err, EXIT_FAILED, "out of memory: free some")
			    : spawn_start(&s, child, err);
	env_free(&env);
	return failed;
}

static int report_failure(const struct deploy *d, int status, const char *log, struct err *err)
{
	char text[SPAWN_STATUS_MAX];

	progress_clear(d->progress);
	log_print_tail(log, PLAN_LOAD, LOG_LINES);
	return err_set(err, EXIT_FAILED,
		       "the load generator failed (%s) during %s of %s trial %u: "
		       "see %s",
		       child_status(text, status), d->step, d->plan->placements[d->placement].name,
		       d->trial, log);
}

/* Watches services and generator until the latter has ended. */
static int watch(struct deploy *d, struct child *child, u64 duration_ns, const char *log,
		 struct err *err)
{
	u64 until_ns = clock_mono_ns() + duration_ns + GRACE_NS;
	int status = 0;

	switch (deploy_watch(d, child, until_ns, err)) {
	case WATCH_CHILD:
		child_ended(child, true, &status);
		return status ? report_failure(d, status, log, err) : 0;
	case WATCH_TIME:
		err_set(err, EXIT_FAILED, "the load generator did not end by itself: see %s", log);
		break;
	case WATCH_FAILED:
		break;
	}
	kill(child->pid, SIGKILL);
	child_ended(child, true, &status);
	return -1;
}

int loadphase_run(struct deploy *d, const struct plan_phase *load, u64 duration_ns, struct err *err)
{
	char result[PATH_LONG], log[PATH_LONG];
	struct child child;
	int out, log_fd = -1, failed = -1;

	result_path(d, result);
	log_path(d, log);
	out = open(result, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return err_set(err, EXIT_FAILED, "cannot write %s: %s: make room for it", result,
			       strerror(errno));
	log_fd = log_open(log, false, err);
	if (log_fd >= 0) {
		failed = start(d, load, duration_ns, out, log_fd, &child, err);
		close(log_fd);
	}
	close(out);
	return failed ? -1 : watch(d, &child, duration_ns, log, err);
}

static int check_answers(const struct phase *phase, struct err *err)
{
	const struct endpoint *all = phase_find_endpoint(phase, "all");

	if (all && all->answered)
		return 0;
	return err_set(err, EXIT_FAILED,
		       "no request of the load got a good answer: check the workload with "
		       "'situ load'");
}

int loadphase_collect(const struct deploy *d, struct phase *phase, struct err *err)
{
	char path[PATH_LONG];
	struct run run = { 0 };
	struct buf b;
	int failed;

	result_path(d, path);
	failed = buf_read_file(&b, path, RESULT_MAX);
	if (failed)
		err_set(err, EXIT_FAILED, "cannot read %s: %s: make room for it", path,
			strerror(-failed));
	else
		failed = import_json(b.data, b.len, &run, err);
	if (!failed)
		failed = loadlink_move_endpoints(&run, phase, err) || check_answers(phase, err);
	run_free(&run);
	buf_free(&b);
	return failed ? -1 : 0;
}
