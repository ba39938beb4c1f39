// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/truth.h"

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

/* The second number of schedstat is the time on a run queue. The file stays open, per thread. */
static int64_t runq_ns(void)
{
	static _Thread_local int fd = -1;
	char text[96], *second;
	ssize_t len;

	if (fd < 0)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	len = pread(fd, text, sizeof(text) - 1, 0);
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
			"%s{\"peer\":\"%s\",\"id\":\"%s\",\"open_ns\":%lld,\"sent_ns\":%lld,"
			"\"read_ns\":%lld}",
			i ? "," : "", c->peer, c->id, (long long)c->open_ns, (long long)c->sent_ns,
			(long long)c->read_ns);
	}
	fprintf(out, "]");
}

void truth_write(FILE *out, const char *name, const struct truth *t)
{
	flockfile(out);
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
	funlockfile(out);
}
