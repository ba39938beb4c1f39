/* SPDX-License-Identifier: GPL-2.0-only */
/* A thing that is compared, known by name wherever it runs, and what a trial says of it. Pure. */
#ifndef SITU_EXPERIMENT_SUBJECT_H
#define SITU_EXPERIMENT_SUBJECT_H

#include <stdbool.h>

#include "user/model/metrics.h"

struct subject {
	enum metric_entity entity;   /* service, disk, edge or endpoint */
	const void *thing;	     /* the struct of that entity, in any phase that has it;
				      * NULL: all services that are placed, added up */
	const struct service *owner; /* of a disk */
};

/* How one trial becomes one number; struct difference in compare.h says what each means. */
struct subject_stat {
	const char *name;
	double quantile; /* below 0: the mean; only for histograms */
};

/* Whether @subject stands for all of its kind: the endpoint "all", or all services. */
bool subject_is_total(const struct subject *subject);

/* "cart", "redis vda write", "web > cart", "GET /": the caller frees it. NULL without memory. */
char *subject_text(const struct subject *subject);

/* The @nr numbers that a trial makes of @metric; @per_request: the run has a load. */
const struct subject_stat *subject_stats(const struct subject *subject, const struct metric *metric,
					 bool per_request, size_t *nr);

/*
 * The number that @metric, a counter, makes of all services of the experiment in @phase: those on
 * the hosts of @run, all where it tells none. NAN where there is none.
 */
double subject_all_services(const struct run *run, const struct phase *phase,
			    const struct metric *metric, bool per_request);

/*
 * The number that @stat makes of @metric of @subject, not all services, in @phase, whose things are
 * already added up by name (pool_add with POOL_BY_NAME). NAN where there is none.
 */
double subject_value(const struct subject *subject, const struct phase *phase,
		     const struct metric *metric, const struct subject_stat *stat,
		     bool per_request);

/*
 * Time per answered request that @phase spent in @metric, a counter or a histogram of nanoseconds
 * of @subject; 0 where the trial has no such thing, NAN where no request was answered.
 */
double subject_time_per_request(const struct subject *subject, const struct phase *phase,
				const struct metric *metric);

/* Requests that the load of @phase got answered; 0 without a load. */
u64 subject_answered(const struct phase *phase);

#endif
