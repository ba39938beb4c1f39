/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is sent, and when, as a pure function of a seed: request number i of a schedule is due at
 * the same time, goes to the same endpoint and carries the same values whatever the server does,
 * however many threads share the work. Choices are drawn by hashing (seed, i, purpose), so a
 * thread computes its own requests without drawing those of the others.
 */
#ifndef SITU_LOADGEN_SCHEDULE_H
#define SITU_LOADGEN_SCHEDULE_H

#include <stdbool.h>

#include "user/base/types.h"

#define SCHEDULE_NEVER	    UINT64_MAX
#define SCHEDULE_STAGES_MAX 64

/* A rate that grows or falls in a straight line over a time; requests per second, 0 and up. */
struct schedule_stage {
	double from, to;
	u64 length_ns;
};

struct schedule {
	u64 seed;
	double rate; /* requests per second; 0: closed loop, everything is due at once */
	const struct schedule_stage *stages; /* in the place of rate; the schedule ends with them */
	size_t nr_stages;
	double mean_requests; /* of what is due at one time: sessions have several; 0: one */
	bool poisson;
	u64 nr_max; /* requests (sessions count as one) in all; SCHEDULE_NEVER: no limit */
	u64 end_ns; /* requests due from here on do not belong to it; SCHEDULE_NEVER: no limit */
};

/* A walk over every @step-th request of a schedule: those of one thread. */
struct schedule_cursor {
	const struct schedule *schedule;
	u64 index; /* of the request it stands at */
	u64 step;
	u64 due_ns; /* from the start of the phase; SCHEDULE_NEVER: the schedule is at its end */
	double gap_sum; /* Poisson: the sum of all gaps so far, in mean gaps */
	size_t stage;	/* the one that the request is due in, with what was before it: */
	double stage_first;
	u64 stage_start_ns;
};

/* Whether requests have times of their own (open loop), or are due as soon as they can go. */
static inline bool schedule_is_open(const struct schedule *s)
{
	return s->rate > 0 || s->nr_stages;
}

/* Requests that @s has within @ns of its start, on average: what its target is. Open loop only. */
double schedule_expected(const struct schedule *s, u64 ns);

/* A cursor at request @first. */
struct schedule_cursor schedule_start(const struct schedule *s, u64 first, u64 step);

/* On to the next request of this walk. */
void schedule_next(struct schedule_cursor *at);

/* A number 0..@range-1 for @purpose (any number of the caller's) of request @index; @range >= 1. */
u64 schedule_draw(const struct schedule *s, u64 index, u64 purpose, u64 range);

/*
 * The item that request @index goes to, among @nr whose cumulated weights are @cumulated (the last
 * one is their sum, at least 1).
 */
size_t schedule_pick(const struct schedule *s, u64 index, const u64 *cumulated, size_t nr);

#endif
