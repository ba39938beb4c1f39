// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/selfcheck.h"
#include "loadgen/worker_end.h"
#include "user/base/clock.h"

#define EVENTS_MAX 64
#define PORTS	   65536

static u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* Due time of the request that @at stands at, on the clock. */
static u64 due_at(const struct worker *w, const struct schedule_cursor *at)
{
	return at->due_ns == SCHEDULE_NEVER ? SCHEDULE_NEVER : w->part->start_ns + at->due_ns;
}

/* Hands the request to libcurl, which sends it, or starts to connect, before this returns. */
static void submit(struct worker *w, struct slot *slot)
{
	struct shard *shard = worker_shard(w, slot);
	/*
	 * The first request of a shard brings the looked-up addresses into libcurl's cache, where
	 * they stay; the list is taken off again so that later ones do not load it anew.
	 */
	bool carries = !shard->resolve_set && w->plans->resolve;

	shard->resolve_set = true;
	if (carries && curl_easy_setopt(slot->easy, CURLOPT_RESOLVE, w->plans->resolve))
		w->sockets.failed = -ENOMEM;
	shard_begin(shard, slot->easy);
	if (carries)
		curl_easy_setopt(slot->easy, CURLOPT_RESOLVE, NULL);
	worker_collect(w, shard, 0);
}

/* A later step of a session has its connection: it waits for nobody. */
static bool has_connection(const struct slot *slot)
{
	return slot->run.session && !session_is_new(&slot->run);
}

/*
 * Since when the request of @slot could have gone out: later than it was due by the time that it
 * waited for a connection, which is the server's, in the corrected latency. That wait begins when
 * the last connection was taken: what was due before that, the generator kept.
 */
static u64 ready_ns(const struct worker *w, const struct slot *slot, u64 due_ns)
{
	if (has_connection(slot) || due_ns >= w->starved_until_ns)
		return due_ns;
	if (due_ns >= w->starved_from_ns)
		return w->starved_until_ns;
	return due_ns + w->starved_until_ns - w->starved_from_ns;
}

/* Notes that @slot took the last connection. What waited for one does not begin a new shortage. */
static void note_shortage(struct worker *w, const struct slot *slot, u64 due_ns)
{
	if (!w->nr_free && !has_connection(slot) && due_ns >= w->starved_until_ns)
		w->starved_from_ns = slot->begun_ns;
}

/* Begins the request that @slot carries, which was due at @due_ns. Returns when it did. */
static u64 begin(struct worker *w, struct slot *slot, u64 due_ns)
{
	struct record *record = worker_record(w, slot);
	u64 could_ns = ready_ns(w, slot, due_ns);

	slot->begun_ns = clock_mono_ns();
	slot->started_ns = slot->begun_ns;
	slot->intended_ns = due_ns;
	slot->counts = w->part->counts;
	note_shortage(w, slot, due_ns);
	worker_enlist(w, slot);
	worker_show_in_flight(w);
	record->attempted += w->part->counts;
	submit(w, slot);
	/* What the generator itself took, libcurl's part of it included. */
	if (w->part->counts && worker_is_open(w))
		worker_count_time(w, &record->send_lag, slot->started_ns - could_ns);
	return slot->started_ns;
}

/* Begins arrival @index: a request, or a session with its first one. */
static u64 begin_arrival(struct worker *w, u64 index, u64 due_ns)
{
	struct slot *slot = &w->slots[w->free_slots[--w->nr_free]];

	if (slot_load(slot, w->plans, &w->part->schedule, index)) {
		w->sockets.failed = -ENOMEM;
		w->nr_free++;
		return clock_mono_ns();
	}
	if (slot->run.session && w->part->counts)
		w->sessions_begun++;
	return begin(w, slot, due_ns);
}

static bool broken_off(const struct worker *w)
{
	return w->sockets.failed || atomic_load_explicit(w->stop, memory_order_relaxed);
}

/* Begins the step that the user of @slot has thought about until @due_ns, if he has one. */
static u64 begin_step(struct worker *w, struct slot *slot, u64 due_ns)
{
	if (!slot->run.session) {
		worker_put_back(w, slot, due_ns);
	} else if (slot_load_step(slot, w->plans)) {
		w->sockets.failed = -ENOMEM;
		worker_put_back(w, slot, due_ns);
	} else {
		return begin(w, slot, due_ns);
	}
	return clock_mono_ns();
}

/* Begins the steps whose users have thought, and frees the slots of those who have rested. */
static u64 begin_steps(struct worker *w, u64 now_ns)
{
	unsigned int nr = w->waiting.nr;

	while (nr-- && session_queue_due(&w->waiting) <= now_ns && !broken_off(w)) {
		struct session_wait wait = session_queue_take(&w->waiting);

		w->nr_thinking -= w->slots[wait.slot].run.session != NULL;
		now_ns = begin_step(w, &w->slots[wait.slot], wait.due_ns);
	}
	return now_ns;
}

/*
 * Begins what is due at @now_ns, as far as connections are free: each once, because one whose
 * answer is there at once must not keep the others from being looked at. Returns the time.
 */
static u64 begin_due(struct worker *w, u64 now_ns)
{
	unsigned int nr = w->nr_free;

	while (nr-- && due_at(w, &w->next) <= now_ns && !broken_off(w)) {
		u64 index = w->next.index, due_ns = due_at(w, &w->next);

		schedule_next(&w->next);
		now_ns = begin_arrival(w, index, due_ns);
	}
	return now_ns;
}

/* How many requests are due at @now_ns and not begun. */
static u64 measure_backlog(struct worker *w, u64 now_ns)
{
	u64 backlog;

	if (!worker_is_open(w))
		return 0;
	while (due_at(w, &w->due) <= now_ns)
		schedule_next(&w->due);
	backlog = (w->due.index - w->next.index) / w->next.step;
	if (w->due.index < w->next.index)
		backlog = 0;
	worker_show(&w->shown.backlog, backlog);
	if (w->part->counts && backlog > w->backlog_max)
		w->backlog_max = backlog;
	return backlog;
}

/* Makes the timer fire at @deadline_ns or before: one that is early costs less than a call. */
static void arm(struct worker *w, u64 deadline_ns, u64 now_ns)
{
	struct itimerspec at = { 0 };

	if (w->armed_ns > now_ns && w->armed_ns <= deadline_ns)
		return;
	w->armed_ns = deadline_ns;
	if (deadline_ns == SCHEDULE_NEVER)
		return;
	at.it_value.tv_sec = (time_t)(deadline_ns / NSEC_PER_SEC);
	at.it_value.tv_nsec = (long)(deadline_ns % NSEC_PER_SEC);
	if (timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &at, NULL))
		w->sockets.failed = -errno;
}

static void handle_timeouts(struct worker *w, u64 now_ns)
{
	unsigned int i;

	for (i = 0; i < w->sockets.nr_shards; i++) {
		if (shard_timeout(&w->sockets.shards[i], now_ns))
			worker_collect(w, &w->sockets.shards[i], now_ns);
	}
	worker_time_out(w, now_ns);
}

/* Begins what is due between two answers of a batch. Returns when more is due. */
static u64 begin_between(struct worker *w, u64 now_ns)
{
	u64 due_ns;

	now_ns = begin_steps(w, now_ns);
	begin_due(w, now_ns);
	due_ns = session_queue_due(&w->waiting);
	return w->nr_free ? min_u64(due_ns, due_at(w, &w->next)) : due_ns;
}

/* Whether another thread took this one's CPU since the last call. */
static bool lost_cpu(struct worker *w)
{
	long before = w->preemptions;
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		return true;
	w->preemptions = usage.ru_nivcsw;
	return w->preemptions != before;
}

/*
 * Waits, asleep where punctual.h lets it, until a socket has something or @due_ns, when a request
 * is to begin, is near, or until @deadline_ns; handles what is there. Returns the time.
 */
static u64 wait_and_handle(struct worker *w, u64 due_ns, u64 deadline_ns, u64 now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	u64 sent_ns = worker_is_open(w) && w->newest ? w->newest->started_ns : 0;
	u64 wake_ns = punctual_wake_ns(&w->punctual, due_ns, sent_ns, now_ns), from_ns = 0;
	int nr, i;

	deadline_ns = min_u64(deadline_ns, sockets_deadline(&w->sockets));
	deadline_ns = min_u64(deadline_ns, worker_timeout_ns(w));
	if (wake_ns <= now_ns && due_ns > now_ns) {
		from_ns = clock_mono_ns();
		sched_yield(); /* what waits awake must not keep others waiting */
	}
	deadline_ns = min_u64(deadline_ns, wake_ns);
	if (deadline_ns > now_ns)
		arm(w, deadline_ns, now_ns);
	nr = epoll_wait(w->sockets.epoll_fd, events, EVENTS_MAX, deadline_ns > now_ns ? -1 : 0);
	if (nr < 0 && errno != EINTR)
		w->sockets.failed = -errno;
	for (i = 0; i < nr; i++) {
		u64 found_ns = clock_mono_ns();
		struct shard *shard;

		/* What is due does not wait until a batch of answers is read. */
		if (found_ns >= due_ns && found_ns < w->part->end_ns) {
			due_ns = begin_between(w, found_ns);
			found_ns = clock_mono_ns();
		}
		shard = sockets_handle(&w->sockets, &events[i]);
		if (shard)
			worker_collect(w, shard, found_ns);
	}
	now_ns = clock_mono_ns();
	if (from_ns && nr == 0 && punctual_waited(&w->punctual, now_ns - from_ns) && lost_cpu(w))
		punctual_back_off(&w->punctual, now_ns - from_ns, now_ns);
	handle_timeouts(w, now_ns);
	return now_ns;
}

/* Ends the sessions of those who think; the others end when their answers are there. */
static void send_home(struct worker *w)
{
	w->nr_thinking = 0;
	while (w->waiting.nr)
		worker_put_back(w, &w->slots[session_queue_take(&w->waiting).slot],
				clock_mono_ns());
}

/* Waits for the answers to what was begun. */
static void drain(struct worker *w, u64 from_ns)
{
	bool stopped = atomic_load(w->stop);
	u64 until_ns = from_ns + (stopped ? w->part->stop_grace_ns : w->part->grace_ns);
	u64 now_ns = from_ns;

	while (w->oldest && !w->sockets.failed) {
		if (!stopped && atomic_load(w->stop)) {
			stopped = true;
			until_ns = min_u64(until_ns, now_ns + w->part->stop_grace_ns);
		}
		if (now_ns >= until_ns)
			break;
		now_ns = wait_and_handle(w, SCHEDULE_NEVER, until_ns, now_ns);
	}
	worker_give_up(w, stopped);
}

/* Books what was due before @end_ns and never begun. */
static void count_not_sent(struct worker *w, u64 end_ns)
{
	if (!worker_is_open(w) || !w->part->counts)
		return;
	while (due_at(w, &w->next) < end_ns) {
		size_t target = slot_target(w->plans, &w->part->schedule, w->next.index);

		w->records[target].attempted++;
		w->records[target].errors[ERROR_NOT_SENT]++;
		schedule_next(&w->next);
	}
}

static u64 thread_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

int worker_run(struct worker *w, const struct part *part)
{
	u64 now_ns = clock_mono_ns(), due_ns;

	w->part = part;
	w->closing = false;
	w->next = schedule_start(&part->schedule, w->number, w->plans->config->threads);
	w->due = w->next;
	w->ran_ns = now_ns;
	w->cpu_ns = thread_cpu_ns();
	w->runq_wait_ns = thread_runq_wait_ns();
	w->punctual = (struct punctual){ .back_ns = w->plans->config->sleeps ? UINT64_MAX : 0 };
	while (now_ns < part->end_ns && !broken_off(w)) {
		now_ns = begin_steps(w, now_ns);
		now_ns = begin_due(w, now_ns);
		measure_backlog(w, now_ns);
		if (w->next.due_ns == SCHEDULE_NEVER && !w->oldest && !w->nr_thinking)
			break;
		due_ns = session_queue_due(&w->waiting);
		if (w->nr_free)
			due_ns = min_u64(due_ns, due_at(w, &w->next));
		now_ns = wait_and_handle(w, due_ns, part->end_ns, now_ns);
	}
	w->closing = true;
	/* A thread that wakes late is no reason to leave out what a connection is free for. */
	if (worker_is_open(w))
		begin_due(w, now_ns);
	count_not_sent(w, min_u64(now_ns, part->end_ns));
	drain(w, now_ns);
	worker_show(&w->shown.backlog, 0);
	send_home(w);
	w->cpu_ns = thread_cpu_ns() - w->cpu_ns;
	w->runq_wait_ns = thread_runq_wait_ns() - w->runq_wait_ns;
	w->ran_ns = clock_mono_ns() - w->ran_ns;
	return w->sockets.failed;
}

static int make_slots(struct worker *w)
{
	const struct engine_config *config = w->plans->config;
	size_t nr_sources = config->transport.nr_sources ? config->transport.nr_sources : 1;
	unsigned int i;

	w->slots = calloc(w->nr_slots, sizeof(*w->slots));
	w->free_slots = calloc(w->nr_slots, sizeof(*w->free_slots));
	w->records = calloc(config->workload->nr_targets, sizeof(*w->records));
	if (config->requests_per_connection)
		w->served = calloc(nr_sources * PORTS, sizeof(*w->served));
	if (!w->slots || !w->free_slots || !w->records ||
	    session_queue_make(&w->waiting, w->nr_slots) ||
	    (config->requests_per_connection && !w->served))
		return -ENOMEM;
	for (i = 0; i < w->nr_slots; i++) {
		u32 *served = w->served ? w->served + i % nr_sources * PORTS : NULL;

		if (slot_make(&w->slots[i], w->plans, i, served, sockets_open, sockets_close,
			      sockets_shard(&w->sockets, i)))
			return -ENOMEM;
		w->free_slots[w->nr_slots - 1 - i] = i;
	}
	w->nr_free = w->nr_slots;
	return 0;
}

int worker_make(struct worker *w, const struct plans *plans, unsigned int number,
		unsigned int nr_slots, const atomic_bool *stop, int wake_fd, struct err *err)
{
	int status;

	*w = (struct worker){ .plans = plans,
			      .number = number,
			      .nr_slots = nr_slots,
			      .stop = stop,
			      .timer_fd = -1,
			      .armed_ns = SCHEDULE_NEVER };
	status = sockets_make(&w->sockets, nr_slots);
	if (!status)
		status = make_slots(w);
	if (!status) {
		w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		status = w->timer_fd < 0 ? -errno : sockets_add_other(&w->sockets, w->timer_fd);
	}
	if (!status)
		status = sockets_add_other(&w->sockets, wake_fd);
	if (!status)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot prepare %u connections (%s): use fewer", nr_slots,
		       strerror(-status));
}

void worker_free(struct worker *w)
{
	size_t i;

	for (i = 0; w->slots && i < w->nr_slots; i++)
		slot_free(&w->slots[i]);
	session_queue_free(&w->waiting);
	sockets_free(&w->sockets);
	if (w->timer_fd >= 0)
		close(w->timer_fd);
	for (i = 0; w->records && i < w->plans->config->workload->nr_targets; i++)
		record_free(&w->records[i]);
	free(w->records);
	free(w->slots);
	free(w->free_slots);
	free(w->served);
	*w = (struct worker){ .timer_fd = -1 };
}
