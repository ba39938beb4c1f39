/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user on his way through a session. Like the schedule, his way (which steps, how long he
 * thinks, what is drawn for him) is a function of the seed and the number of his arrival alone; it
 * ends early when an answer is wrong.
 */
#ifndef SITU_LOADGEN_SESSION_H
#define SITU_LOADGEN_SESSION_H

#include <curl/curl.h>

#include "loadgen/schedule.h"
#include "loadgen/workload.h"

/* What was extracted: @nr texts one behind the other, each with a NUL; NULL: nothing yet. */
struct session_value {
	char *texts;
	u64 nr;
};

struct session_run {
	const struct user_session *session; /* NULL: no session, or it is over */
	const struct schedule *schedule;
	u64 index; /* of the arrival */
	unsigned int block, round;
	unsigned int step, turn;      /* within the block, within the step */
	u64 decision;		      /* steps looked at so far, for the draws; see session.c */
	struct session_value *values; /* session->nr_values of them */
};

/* Room for what a text may name, to be filled by session_values(). */
struct session_values {
	u64 choice[VARTEXT_VARS_MAX];
	const char *given[WORKLOAD_SYMBOLS_MAX];
};

/*
 * Puts @run, which is zeroed or over, at the first step of @session: the arrival @index of
 * @schedule, which outlives it. 0 or -ENOMEM.
 */
int session_begin(struct session_run *run, const struct user_session *session,
		  const struct schedule *schedule, u64 index);

/* Goes on to the next step that the odds let happen. False: that was the last one. */
bool session_next(struct session_run *run);

/* Whether it stands at its first request. */
bool session_is_new(const struct session_run *run);

/* Ends it and frees the values. */
void session_end(struct session_run *run);

const struct step *session_step(const struct session_run *run);

/* How long the user thinks before the step that @run stands at. */
u64 session_think_ns(const struct session_run *run);

/* How long he stays away when his session is over, in a closed loop. */
u64 session_pause_ns(const struct session_run *run);

/*
 * Fills @values for the request of @run's step, or, when @run has no session, for arrival @index
 * of @schedule, an endpoint. They point into @w and @run.
 */
void session_values(const struct workload *w, const struct session_run *run,
		    const struct schedule *schedule, u64 index, struct session_values *values);

/*
 * Takes out of the answer to @t, @run's step, what that extracts: from @answer, and from the
 * headers and cookies of @easy. 0, or a negative errno with @why[@size] set to what was missing.
 */
int session_extract(struct session_run *run, const struct target *t, struct answer *answer,
		    CURL *easy, char *why, size_t size);

/* Whether the JSON of @answer is as @expect has it. 0, or a negative errno with @why[@size]. */
int expect_check_json(const struct expect *expect, struct answer *answer, char *why, size_t size);

#endif
