/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Span records into the profiles and kept traces of a phase: assembled and split as they come,
 * by numbers of slots and edges; called by names when the phase ends.
 */
#ifndef SITU_ATTRIBUTE_TRACER_H
#define SITU_ATTRIBUTE_TRACER_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"

#define TRACER_ENDPOINTS_MAX 512 /* in a phase; traces of more are counted as lost */
#define TRACER_KEEP_SLOW     2	 /* whole traces of each endpoint */
#define TRACER_KEEP_OTHER    2	 /* drawn evenly from those that were not when they came */

struct tracer;

int tracer_open(struct tracer **out); /* *@out is NULL on -ENOMEM */
void tracer_close(struct tracer *t);  /* NULL is fine */

/* Takes the next record (what spans_drain() hands out); @tracer is a struct tracer. 0 or -ENOMEM.
 */
int tracer_add(const struct span_record *record, void *tracer);

/* Forgets what came, and takes only requests sent at @since_ns (CLOCK_MONOTONIC) or later. */
void tracer_begin(struct tracer *t, u64 since_ns);

/* Forgets what came; requests sent before still count when their records come from now on. */
void tracer_continue(struct tracer *t);

/*
 * Adds what came since tracer_begin() or tracer_continue() to @phase: profiles, traces, losses; and
 * what the kernel's sums rose by meanwhile (attribute/hops.h).
 * @after tells slots and edges, @before those that were taken back since. The endpoint of a request
 * of the load generator is left "" with its mark: see bands_name_endpoints(). May be called again.
 * 0 or -ENOMEM.
 */
int tracer_end(struct tracer *t, struct phase *phase, const struct snapshot *before,
	       const struct snapshot *after, struct names *names);

#endif
