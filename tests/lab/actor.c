// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/actor.h"
#include "tests/lab/loop.h"

#define BLOCK_BYTES   4096
#define BLOCK_STEP    97 /* blocks between two reads: nothing reads ahead */
#define PART_PAUSE_US 1000

/* A request under way. */
struct deed {
	struct actor *actor;
	struct truth *truth;
	long parts;
	long busy_us; /* for the next call */
};

/* A stretch of time without use of a CPU or waiting for one. */
struct pause {
	int64_t start_ns;
	struct usage start;
};

static struct pause pause_begin(void)
{
	return (struct pause){ now_ns(), loop_usage() };
}

static int64_t pause_end(struct pause pause)
{
	struct usage now = loop_usage();

	return now_ns() - pause.start_ns - (now.cpu_ns - pause.start.cpu_ns) -
	       (now.runq_ns - pause.start.runq_ns);
}

static void spin(long us)
{
	struct timespec ts;
	int64_t now, until = -1;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
		now = ts.tv_sec * 1000000000LL + ts.tv_nsec;
		if (until < 0)
			until = now + us * 1000;
	} while (now < until);
}

static int do_sleep(struct deed *deed, long us)
{
	struct pause pause = pause_begin();

	loop_sleep_until(now_ns() + us * 1000);
	deed->truth->sleep_ns += pause_end(pause);
	return 0;
}

/* Not for a loop, which would stand still with it. */
static int do_lock(struct deed *deed, long us)
{
	struct timespec held = { us / 1000000, us % 1000000 * 1000 };
	struct pause pause = pause_begin();

	pthread_mutex_lock(&deed->actor->lock);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &held, NULL);
	pthread_mutex_unlock(&deed->actor->lock);
	deed->truth->lock_ns += pause_end(pause);
	return 0;
}

static int do_read(struct deed *deed, long blocks)
{
	struct actor *actor = deed->actor;
	struct pause pause = pause_begin();
	char buffer[2 * BLOCK_BYTES], *block;

	block = buffer + (BLOCK_BYTES - (uintptr_t)buffer % BLOCK_BYTES);
	for (long i = 0; i < blocks; i++) {
		unsigned long at = atomic_fetch_add(&actor->reads, 1) * BLOCK_STEP %
				   (unsigned long)actor->disk_blocks;

		if (pread(actor->disk_fd, block, BLOCK_BYTES, (off_t)at * BLOCK_BYTES) < 0)
			return -errno;
	}
	deed->truth->disk_ns += pause_end(pause);
	return 0;
}

/* A call under way. */
struct calling {
	struct peer *peer;
	int fd;
	bool fresh; /* its connection was opened for it */
	struct truth_call *truth;
	struct usage start; /* when it was sent */
};

static int call_open(struct deed *deed, const char *name, struct calling *call)
{
	struct truth *truth = deed->truth;
	struct pause pause = pause_begin();

	call->peer = peers_find(&deed->actor->peers, name);
	if (!call->peer || truth->nr_calls == TRUTH_CALLS_MAX)
		return -EINVAL;
	call->truth = &truth->calls[truth->nr_calls];
	snprintf(call->truth->peer, sizeof(call->truth->peer), "%s", name);
	call->fd = peer_take(call->peer, &call->fresh);
	if (call->fd < 0)
		return call->fd;
	if (call->fresh) {
		call->truth->open_sleep_ns = pause_end(pause);
		call->truth->open_ns = now_ns() - pause.start_ns;
	}
	call->start = loop_usage();
	call->truth->sent_ns = now_ns();
	truth->nr_calls++;
	return 0;
}

static void call_close(struct calling *call, int err)
{
	call->truth->read_ns = now_ns();
	peer_give(call->peer, call->fd, !err);
}

static int send_to(struct deed *deed, const struct target *target, struct calling *call)
{
	struct truth *truth = deed->truth;
	int err = call_open(deed, target->peer, call);

	if (err)
		return err;
	if (snprintf(call->truth->id, TRUTH_ID_MAX, "%.48s.%d", truth->id, truth->nr_calls) >=
	    TRUTH_ID_MAX)
		return -EMSGSIZE;
	return http_send_request(call->fd, target->script, target->script_len, call->truth->id,
				 call->peer->fresh);
}

static int exchange(struct deed *deed, const struct step *step, struct calling *calls)
{
	int err = 0;

	for (int i = 0; !err && i < step->nr_targets; i++)
		err = send_to(deed, &step->targets[i], &calls[i]);
	spin(deed->busy_us);
	deed->busy_us = 0;
	for (int i = 0; !err && i < step->nr_targets; i++) {
		err = http_read_answer(calls[i].fd);
		call_close(&calls[i], err);
	}
	return err;
}

/* All calls since @first are answered. */
static void add_calling(struct truth *truth, const struct calling *first)
{
	struct usage now = loop_usage();

	truth->downstream_ns += now_ns() - first->truth->sent_ns;
	truth->calling.cpu_ns += now.cpu_ns - first->start.cpu_ns;
	truth->calling.runq_ns += now.runq_ns - first->start.runq_ns;
}

static int do_call(struct deed *deed, const struct step *step)
{
	struct calling calls[STEP_TARGETS_MAX] = { 0 };
	int err = exchange(deed, step, calls);

	if (!err && calls[0].truth)
		add_calling(deed->truth, &calls[0]);
	return err;
}

/* One exchange with a server that keeps no truth, over @call, which is open. */
static int ask(struct deed *deed, struct calling *call, int (*talk)(int, long), long amount)
{
	int err = talk(call->fd, amount);

	call_close(call, err);
	add_calling(deed->truth, call);
	return err;
}

static int do_redis(struct deed *deed, long pings)
{
	struct calling call;
	int err = 0;

	while (!err && pings-- > 0) {
		err = call_open(deed, "redis", &call);
		if (!err)
			err = ask(deed, &call, peer_ping_redis, 0);
	}
	return err;
}

/* A new connection begins with an exchange of its own. */
static int do_sql(struct deed *deed, long us)
{
	struct calling call;
	int err = call_open(deed, "postgres", &call);

	if (!err && call.fresh) {
		err = ask(deed, &call, peer_greet_postgres, 0);
		if (!err)
			err = call_open(deed, "postgres", &call);
	}
	return err ? err : ask(deed, &call, peer_sleep_postgres, us);
}

static int do_step(struct deed *deed, const struct step *step)
{
	switch (step->kind) {
	case STEP_SPIN:
		spin(step->amount);
		return 0;
	case STEP_SLEEP:
		return do_sleep(deed, step->amount);
	case STEP_LOCK:
		return do_lock(deed, step->amount);
	case STEP_READ:
		return do_read(deed, step->amount);
	case STEP_BUSY:
		deed->busy_us = step->amount;
		return 0;
	case STEP_CALL:
		return do_call(deed, step);
	case STEP_REDIS:
		return do_redis(deed, step->amount);
	case STEP_SQL:
		return do_sql(deed, step->amount);
	case STEP_PARTS:
		deed->parts = step->amount;
		return 0;
	case STEP_TAG:
		memcpy(deed->truth->tag, step->tag, sizeof(deed->truth->tag));
		return 0;
	}
	return -EINVAL;
}

static int do_script(struct deed *deed, const char *script)
{
	struct step step;
	int more, err = 0;

	while (!err && (more = script_next(&script, &step)) != 0)
		err = more < 0 ? more : do_step(deed, &step);
	return err;
}

/*
 * The request's time is over when the last part of its answer is handed to the kernel: who is
 * woken by it may go on before the sending has returned.
 */
static void end_truth(struct truth *truth, struct usage begun)
{
	struct usage now = loop_usage();

	truth->answered_ns = now_ns();
	truth->used.cpu_ns += now.cpu_ns - begun.cpu_ns;
	truth->used.runq_ns += now.runq_ns - begun.runq_ns;
}

static int answer(struct deed *deed, int fd, int err, struct usage begun)
{
	int sent = 0;

	for (long part = 0; !sent && part < deed->parts; part++) {
		if (part)
			do_sleep(deed, PART_PAUSE_US);
		if (part == deed->parts - 1)
			end_truth(deed->truth, begun);
		sent = http_answer_part(fd, err ? 500 : 200, deed->parts, part);
	}
	return sent;
}

int actor_handle(struct actor *actor, int fd, const struct http_request *request,
		 struct truth *truth, struct usage begun)
{
	struct deed deed = { .actor = actor, .truth = truth, .parts = 1 };
	int err, sent;

	truth->begun_ns = request->begun_ns;
	if (request->id[0])
		memcpy(truth->id, request->id, sizeof(truth->id));
	else
		snprintf(truth->id, sizeof(truth->id), "%.20s-%llx.%lu", actor->name,
			 (unsigned long long)actor->started_ns,
			 atomic_fetch_add(&actor->requests, 1));
	err = do_script(&deed, request->script);
	if (err)
		fprintf(stderr, "%s: %s: %s\n", actor->name, request->script, strerror(-err));
	sent = answer(&deed, fd, err, begun);
	if (!err && !sent)
		truths_keep(&actor->truths, truth);
	return sent;
}
