/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being awake on time. A CPU that sleeps takes tens of microseconds to run a thread whose timer has
 * fired or whose answer has come, and in an open loop that would be send lag, or latency that the
 * server is not to blame for. So the thread wakes ahead of what is due, and stays awake a little
 * for the answer: within a share of the time, and not while others want the CPU.
 */
#ifndef SITU_LOADGEN_PUNCTUAL_H
#define SITU_LOADGEN_PUNCTUAL_H

#include <stdbool.h>

#include "user/base/types.h"

#define PUNCTUAL_AHEAD_NS (60 * NSEC_PER_USEC)
#define PUNCTUAL_AFTER_NS (100 * NSEC_PER_USEC) /* later answers find it asleep */
#define PUNCTUAL_SHARE	  2			/* half of the time at most */
/* A moment awake that took so long was somebody else's. */
#define PUNCTUAL_TAKEN_NS (20 * NSEC_PER_USEC)
#define PUNCTUAL_BACK_NS  (10 * NSEC_PER_MSEC)

struct punctual {
	u64 since_ns; /* CLOCK_MONOTONIC, as all of these but the next */
	u64 awake_ns; /* spent waiting awake since then */
	u64 back_ns;  /* no waiting awake before this: others want the CPU. UINT64_MAX: never */
};

/*
 * When to wake for what is due at @due_ns (UINT64_MAX: nothing), when the last request went out at
 * @sent_ns (0: none is under way). Not after @now_ns: stay awake.
 */
u64 punctual_wake_ns(const struct punctual *p, u64 due_ns, u64 sent_ns, u64 now_ns);

/* Books a moment of waiting awake. */
void punctual_waited(struct punctual *p, u64 from_ns, u64 to_ns);

#endif
