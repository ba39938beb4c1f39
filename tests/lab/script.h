/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a request asks an actor to do: steps with commas between them, one behind the other.
 *
 *	spin=US		CPU time by the thread's own clock
 *	sleep=US	a timer
 *	lock=US		sleeps so long with the actor's only lock held
 *	read=N		N blocks of the actor's file, O_DIRECT, one by one
 *	busy=US		CPU time, spent behind the sending of the next call
 *	call=B(STEPS)	asks peer B; call=B(STEPS)C(STEPS) asks both before it reads an answer
 *	redis=N		N times PING to the peer "redis"
 *	sql=US		SELECT pg_sleep() at the peer "postgres"
 *	parts=N		the answer goes out in N parts with 1 ms between them
 *	tag=NAME	names the script in the truth; nothing is done
 *
 * A text like this is a request's path, without escapes.
 */
#ifndef LAB_SCRIPT_H
#define LAB_SCRIPT_H

#define STEP_TARGETS_MAX 4
#define SCRIPT_NAME_MAX	 24

enum step_kind {
	STEP_SPIN,
	STEP_SLEEP,
	STEP_LOCK,
	STEP_READ,
	STEP_BUSY,
	STEP_CALL,
	STEP_REDIS,
	STEP_SQL,
	STEP_PARTS,
	STEP_TAG,
};

struct target {
	char peer[SCRIPT_NAME_MAX];
	const char *script; /* in the text that was parsed, of */
	int script_len;
};

struct step {
	enum step_kind kind;
	long amount;
	char tag[SCRIPT_NAME_MAX];
	int nr_targets;
	struct target targets[STEP_TARGETS_MAX];
};

/*
 * Takes the first step off *@text, which points to a terminated text that outlives @step. Returns
 * 1 with @step filled and *@text behind it, 0 at the end, -EINVAL for what is no step.
 */
int script_next(const char **text, struct step *step);

#endif
