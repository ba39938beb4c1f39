// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/deploy.h"
#include "user/experiment/env.h"
#include "user/experiment/log.h"
#include "user/experiment/ready.h"
#include "user/experiment/scratch.h"
#include "user/experiment/words.h"

#define COMMAND_MAX    65536
#define LOG_LINES      5
#define RETRY_NS       (25 * NSEC_PER_MSEC)
#define TICK_NS	       (250 * NSEC_PER_MSEC)
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

static int report_death(const struct deploy *d, const struct running *r, int status,
			struct err *err)
{
	char text[SPAWN_STATUS_MAX];

	show_log(d, r);
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
	if (left_ns > TICK_NS)
		left_ns = TICK_NS;
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
		if (child && is_over(child)) {
			result = WATCH_CHILD;
			break;
		}
		if (clock_mono_ns() >= until_ns) {
			result = WATCH_TIME;
			break;
		}
		sleep_on(d, child, fds, until_ns);
	}
	free(fds);
	return result;
}

/* @text with its words replaced, for the caller to free. */
static char *expand(const struct deploy *d, const struct running *r, const char *text,
		    struct err *err)
{
	char prepared[sizeof(d->lab->scratch) + 16], problem[256] = "it grows too long";
	const struct words_scope scope = {
		.plan = d->plan,
		.placement = d->placement,
		.service = r->service,
		.dir = r->dir,
		.prepared = prepared,
		.bin = d->machine->bin,
	};
	struct buf out = buf_init(COMMAND_MAX);

	snprintf(prepared, sizeof(prepared), "%s/%s", d->lab->scratch, PLAN_PREPARE);
	if (words_expand(&scope, text, &out, problem, sizeof(problem)) == 0)
		return out.data;
	err_set(err, EXIT_FAILED, "service '%s': %s: correct the experiment file",
		service_of(d, r)->name, problem);
	buf_free(&out);
	return NULL;
}

static int set_env(const struct deploy *d, const struct running *r, struct env *env,
		   struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	unsigned int i;

	env_inherit(env);
	env_set(env, "SITU_SERVICE=%s", s->name);
	env_set(env, "SITU_HOST=%s", host_of(d, r)->name);
	env_set(env, "SITU_PLACEMENT=%s", d->plan->placements[d->placement].name);
	env_set(env, "SITU_TRIAL=%u", d->trial);
	env_set(env, "SITU_ADDRESS=%s", host_of(d, r)->address);
	env_set(env, "SITU_PORT=%u", s->port);
	env_set(env, "SITU_DIR=%s", r->dir);
	env_set(env, "SITU_PREPARED=%s/%s", d->lab->scratch, PLAN_PREPARE);
	env_set(env, "SITU_HERE=%s", d->plan->here);
	env_set(env, "SITU_BIN=%s", d->machine->bin);
	for (i = 0; i < s->nr_env; i++) {
		char *item = expand(d, r, s->env[i], err);

		if (!item)
			return -1;
		env_set(env, "%s", item);
		free(item);
	}
	return env->failed ? out_of_memory(err) : 0;
}

/* Starts /bin/sh over @command where service @r belongs. */
static int start_shell(const struct deploy *d, const struct running *r, const char *command,
		       int log, struct child *child, struct err *err)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, NULL };
	const struct plan_host *host = host_of(d, r);
	char what[PLAN_NAME_MAX + 16];
	struct env env = { 0 };
	struct spawn s = {
		.what = what,
		.argv = argv,
		.cwd = d->plan->here,
		.fs = d->lab->fs,
		.cgroup = r->cgroup,
		.netns = d->lab->net.host[host - d->plan->hosts],
		.cpus = &host->cpu_set,
		.user = service_of(d, r)->user,
		.in = -1,
		.out = log,
		.err = log,
	};
	int failed;

	snprintf(what, sizeof(what), "service '%s'", service_of(d, r)->name);
	failed = set_env(d, r, &env, err);
	s.env = env.item;
	if (!failed)
		failed = spawn_start(&s, child, err);
	env_free(&env);
	return failed;
}

/* Runs @text, with @prefix before it, for @r. */
static int start_command(const struct deploy *d, const struct running *r, const char *prefix,
			 const char *text, int log, struct child *child, struct err *err)
{
	char *expanded = expand(d, r, text, err), *command = NULL;
	int failed = -1;

	if (expanded && asprintf(&command, "%s%s", prefix, expanded) < 0) {
		command = NULL;
		out_of_memory(err);
	}
	if (command)
		failed = start_shell(d, r, command, log, child, err);
	free(command);
	free(expanded);
	return failed;
}

/* Makes the scratch directory of @r, owned by its user. */
static int make_dir(const struct deploy *d, const struct running *r, struct err *err)
{
	const char *name = service_of(d, r)->user;
	const struct passwd *user = name ? getpwnam(name) : NULL;
	int failed = scratch_make(r->dir, 0755);

	if (!failed && user && chown(r->dir, user->pw_uid, user->pw_gid))
		failed = -errno;
	if (!failed)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot make %s: %s: make room for it", r->dir,
		       strerror(-failed));
}

static int set_paths(const struct deploy *d, struct running *r, struct err *err)
{
	const char *name = service_of(d, r)->name;

	if (asprintf(&r->cgroup, "/%s/%s", d->lab->name, name) < 0)
		r->cgroup = NULL;
	if (asprintf(&r->log, "%s/%s.log", d->log_dir, name) < 0)
		r->log = NULL;
	if (asprintf(&r->dir, "%s/%u-%s", d->lab->scratch, d->serial, name) < 0)
		r->dir = NULL;
	if (r->cgroup && r->log && r->dir)
		return 0;
	out_of_memory(err);
	return -1;
}

static int launch(const struct deploy *d, struct running *r, struct err *err)
{
	int log, failed;

	if (set_paths(d, r, err) || make_dir(d, r, err) || cgroup_make(d->lab->fs, r->cgroup, err))
		return -1;
	log = log_open(r->log, true, err);
	if (log < 0)
		return -1;
	failed = start_command(d, r, "exec ", service_of(d, r)->command, log, &r->child, err);
	close(log);
	return failed;
}

/* Runs the service's own check once, until @until_ns. 1 when it says ready, 0 not yet, -1. */
static int ask_command(struct deploy *d, const struct running *r, u64 until_ns, struct err *err)
{
	int log = log_open(r->log, false, err), status = 0, ready = -1;
	struct child child = { .pidfd = -1 };

	if (log < 0)
		return -1;
	if (start_command(d, r, "", service_of(d, r)->ready->command, log, &child, err) == 0) {
		enum watch watch = deploy_watch(d, &child, until_ns, err);

		ready = watch == WATCH_FAILED ? -1 : 0;
		if (watch != WATCH_CHILD)
			kill(child.pid, SIGKILL);
		child_ended(&child, true, &status);
		if (watch == WATCH_CHILD && status == 0)
			ready = 1;
	}
	close(log);
	return ready;
}

/* 1 when @r is ready, 0 not yet, -1 with @err set. */
static int ask(struct deploy *d, const struct running *r, u64 until_ns, struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	const char *address = host_of(d, r)->address;

	if (s->ready && s->ready->command)
		return ask_command(d, r, until_ns, err);
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
		if (launch(d, r, err) || await_ready(d, r, err))
			return -1;
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

/* Waits until @child has ended, or @until_ns; signals that ask to stop do not shorten it. */
static void await_end(struct child *child, u64 until_ns)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };
	u64 now_ns;
	int status;

	while (!child_ended(child, false, &status)) {
		now_ns = clock_mono_ns();
		if (!child->pid || now_ns >= until_ns)
			return;
		poll(&p, 1, (int)((until_ns - now_ns) / NSEC_PER_MSEC) + 1);
	}
}

static void stop_one(const struct deploy *d, struct running *r)
{
	int failed = 0, status;

	if (r->child.pid) {
		kill(r->child.pid, SIGTERM);
		await_end(&r->child, clock_mono_ns() + STOP_WITHIN_NS);
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
	if (d->nr_running)
		progress_step(d->progress, 0, "stopping");
	while (d->nr_running > 0)
		stop_one(d, &d->running[--d->nr_running]);
	free(d->running);
	d->running = NULL;
}
