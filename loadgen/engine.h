/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drives a load: threads, each with its own libcurl multi handle, epoll set, connections and share
 * of the schedule, so that they have nothing to wait for each other for.
 */
#ifndef SITU_LOADGEN_ENGINE_H
#define SITU_LOADGEN_ENGINE_H

#include "loadgen/schedule.h"
#include "loadgen/selfcheck.h"
#include "loadgen/transport.h"
#include "loadgen/workload.h"
#include "user/model/run.h"

#define ENGINE_CONNECTIONS_MAX 100000
#define ENGINE_THREADS_MAX     256

/* How a load stands at this moment, over all threads. */
struct engine_progress {
	bool warming_up;
	u64 elapsed_ns;
	u64 planned_ns; /* of this part; 0: until all requests are through */
	u64 answered;
	u64 failed;
	u64 in_flight;
	u64 backlog; /* due, and not begun because every connection is busy */
	u64 p50_ns;  /* latency of good answers since the last call; HIST_UNKNOWN: none came */
	u64 p99_ns;
};

struct engine_config {
	const struct workload *workload; /* with a base */
	const char *const *headers;	 /* added to every request: "Name: value", checked */
	size_t nr_headers;
	double rate; /* requests per second in all; 0: closed loop */
	bool poisson;
	const struct schedule_stage *stages; /* in the place of rate; their time is the duration */
	size_t nr_stages;
	u64 think_ns; /* closed loop: pause of a connection between an answer and its next request
		       */
	u64 nr_requests; /* 0: no limit; at least one of this and duration_ns is set */
	u64 duration_ns; /* 0: no limit */
	u64 warmup_ns;	 /* load of the same kind before, not counted */
	unsigned int connections;
	unsigned int threads; /* at most connections */
	u64 seed;
	u64 timeout_ns; /* of one request, connection included */
	bool keepalive;
	bool sleeps; /* whenever it waits: it is never awake just to be on time */
	unsigned int requests_per_connection; /* 0: no limit */
	struct transport transport;	      /* checked */
	/*
	 * [65536] or NULL: by the local port of a connection, the number of the target, from 1,
	 * whose request is about to be sent on it; 0 for one of the warm-up, and where a request
	 * is not all that is under way there.
	 */
	u64 *marks;
	/* Called in the calling thread, about every @progress_ns; may be NULL. */
	void (*progress)(const struct engine_progress *now, void *arg);
	void *progress_arg;
	u64 progress_ns;
};

struct engine_result {
	bool interrupted; /* stop_signal() ended it */
	struct selfcheck self;
	/* What is neither finished nor failed was cut off by the end of the load. */
	u64 sessions_begun;
	u64 sessions_finished;
	u64 sessions_failed;   /* an answer was wrong, or none came: the rest was left out */
	char first_error[256]; /* what libcurl said of the first failure, "" without one */
};

/*
 * Runs the load and fills the empty @phase: started_at_ns, duration_ns (to the last answer, at
 * least config->duration_ns), self_cpu_ns and one endpoint per target, in their order, behind one
 * called "all". Returns when the schedule is through, the time is up or stop_signal() says so, and
 * what was under way by then is answered or timed out (after a stop: at most a second later). A
 * server that fails is a result, not an error: 0, or -1 with @err set.
 *
 * A session stays with its connection to its end, thinking included; that is what its user is to
 * config->connections. When the time is up, no further step of a session begins.
 *
 * Each request is sent at most once: libcurl's own second try, on a new connection when a kept one
 * turns out dead, is counted as a reset instead.
 */
int engine_run(const struct engine_config *config, struct phase *phase,
	       struct engine_result *result, struct err *err);

#endif
