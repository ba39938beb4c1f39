/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the generator, and not the server, was the limit of a load. A result that it shaped is
 * no result about the server, and the one to know is the generator itself. Pure but for reading
 * /proc/stat.
 */
#ifndef SITU_LOADGEN_SELFCHECK_H
#define SITU_LOADGEN_SELFCHECK_H

#include <stddef.h>

#include "user/base/types.h"

#define SELFCHECK_FINDINGS    5
#define SELFCHECK_TEXT	      160

#define SELFCHECK_LAG_SHARE   0.25 /* of the median latency, that the send lag may have at p99 */
#define SELFCHECK_CPU_SHARE   0.95 /* of a CPU, that a thread may take */
#define SELFCHECK_STEAL_SHARE 0.02 /* of the machine, that its host may take away */
#define SELFCHECK_WAIT_SHARE  0.02 /* of the time, that a thread may be ready without a CPU */
#define SELFCHECK_RATE_SHARE  0.99 /* of the requests due, that must have been sent in time */

struct selfcheck {
	double due_rate;    /* requests per second by the schedule; 0: closed loop */
	double sent_rate;   /* requests per second that were begun */
	u64 lag_p99_ns;	    /* HIST_UNKNOWN: none known */
	u64 latency_p50_ns; /* uncorrected; HIST_UNKNOWN: none known */
	double cpu_share;   /* of a CPU: what the busiest thread took for its work */
	double awake_share; /* of a CPU: what the thread most awake took to be on time, besides */
	double wait_share;  /* of the time: what the thread worst off was ready without a CPU */
	double steal_share; /* of all CPUs: what the machine's host took; < 0: unknown */
	u64 backlog_max;    /* requests that were due and waited for a connection */
	u64 not_sent;	    /* due, and never begun */
};

struct finding {
	char text[SELFCHECK_TEXT]; /* "what was wrong: what to do" */
};

/* Fills @findings with what speaks against the result. Returns how many there are. */
size_t selfcheck_judge(const struct selfcheck *self, struct finding findings[SELFCHECK_FINDINGS]);

/* How long this thread has been ready without a CPU so far; 0 where the kernel does not tell. */
u64 thread_runq_wait_ns(void);

/* Memory of this process that is resident; 0 where the kernel does not tell. */
u64 process_rss_bytes(void);

/* Ticks of all CPUs since boot. */
struct cpu_ticks {
	u64 total;
	u64 steal;
};

/* Reads the "cpu" line of @text, which is that of /proc/stat. 0 or -EINVAL. */
int cpu_ticks_parse(const char *text, struct cpu_ticks *ticks);

/* The same from /proc/stat itself. 0 or a negative errno. */
int cpu_ticks_read(struct cpu_ticks *ticks);

/* The share that was stolen between @before and @after; -1 when no tick passed. */
double cpu_ticks_steal(const struct cpu_ticks *before, const struct cpu_ticks *after);

#endif
