// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/deploy.h"
#include "user/experiment/launch.h"
#include "user/experiment/log.h"
#include "user/experiment/ready.h"
#include "user/experiment/scratch.h"

#define LOG_LINES      5
#define RETRY_NS       (25 * NSEC_PER_MSEC)
#define STOP_WITHIN_NS (10 * NSEC_PER_SEC)

static const struct plan_service *service_of(const struct deploy *d, const struct running *r)
{
	return &d->plan->services[r->service];
}

static const struct plan_host *host_of(const struct deploy *d, const struct running *r)
{
	return plan_host_of(d->plan, d->placement, r->service);
}

static int out_of_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

/* A service's log is the first place to look: its end is shown, and the error says where it is. */
static void show_log(const struct deploy *d, const struct running *r)
{
	progress_clear(d->progress);
	log_print_tail(r->log, service_of(d, r)->name, LOG_LINES);
}

static int report_death(struct deploy *d, const struct running *r, int status, struct err *err)
{
	char text[SPAWN_STATUS_MAX];

	show_log(d, r);
	snprintf(d->death, sizeof(d->death), "service '%s' died (%s) during %s",
		 service_of(d, r)->name, child_status(text, status), d->step);
	return err_set(err, EXIT_FAILED,
		       "service '%s' died (%s) during %s of %s trial %u: see %s%s",
		       service_of(d, r)->name, child_status(text, status), d->step,
		       d->plan->placements[d->placement].name, d->trial, r->log,
		       status == 0 ? "; it must stay in the foreground" : "");
}

/* The first service that has ended, reported; 0 when all are running. */
static int find_death(struct deploy *d, struct err *err)
{
	unsigned int i;
	int status;

	for (i = 0; i < d->nr_running; i++) {
		if (child_ended(&d->running[i].child, false, &status))
			return report_death(d, &d->running[i], status, err);
	}
	return 0;
}

static int interrupted(struct err *err)
{
	int sig = stop_signal();

	if (!sig)
		return 0;
	return err_set(err, EXIT_FAILED, "stopped by %s: what was measured before is kept",
		       sig == SIGINT ? "Ctrl-C" : strsignal(sig));
}

static bool is_over(const struct child *child)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Sleeps until something ends, a signal comes, or at most until @until_ns. */
static void sleep_on(struct deploy *d, const struct child *child, struct pollfd *fds, u64 until_ns)
{
	u64 now_ns = clock_mono_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	unsigned int i;

	for (i = 0; i < d->nr_running; i++)
		fds[i] = (struct pollfd){ .fd = d->running[i].child.pidfd, .events = POLLIN };
	fds[i] = (struct pollfd){ .fd = child ? child->pidfd : -1, .events = POLLIN };
	if (left_ns > MEASURE_POLL_NS)
		left_ns = MEASURE_POLL_NS;
	poll(fds, d->nr_running + 1, (int)((left_ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC));
	progress_tick(d->progress);
}

enum watch deploy_watch(struct deploy *d, const struct child *child, u64 until_ns, struct err *err)
{
	struct pollfd *fds = calloc(d->nr_running + 1, sizeof(*fds));
	enum watch result = WATCH_FAILED;

	if (!fds) {
		out_of_memory(err);
		return WATCH_FAILED;
	}
	for (;;) {
		if (interrupted(err) || find_death(d, err))
			break;
		census_look(&d->census, d->step, false);
		if (child && is_over(child)) {
			result = WATCH_CHILD;
			break;
		}
		if (clock_mono_ns() >= until_ns) {
			result = WATCH_TIME;
			break;
		}
		if (d->measure && measure_poll(d->measure)) {
			err_set(err, EXIT_FAILED, "cannot read the spans of requests");
			break;
		}
		sleep_on(d, child, fds, until_ns);
	}
	free(fds);
	return result;
}

/*
 * Runs @text for @r until @until_ns at most. 1 when it ended well, 0 when it did not or took too
 * long, -1 with @err set when it is over: a service died, somebody asked to stop.
 */
static int run_command(struct deploy *d, const struct running *r, const char *text, u64 until_ns,
		       struct err *err)
{
	int log = log_open(r->log, false, err), status = 0, ret = -1;
	struct child child = { .pidfd = -1 };

	if (log < 0)
		return -1;
	if (launch_command(d, r, "", text, log, &child, err) == 0) {
		enum watch watch = deploy_watch(d, &child, until_ns, err);

		ret = watch == WATCH_FAILED ? -1 : 0;
		if (watch != WATCH_CHILD)
			kill(child.pid, SIGKILL);
		child_ended(&child, true, &status);
		if (watch == WATCH_CHILD && status == 0)
			ret = 1;
	}
	close(log);
	return ret;
}

/* 1 when @r is ready, 0 not yet, -1 with @err set. */
static int ask(struct deploy *d, const struct running *r, u64 until_ns, struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	const char *address = host_of(d, r)->address;

	if (s->ready && s->ready->command)
		return run_command(d, r, s->ready->command, until_ns, err);
	if (s->ready && s->ready->http)
		return ready_http(&d->lab->net, address, s->port, s->ready->http);
	if (s->ready && s->ready->tcp && !*s->ready->tcp)
		return 1;
	return ready_tcp(&d->lab->net, address, s->port);
}

static int await_ready(struct deploy *d, const struct running *r, struct err *err)
{
	u64 until_ns = clock_mono_ns() + service_of(d, r)->within_ns;
	int ready;

	for (;;) {
		/* Dead before ready: else another process that answers on its port would do. */
		if (deploy_watch(d, NULL, 0, err) == WATCH_FAILED)
			return -1;
		ready = ask(d, r, until_ns, err);
		if (ready)
			return ready < 0 ? -1 : 0;
		if (clock_mono_ns() >= until_ns)
			break;
		if (deploy_watch(d, NULL, clock_mono_ns() + RETRY_NS, err) == WATCH_FAILED)
			return -1;
	}
	show_log(d, r);
	return err_set(err, EXIT_FAILED,
		       "service '%s' was not ready within %.3gs in %s trial %u: see %s, or raise "
		       "its 'within'",
		       service_of(d, r)->name, (double)service_of(d, r)->within_ns / 1e9,
		       d->plan->placements[d->placement].name, d->trial, r->log);
}

/* Runs the start command of @r, where it has one. */
static int run_start(struct deploy *d, struct running *r, struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	int ret = s->start ? run_command(d, r, s->start, clock_mono_ns() + s->within_ns, err) : 1;

	if (ret)
		return ret < 0 ? -1 : 0;
	show_log(d, r);
	return err_set(err, EXIT_FAILED,
		       "the start command of service '%s' failed or took longer than %.3gs in %s "
		       "trial %u: see %s",
		       s->name, (double)s->within_ns / 1e9, d->plan->placements[d->placement].name,
		       d->trial, r->log);
}

int deploy_start(struct deploy *d, struct err *err)
{
	unsigned int i;

	d->step = "start";
	d->running = calloc(d->plan->nr_services, sizeof(*d->running));
	if (!d->running)
		return out_of_memory(err);
	for (i = 0; i < d->plan->nr_services; i++) {
		struct running *r = &d->running[d->nr_running++];

		*r = (struct running){ .service = i, .child = { .pidfd = -1 } };
		progress_step(d->progress, 0, "starting %s", service_of(d, r)->name);
		if (launch_service(d, r, err) || run_start(d, r, err) || await_ready(d, r, err))
			return -1;
	}
	return 0;
}

int deploy_reset(struct deploy *d, struct err *err)
{
	unsigned int i;

	d->step = "reset";
	for (i = 0; i < d->nr_running; i++) {
		const struct running *r = &d->running[i];
		const struct plan_service *s = service_of(d, r);
		int ret;

		if (!s->reset)
			continue;
		progress_step(d->progress, 0, "resetting %s", s->name);
		ret = run_command(d, r, s->reset, clock_mono_ns() + s->within_ns, err);
		if (ret < 0)
			return -1;
		if (ret == 1)
			continue;
		show_log(d, r);
		return err_set(err, EXIT_FAILED,
			       "the reset of service '%s' failed or took longer than %.3gs in %s "
			       "trial %u: see %s",
			       s->name, (double)s->within_ns / 1e9,
			       d->plan->placements[d->placement].name, d->trial, r->log);
	}
	return 0;
}

int deploy_name_services(const struct deploy *d, struct measure *m, struct err *err)
{
	unsigned int i;

	for (i = 0; i < d->nr_running; i++) {
		const struct running *r = &d->running[i];

		if (measure_name_service(m, r->cgroup, service_of(d, r)->name, host_of(d, r)->name))
			return out_of_memory(err);
	}
	return 0;
}

int deploy_watch_processes(struct deploy *d, struct err *err)
{
	struct census_service *service = calloc(d->nr_running + 1, sizeof(*service));
	unsigned int i;
	int failed = -1;

	for (i = 0; service && i < d->nr_running; i++)
		service[i] = (struct census_service){ service_of(d, &d->running[i])->name,
						      d->running[i].cgroup };
	if (service)
		failed = census_begin(&d->census, d->lab->fs, service, d->nr_running);
	free(service);
	return failed ? out_of_memory(err) : 0;
}

/* Waits until @child has ended (its status is then in *@status), or @until_ns; signals that ask to
 * stop do not shorten it. */
static void await_end(struct child *child, u64 until_ns, int *status)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };
	u64 now_ns;

	while (!child_ended(child, false, status)) {
		now_ns = clock_mono_ns();
		if (!child->pid || now_ns >= until_ns)
			return;
		poll(&p, 1, (int)((until_ns - now_ns) / NSEC_PER_MSEC) + 1);
	}
}

/* Runs the service's own stop command; one that fails leaves the work to SIGTERM, and says so. */
static void run_stop(const struct deploy *d, struct running *r)
{
	int log = log_open(r->log, false, NULL), status = -1;
	struct child child = { .pidfd = -1 };
	struct err err = { 0 };

	if (log < 0 || launch_stop(d, r, log, &child, &err)) {
		warn("the stop command of service '%s' does not start: %s", service_of(d, r)->name,
		     err.text);
	} else {
		await_end(&child, clock_mono_ns() + STOP_WITHIN_NS, &status);
		if (child.pid) {
			kill(child.pid, SIGKILL);
			child_ended(&child, true, &status);
		}
		if (status)
			warn("the stop command of service '%s' failed: see %s",
			     service_of(d, r)->name, r->log);
		else
			await_end(&r->child, clock_mono_ns() + STOP_WITHIN_NS, &status);
	}
	if (log >= 0)
		close(log);
}

static void stop_one(const struct deploy *d, struct running *r)
{
	const struct plan_service *s = service_of(d, r);
	int failed = 0, status;

	/* A service that its start command has left behind has no process of ours to wait for. */
	if ((s->stop || s->container) && r->log && (r->child.pid || s->start))
		run_stop(d, r);
	if (r->child.pid) {
		kill(r->child.pid, SIGTERM);
		await_end(&r->child, clock_mono_ns() + STOP_WITHIN_NS, &status);
	}
	if (r->cgroup)
		failed = cgroup_remove(d->lab->fs, r->cgroup);
	if (r->child.pid)
		child_ended(&r->child, !failed, &status);
	if (!failed && r->dir)
		failed = scratch_remove(r->dir);
	if (failed)
		warn("cannot remove all of service '%s': %s: it is tried again at the end",
		     service_of(d, r)->name, strerror(-failed));
	free(r->cgroup);
	free(r->log);
	free(r->dir);
}

void deploy_stop(struct deploy *d)
{
	census_end(&d->census);
	if (d->nr_running)
		progress_step(d->progress, 0, "stopping");
	while (d->nr_running > 0)
		stop_one(d, &d->running[--d->nr_running]);
	free(d->running);
	d->running = NULL;
}
