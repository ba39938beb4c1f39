// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/truth.h"

#define TRUTHS_MAX 32768

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static _Thread_local int schedstat = -1;

/* The second number of schedstat is the time on a run queue. */
static int64_t runq_ns(void)
{
	char text[96], *second;
	ssize_t len;

	if (schedstat < 0)
		schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	len = pread(schedstat, text, sizeof(text) - 1, 0);
	if (len <= 0)
		abort(); /* without it there is no truth */
	text[len] = '\0';
	strtoll(text, &second, 10);
	return strtoll(second, NULL, 10);
}

struct usage usage_now(void)
{
	return (struct usage){ .cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), .runq_ns = runq_ns() };
}

void usage_end(void)
{
	close(schedstat);
	schedstat = -1;
}

struct usage usage_since(struct usage before)
{
	struct usage now = usage_now();

	return (struct usage){ now.cpu_ns - before.cpu_ns, now.runq_ns - before.runq_ns };
}

void usage_add(struct usage *to, struct usage what)
{
	to->cpu_ns += what.cpu_ns;
	to->runq_ns += what.runq_ns;
}

static void write_calls(FILE *out, const struct truth *t)
{
	fprintf(out, ",\"calls\":[");
	for (int i = 0; i < t->nr_calls; i++) {
		const struct truth_call *c = &t->calls[i];

		fprintf(out,
			"%s{\"peer\":\"%s\",\"id\":\"%s\",\"open_ns\":%lld,\"open_sleep_ns\":%lld,\"sent_ns\":%lld,"
			"\"read_ns\":%lld}",
			i ? "," : "", c->peer, c->id, (long long)c->open_ns,
			(long long)c->open_sleep_ns, (long long)c->sent_ns, (long long)c->read_ns);
	}
	fprintf(out, "]");
}

static void write_one(FILE *out, const char *name, const struct truth *t)
{
	fprintf(out,
		"{\"actor\":\"%s\",\"id\":\"%s\",\"tag\":\"%s\",\"begun_ns\":%lld,"
		"\"answered_ns\":%lld,\"cpu_ns\":%lld,\"runq_ns\":%lld",
		name, t->id, t->tag, (long long)t->begun_ns, (long long)t->answered_ns,
		(long long)t->used.cpu_ns, (long long)t->used.runq_ns);
	fprintf(out,
		",\"sleep_ns\":%lld,\"lock_ns\":%lld,\"disk_ns\":%lld,\"handover_ns\":%lld,"
		"\"downstream_ns\":%lld,\"calling_cpu_ns\":%lld,\"calling_runq_ns\":%lld",
		(long long)t->sleep_ns, (long long)t->lock_ns, (long long)t->disk_ns,
		(long long)t->handover_ns, (long long)t->downstream_ns,
		(long long)t->calling.cpu_ns, (long long)t->calling.runq_ns);
	write_calls(out, t);
	fprintf(out, "}\n");
}

int truths_open(struct truths *truths, const char *path)
{
	truths->out = fopen(path, "a");
	if (!truths->out)
		return -errno;
	truths->all = calloc(TRUTHS_MAX, sizeof(*truths->all));
	return truths->all ? 0 : -ENOMEM;
}

void truths_keep(struct truths *truths, const struct truth *truth)
{
	size_t at;

	if (!truths->out)
		return;
	at = atomic_fetch_add(&truths->nr, 1);
	if (at >= TRUTHS_MAX)
		abort();
	truths->all[at] = *truth;
}

int truths_write(struct truths *truths)
{
	if (!truths->out)
		return 0;
	for (size_t i = 0; i < atomic_load(&truths->nr); i++) {
		if (truths->all[i].answered_ns)
			write_one(truths->out, truths->name, &truths->all[i]);
	}
	return fclose(truths->out) ? -errno : 0;
}
