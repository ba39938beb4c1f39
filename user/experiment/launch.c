// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/experiment/cgroup.h"
#include "user/experiment/env.h"
#include "user/experiment/launch.h"
#include "user/experiment/log.h"
#include "user/experiment/scratch.h"
#include "user/experiment/words.h"

#define COMMAND_MAX	       65536
#define CONTAINER_STOP_SECONDS 5 /* less than deploy.c waits for a stop command */

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
		.cgroup = r->cgroup,
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
	env_set(env, "SITU_CGROUP=%s", r->cgroup);
	if (r->child.pid) /* a hook: the service itself runs */
		env_set(env, "SITU_PID=%d", r->child.pid);
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

int launch_command(const struct deploy *d, const struct running *r, const char *prefix,
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

/* Adds the name of @item, "NAME[=value]"; podman is given no other variables than these. */
static void add_variable(struct buf *out, const char *item)
{
	buf_printf(out, " --env=%.*s", (int)strcspn(item, "="), item);
}

/*
 * The command that runs the container of @r, for the caller to free: in the foreground, in the
 * network namespace that it is started in, and in a cgroup below the service's own. Words are in
 * it still.
 */
static char *container_command(const struct deploy *d, const struct running *r, struct err *err)
{
	static const char *const own[] = { "SITU_SERVICE", "SITU_HOST",	   "SITU_PLACEMENT",
					   "SITU_TRIAL",   "SITU_ADDRESS", "SITU_PORT" };
	const struct plan_service *s = service_of(d, r);
	const struct plan_container *c = s->container;
	struct buf out = buf_init(COMMAND_MAX);
	unsigned int i;

	buf_printf(&out,
		   "exec podman --cgroup-manager=cgroupfs run --rm --replace --name=%s.%s "
		   "--cgroup-parent=%s --network=host",
		   d->lab->name, s->name, r->cgroup);
	for (i = 0; i < ARRAY_SIZE(own); i++)
		add_variable(&out, own[i]);
	for (i = 0; i < s->nr_env; i++)
		add_variable(&out, s->env[i]);
	buf_printf(&out, " %s %s%s %s", c->options ? c->options : "", c->rootfs ? "--rootfs " : "",
		   c->rootfs ? c->rootfs : c->image, c->args ? c->args : "");
	if (!out.failed)
		return out.data;
	out_of_memory(err);
	buf_free(&out);
	return NULL;
}

int launch_stop(const struct deploy *d, const struct running *r, int log, struct child *child,
		struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	char command[2 * PLAN_NAME_MAX + 128];

	if (s->stop)
		return launch_command(d, r, "", s->stop, log, child, err);
	/* podman passes SIGTERM on, which the first process of a container may not even notice. */
	snprintf(command, sizeof(command),
		 "exec podman --cgroup-manager=cgroupfs rm --force --ignore --time=%d %s.%s",
		 CONTAINER_STOP_SECONDS, d->lab->name, s->name);
	return launch_command(d, r, "", command, log, child, err);
}

static int launch_container(const struct deploy *d, struct running *r, int log, struct err *err)
{
	char *command = container_command(d, r, err);
	int failed = command ? launch_command(d, r, "", command, log, &r->child, err) : -1;

	free(command);
	return failed;
}

int launch_service(const struct deploy *d, struct running *r, struct err *err)
{
	const struct plan_service *s = service_of(d, r);
	int log, failed = 0;

	if (set_paths(d, r, err) || make_dir(d, r, err) || cgroup_make(d->lab->fs, r->cgroup, err))
		return -1;
	log = log_open(r->log, true, err);
	if (log < 0)
		return -1;
	if (s->container)
		failed = launch_container(d, r, log, err);
	else if (s->command)
		failed = launch_command(d, r, "exec ", s->command, log, &r->child, err);
	close(log);
	return failed;
}
