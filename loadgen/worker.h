/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread of the load: slots over libcurl's multi_socket_action() and an epoll set of its own.
 * worker.c begins requests and waits, worker_end.c is about their end.
 * Lives through all parts of a load (warm-up, then the measured part), so connections do too.
 */
#ifndef SITU_LOADGEN_WORKER_H
#define SITU_LOADGEN_WORKER_H

#include <stdatomic.h>

#include "loadgen/punctual.h"
#include "loadgen/session_queue.h"
#include "loadgen/slot.h"
#include "loadgen/sockets.h"

/* What the main thread may read while the worker runs. */
struct worker_shown {
	_Atomic u64 answered;
	_Atomic u64 failed;
	_Atomic u64 in_flight;
	_Atomic u64 backlog;
	_Atomic u64 latency[HIST_KERNEL_NR]; /* of good answers so far */
};

/* One part of a load: how long, and whether it counts. */
struct part {
	struct schedule schedule;
	u64 start_ns; /* CLOCK_MONOTONIC */
	u64 end_ns;   /* nothing is begun from here on; SCHEDULE_NEVER: no limit */
	u64 grace_ns; /* after the end (or a stop), answers are waited for no longer than this */
	u64 stop_grace_ns;
	bool counts;
};

struct worker {
	const struct plans *plans;
	const atomic_bool *stop;
	unsigned int number; /* takes the requests number, number + threads, ... */
	struct sockets sockets;
	int timer_fd;
	u64 armed_ns; /* when the timer fires; SCHEDULE_NEVER: it does not */
	struct punctual punctual;
	long preemptions; /* of this thread, when it was last asked whether it lost its CPU */
	struct slot *slots;
	unsigned int nr_slots;
	unsigned int *free_slots; /* a stack of indexes */
	unsigned int nr_free;
	u32 *served;		      /* see slot_make() */
	struct slot *oldest, *newest; /* of the busy ones: the first to time out, the last */
	struct session_queue waiting; /* slots that are neither busy nor free: users who think */
	unsigned int nr_thinking;     /* those of them who have a session; the others rest */
	bool closing;		      /* no step of a session begins any more */
	u64 sessions_begun, sessions_finished, sessions_failed;
	u64 starved_from_ns;	/* when the shortage of connections that is or was last began */
	u64 starved_until_ns;	/* when a connection last came free after all were busy */
	struct record *records; /* one per target */
	const struct part *part;
	struct schedule_cursor next; /* the first request that is not begun */
	struct schedule_cursor due;  /* the first one that is not due */
	u64 last_answer_ns;
	u64 backlog_max;
	/* Of this thread, in the last part: in all, of that on a CPU, and ready without one. */
	u64 ran_ns, cpu_ns, runq_wait_ns;
	char first_error[CURL_ERROR_SIZE];
	struct worker_shown shown;
};

/*
 * Makes worker @number with @nr_slots connections. @wake_fd becomes readable when @stop is set. 0,
 * or -1 with @err set: worker_free() in either case.
 */
int worker_make(struct worker *w, const struct plans *plans, unsigned int number,
		unsigned int nr_slots, const atomic_bool *stop, int wake_fd, struct err *err);
void worker_free(struct worker *w);

/* Runs this worker's share of @part. 0 or the negative errno that ended it early. */
int worker_run(struct worker *w, const struct part *part);

/* For worker.c and worker_end.c. */

static inline bool worker_is_open(const struct worker *w)
{
	return schedule_is_open(&w->part->schedule);
}

static inline struct shard *worker_shard(struct worker *w, const struct slot *slot)
{
	return sockets_shard(&w->sockets, (unsigned int)(slot - w->slots));
}

static inline void worker_show(_Atomic u64 *at, u64 value)
{
	atomic_store_explicit(at, value, memory_order_relaxed);
}

#endif
