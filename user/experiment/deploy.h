/* SPDX-License-Identifier: GPL-2.0-only */
/* The services of one trial: started in order, each ready before the next; watched; stopped. */
#ifndef SITU_EXPERIMENT_DEPLOY_H
#define SITU_EXPERIMENT_DEPLOY_H

#include "user/attribute/measure.h"
#include "user/experiment/census.h"
#include "user/experiment/lab.h"
#include "user/experiment/progress.h"
#include "user/experiment/spawn.h"

struct running {
	unsigned int service; /* index in the plan */
	struct child child;
	char *cgroup; /* relative to the hierarchies: "/situ.12.34/redis" */
	char *log;
	char *dir;
};

struct deploy {
	const struct lab *lab;
	const struct plan *plan;
	const struct plan_machine *machine;
	struct progress *progress;
	unsigned int placement; /* index in the plan */
	unsigned int trial;	/* from 1 */
	unsigned int attempt;	/* from 1 */
	unsigned int serial;	/* from 1: of all deployments of this process */
	const char *log_dir;
	const char *step; /* for errors: "start", "reset", "warm-up", "measure" */
	char death[160];  /* "service 'redis' died ...", once one did */
	struct running *running;
	unsigned int nr_running;
	struct measure *measure; /* polled by deploy_watch(); NULL: none goes on */
	struct census census;	 /* while the services are under load */
};

enum watch { WATCH_TIME, WATCH_CHILD, WATCH_FAILED };

/*
 * Starts all services of d->placement. 0; -1 with @err set when one does not start, dies or is not
 * ready in time, or when somebody asked to stop. deploy_stop() is due in any case.
 */
int deploy_start(struct deploy *d, struct err *err);

/* Runs the reset commands of the services that have one, in order. 0, or -1 with @err set. */
int deploy_reset(struct deploy *d, struct err *err);

/*
 * Waits until CLOCK_MONOTONIC reaches @until_ns (WATCH_TIME), @child (may be NULL) has ended
 * (WATCH_CHILD), or it is over (WATCH_FAILED, with @err set): a service died, or somebody asked
 * to stop.
 */
enum watch deploy_watch(struct deploy *d, const struct child *child, u64 until_ns, struct err *err);

/*
 * From here on deploy_watch() looks after all processes of the services; what became of them is in
 * d->census.found. 0, or -1 with @err set.
 */
int deploy_watch_processes(struct deploy *d, struct err *err);

/* Tells @m the services by name. 0, or -1 with @err set. */
int deploy_name_services(const struct deploy *d, struct measure *m, struct err *err);

/* Stops all services, the last one first, and removes what they leave behind but the logs. */
void deploy_stop(struct deploy *d);

#endif
