/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an experiment file asks for, checked whole before anything is started.
 *
 * The members named as keys of the file are filled by libcyaml; those under "derived" by
 * plan_check().
 */
#ifndef SITU_EXPERIMENT_PLAN_H
#define SITU_EXPERIMENT_PLAN_H

#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>

#include "user/base/err.h"
#include "user/base/types.h"
#include "user/base/config.h"
#include "user/experiment/ranking.h"
#include "user/experiment/validity.h"

#define PLAN_NAME_MAX	   63
#define PLAN_CLIENT	   "client" /* host name of the load generator */
#define PLAN_LOAD	   "load"   /* service name of the load generator */
#define PLAN_PREPARE	   "prepare"
#define PLAN_PHASE	   "measure"
#define PLAN_SUBNET	   "10.83.0.0/24"
#define PLAN_TRIALS	   10 /* more where so many placements could not be told apart with these */
#define PLAN_TRIALS_MAX	   1000
#define PLAN_CONNECTIONS   16
#define PLAN_WITHIN_NS	   (30 * NSEC_PER_SEC)
#define PLAN_WARMUP_NS	   (2 * NSEC_PER_SEC)
#define PLAN_DURATION_NS   (10 * NSEC_PER_SEC)
#define PLAN_FIRST_ADDRESS 11	/* hosts are .11, .12, ... of the subnet; the client is .1 */
#define PLAN_PLACEMENTS	   1000 /* at most, generated ones included */
#define PLAN_ALL_LIMIT	   50	/* of "all", unless the file says another */
#define PLAN_AA_SUFFIX	   RANKING_AGAIN /* the copy of the first placement: "packed-again" */
#define PLAN_RETRIES	   2
#define PLAN_STATIONARY	   "stationary" /* in place of a warm-up time */
#define PLAN_WINDOW_NS	   (2 * NSEC_PER_SEC)
#define PLAN_WARM_LIMIT_NS (30 * NSEC_PER_SEC)
#define PLAN_WARM_WITHIN   0.10
#define PLAN_SEED_MAX	   INT64_MAX /* what JSON and the store can hold */

/* What is between a host and the others, each way. */
struct plan_link {
	char *delay;
	char *rate;
	/* derived; 0: as the machine does it */
	u64 delay_ns;
	u64 rate_bits; /* per second */
};

struct plan_host {
	char *name;
	char *cpus;    /* NULL, for the client only: all */
	bool *machine; /* true: the machine itself, no namespace */
	struct plan_link *link;
	/* derived */
	cpu_set_t cpu_set;
	char address[INET_ADDRSTRLEN];
};

struct plan_client {
	char *cpus;
};

struct plan_ready {
	bool *tcp;
	char *http;    /* path */
	char *command; /* exit status 0: ready */
	char *within;
};

/* A container, which podman runs in the foreground. */
struct plan_container {
	char *image;
	char *rootfs;  /* in its place: a directory */
	char *options; /* of `podman run`, for the shell */
	char *args;    /* behind the image, for the shell */
};

struct plan_service {
	char *name;
	/* One of these: */
	char *command; /* runs in the foreground */
	char *start;   /* ends once the service has been started; takes a stop command */
	struct plan_container *container;
	unsigned int port; /* 0: none */
	char **env;
	unsigned int nr_env;
	char *user; /* NULL: as situ runs, root */
	struct plan_ready *ready;
	char *reset; /* command: puts the data back to where every trial starts */
	char *stop;  /* command: ends the service, before SIGTERM does */
	/* derived */
	u64 within_ns;
};

struct plan_group {
	char *host;
	char **services;
	unsigned int nr_services;
};

/* An element of 'placements': written out, or a rule that makes one or more. */
struct plan_entry {
	char *name;
	struct plan_group *on;
	unsigned int nr_on;
	char *generate;
	unsigned int *limit; /* of "all" */
	unsigned int *count; /* of "random" */
	u64 *seed;	     /* of "random" */
};

struct plan_placement {
	char *name;
	unsigned int *host_of; /* index of the host that each service is on */
	unsigned int entry;    /* that it comes from */
};

/* A load phase as the file has it; what it leaves out is the load's own. */
struct plan_load_phase {
	char *name;
	char *workload;
	double *rate;
	unsigned int *connections;
	char *duration;
};

struct plan_stationary {
	char *window;
	char *within;
	char *limit;
};

struct plan_load {
	char *workload;
	char *target;
	double rate; /* requests per second */
	unsigned int *connections;
	char *warmup;
	struct plan_stationary *stationary;
	char *duration;
	char *drain;
	struct plan_load_phase *phases;
	unsigned int nr_phases;
	/* derived */
	unsigned int target_index;
	u64 warmup_ns; /* a time; with until_stationary: at most */
	bool until_stationary;
	u64 window_ns; /* two windows behind one another must agree ... */
	double within; /* ... to this share, in p50 and p99 */
	u64 drain_ns;
};

/* One load phase with everything that it is. */
struct plan_phase {
	char *name;
	char *workload_path; /* as seen from anywhere */
	double rate;
	unsigned int nr_connections;
	u64 duration_ns;
};

/* When a trial does not count. Shares as texts: "5%" or "0.05". */
struct plan_limits {
	char *lag;
	char *rate;
	char *idle;
	char *steal;
	char *others;
	char *lost;
};

struct plan {
	char *name;
	struct plan_host *hosts;
	unsigned int nr_hosts;
	struct plan_client *client;
	char *subnet;
	char *prepare;
	struct plan_service *services;
	unsigned int nr_services;
	struct plan_entry *entries;
	unsigned int nr_entries;
	bool *aa;
	unsigned int *trials;
	u64 *seed;
	unsigned int *retries;
	char *cooldown;
	struct plan_limits *limits;
	struct plan_load load;
	/* derived */
	struct plan_host client_host; /* .name and .cpus are not owned */
	struct plan_placement *placements;
	unsigned int nr_placements; /* with the A/A copy, which is the last one */
	struct plan_phase *phases;
	unsigned int nr_phases;
	struct validity_limits valid;
	unsigned int nr_retries;
	u64 cooldown_ns;
	unsigned int nr_trials;
	u64 order_seed;
	unsigned int prefix;	     /* bits of the subnet */
	char *here;		     /* directory of the file */
	char *text;		     /* the file, for the places of errors */
	struct config_source source; /* .text is text */
};

/* What a plan is checked against: the machine, or a test's idea of one. */
struct plan_machine {
	cpu_set_t online;
	char bin[4096];			      /* directory of this binary */
	int (*user_exists)(const char *name); /* NULL: not checked */
	int (*file_readable)(const char *path);
};

/* This machine. */
void plan_machine(struct plan_machine *machine);

/*
 * Parses and checks @text[@len], which errors call @name and whose relative paths start at the
 * directory @here, into *@plan, which the caller frees with plan_free(). Returns 0, or -1 with
 * @err set and *@plan NULL: EXIT_USAGE and "file:line:column: ..." for whatever the file has wrong.
 */
int plan_parse(const char *name, const char *here, const char *text, size_t len,
	       const struct plan_machine *machine, struct plan **plan, struct err *err);

/* plan_parse() of the file at @path. */
int plan_load(const char *path, const struct plan_machine *machine, struct plan **plan,
	      struct err *err);
void plan_free(struct plan *plan); /* NULL is fine */

bool plan_is_machine(const struct plan_host *host);

/* The libcyaml schema of the file, for the test that holds the JSON Schema against it. */
const cyaml_schema_value_t *plan_schema(void);

/* True when the last placement is the copy of the first one that measures the noise. */
bool plan_has_aa(const struct plan *plan);

/* Trials of all placements. */
unsigned int plan_total_trials(const struct plan *plan);

/*
 * How many figures of pairs of placements are judged, the A/A copy's not among them: what the
 * verdicts of a run without --metric are adjusted for. At least 1.
 */
size_t plan_family(const struct plan *plan);

bool plan_has_placement(const struct plan *plan, const char *name);

/* Index of the named thing, or -1. */
int plan_find_host(const struct plan *plan, const char *name);
int plan_find_service(const struct plan *plan, const char *name);

/* The host that service @service is on in placement @placement. */
const struct plan_host *plan_host_of(const struct plan *plan, unsigned int placement,
				     unsigned int service);

#endif
