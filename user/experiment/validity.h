/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a trial counts. Pure: judged by what was measured. */
#ifndef SITU_EXPERIMENT_VALIDITY_H
#define SITU_EXPERIMENT_VALIDITY_H

#include "user/model/run.h"

#define VALIDITY_TEXT 200

/* Shares. 0 means none at all. */
struct validity_limits {
	double lag;    /* p99 of the generator's send lag, of the p50 of the latency */
	double rate;   /* requests that must be answered, of those that were due ... */
	double idle;   /* ... where no host was busier than this: the server could have */
	double steal;  /* CPU time that the hypervisor took, of all CPUs' time */
	double others; /* CPU time of what is neither the experiment's nor situ, of the same */
	double lost;   /* events lost or without an owner, of all events */
};

/* The generator's lag below which its share of a very short latency is not worth a trial. */
#define VALIDITY_LAG_LEAST_NS (500 * NSEC_PER_USEC)

extern const struct validity_limits validity_defaults;

/* What no phase says of itself. */
struct validity_context {
	struct validity_limits limits;
	const char *const *services; /* [nr_services]: names of the experiment's own */
	size_t nr_services;
	const char *const *hosts; /* [nr_hosts]: of these */
	const unsigned int *host_cpus;
	size_t nr_hosts;
	unsigned int cpus; /* of the machine */
	u64 steal_ns;	   /* over the phase, of all CPUs */
};

/*
 * Writes why @phase does not count into @reason: one sentence with the numbers. Returns true, and
 * "", when it does.
 */
bool validity_judge(const struct validity_context *context, const struct phase *phase,
		    char reason[VALIDITY_TEXT]);

#endif
