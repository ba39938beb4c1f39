/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being awake on time. A CPU that sleeps takes tens of microseconds to run a thread whose timer has
 * fired or whose answer has come, and in an open loop that would be send lag, or latency that the
 * server is not to blame for. So the thread wakes ahead of what is due, and stays awake a little
 * for the answer: not while others want the CPU. From some 3,000 requests a second it never sleeps.
 */
#ifndef SITU_LOADGEN_PUNCTUAL_H
#define SITU_LOADGEN_PUNCTUAL_H

#include <stdbool.h>

#include "user/base/types.h"

/* Above the time that a virtual CPU, which its host may have given to another, needs to wake. */
#define PUNCTUAL_AHEAD_NS    (150 * NSEC_PER_USEC)
#define PUNCTUAL_AFTER_NS    (150 * NSEC_PER_USEC) /* later answers find it asleep */
/* A moment awake that took so long was an interrupt's, the host's, or another thread's. */
#define PUNCTUAL_TAKEN_NS    (20 * NSEC_PER_USEC)
#define PUNCTUAL_BACK_MAX_NS (64 * NSEC_PER_MSEC) /* the longest time that it makes way */

struct punctual {
	u64 awake_ns; /* spent waiting awake */
	u64 back_ns;  /* no waiting awake before this (CLOCK_MONOTONIC). UINT64_MAX: never */
	u64 rest_ns;  /* how long it last made way */
};

/*
 * When to wake for what is due at @due_ns (UINT64_MAX: nothing), when the last request went out at
 * @sent_ns (0: none is under way). Not after @now_ns: stay awake.
 */
u64 punctual_wake_ns(const struct punctual *p, u64 due_ns, u64 sent_ns, u64 now_ns);

/* Books a moment awake of @taken_ns. True when it was so long that another thread may have had it.
 */
bool punctual_waited(struct punctual *p, u64 taken_ns);

/*
 * Another thread had the CPU for @taken_ns until @now_ns: makes way for as long as that, for twice
 * as long each time in a row. A kernel thread's few microseconds are over; who never sleeps comes
 * back.
 */
void punctual_back_off(struct punctual *p, u64 taken_ns, u64 now_ns);

#endif
