// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "loadgen/selfcheck.h"
#include "user/base/buf.h"
#include "user/base/units.h"
#include "user/model/hist.h"

#define STAT_MAX      (1 << 20)
#define PROC_LINE_MAX 256

struct judge {
	struct finding *finding;
	size_t nr;
};

static void find(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void find(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->finding[j->nr++].text, SELFCHECK_TEXT, fmt, ap);
	va_end(ap);
}

static void judge_lag(struct judge *j, const struct selfcheck *self)
{
	char lag[UNITS_TEXT], latency[UNITS_TEXT];

	if (self->lag_p99_ns == HIST_UNKNOWN || self->latency_p50_ns == HIST_UNKNOWN)
		return;
	if ((double)self->lag_p99_ns <= SELFCHECK_LAG_SHARE * (double)self->latency_p50_ns)
		return;
	find(j, "sent late by %s at p99, beside a median latency of %s: give it a CPU of its own",
	     units_duration(lag, sizeof(lag), self->lag_p99_ns),
	     units_duration(latency, sizeof(latency), self->latency_p50_ns));
}

static void judge_rate(struct judge *j, const struct selfcheck *self)
{
	if (self->due_rate <= 0 ||
	    (!self->not_sent && self->sent_rate >= SELFCHECK_RATE_SHARE * self->due_rate))
		return;
	if (self->backlog_max)
		find(j,
		     "the target was missed, %" PRIu64 " requests waited for a connection: "
		     "use more connections, unless the server is the limit",
		     self->backlog_max);
	else
		find(j, "the target was missed: only %.5g of %.5g requests/s were sent",
		     self->sent_rate, self->due_rate);
}

size_t selfcheck_judge(const struct selfcheck *self, struct finding findings[SELFCHECK_FINDINGS])
{
	struct judge j = { .finding = findings };

	judge_lag(&j, self);
	if (self->cpu_share > SELFCHECK_CPU_SHARE)
		find(&j, "a thread took %.0f %% of a CPU: use more --threads",
		     100 * self->cpu_share);
	if (self->wait_share > SELFCHECK_WAIT_SHARE)
		find(&j, "a thread was ready without a CPU for %.1f %% of the time: give it one",
		     100 * self->wait_share);
	if (self->steal_share > SELFCHECK_STEAL_SHARE)
		find(&j, "the host of this machine took %.1f %% of its CPU time: use a quieter one",
		     100 * self->steal_share);
	judge_rate(&j, self);
	return j.nr;
}

/* The second number of the line that is the file @path; 0 where it has none. */
static u64 second_number(const char *path)
{
	struct buf text;
	u64 number;

	if (buf_read_file(&text, path, PROC_LINE_MAX) ||
	    sscanf(text.data, "%*u %" SCNu64, &number) != 1)
		number = 0;
	buf_free(&text);
	return number;
}

u64 thread_runq_wait_ns(void)
{
	/* "on a CPU, ready without one, slices": Documentation/scheduler/sched-stats.rst. */
	return second_number("/proc/thread-self/schedstat");
}

u64 process_rss_bytes(void)
{
	/* "size resident shared ...", in pages: proc(5). */
	return second_number("/proc/self/statm") * (u64)sysconf(_SC_PAGESIZE);
}

int cpu_ticks_parse(const char *text, struct cpu_ticks *ticks)
{
	u64 field[8];
	size_t i;

	/* user nice system idle iowait irq softirq steal; guests are in user and nice: proc(5). */
	if (sscanf(text,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &field[0], &field[1], &field[2], &field[3], &field[4], &field[5], &field[6],
		   &field[7]) != 8)
		return -EINVAL;
	*ticks = (struct cpu_ticks){ .steal = field[7] };
	for (i = 0; i < ARRAY_SIZE(field); i++)
		ticks->total += field[i];
	return 0;
}

int cpu_ticks_read(struct cpu_ticks *ticks)
{
	struct buf text;
	int status = buf_read_file(&text, "/proc/stat", STAT_MAX);

	if (!status)
		status = cpu_ticks_parse(text.data, ticks);
	buf_free(&text);
	return status;
}

double cpu_ticks_steal(const struct cpu_ticks *before, const struct cpu_ticks *after)
{
	if (after->total <= before->total || after->steal < before->steal)
		return -1;
	return (double)(after->steal - before->steal) / (double)(after->total - before->total);
}
