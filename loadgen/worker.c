// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/sockets.h"
#include "user/base/clock.h"

#define EVENTS_MAX 64
#define PORTS	   65536

static void show(_Atomic u64 *at, u64 value)
{
	atomic_store_explicit(at, value, memory_order_relaxed);
}

static void show_one_more(_Atomic u64 *at)
{
	/* Only this thread writes: no locked instruction is needed. */
	show(at, atomic_load_explicit(at, memory_order_relaxed) + 1);
}

static u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static bool open_loop(const struct worker *w)
{
	return schedule_is_open(&w->part->schedule);
}

/* Due time of the request that @at stands at, on the clock. */
static u64 due_at(const struct worker *w, const struct schedule_cursor *at)
{
	return at->due_ns == SCHEDULE_NEVER ? SCHEDULE_NEVER : w->part->start_ns + at->due_ns;
}

static struct record *record_of(const struct worker *w, const struct slot *slot)
{
	return &w->records[slot->plan - w->plans->plan];
}

static void count_time(struct worker *w, struct hist *hist, u64 ns)
{
	if (hist_record(hist, HIST_CLIENT_SUB_BITS, ns))
		w->sockets.failed = -ENOMEM;
}

static void count_answer(struct worker *w, struct record *record, const struct slot *slot,
			 const struct outcome *outcome, u64 now_ns)
{
	unsigned int i;

	record->answered++;
	count_time(w, &record->latency, now_ns - slot->intended_ns);
	count_time(w, &record->uncorrected, now_ns - slot->started_ns);
	for (i = outcome->first_phase; i < RECORD_PHASES; i++) {
		if (i == PHASE_TLS && !outcome->phase_ns[i])
			continue; /* none was asked for */
		if (hist_record(&record->phases[i], HIST_KERNEL_SUB_BITS, outcome->phase_ns[i]))
			w->sockets.failed = -ENOMEM;
	}
}

static void keep_first_error(struct worker *w, enum error_class class, const char *text)
{
	if (!w->first_error[0])
		snprintf(w->first_error, sizeof(w->first_error), "%s%s%.200s",
			 error_class_name(class), text[0] ? ": " : "", text);
}

static void count_failure(struct worker *w, struct record *record, struct slot *slot,
			  const struct outcome *outcome, u64 now_ns)
{
	record->errors[outcome->class]++;
	count_time(w, &record->failure, now_ns - slot->intended_ns);
	if (outcome->class == ERROR_WRONG_ANSWER && outcome->code) {
		char text[CURL_ERROR_SIZE];

		snprintf(text, sizeof(text), "%.100s answered %ld%s%.140s",
			 slot->plan->target->title, outcome->code, slot->error[0] ? ": " : "",
			 slot->error);
		keep_first_error(w, outcome->class, text);
		return;
	}
	keep_first_error(w, outcome->class, slot->error);
}

/* Busy slots stand in a list by their start, so that the first to time out is at its head. */
static void enlist(struct worker *w, struct slot *slot)
{
	slot->busy = true;
	slot->older = w->newest;
	slot->newer = NULL;
	if (w->newest)
		w->newest->newer = slot;
	else
		w->oldest = slot;
	w->newest = slot;
}

static void delist(struct worker *w, struct slot *slot)
{
	slot->busy = false;
	if (slot->older)
		slot->older->newer = slot->newer;
	else
		w->oldest = slot->newer;
	if (slot->newer)
		slot->newer->older = slot->older;
	else
		w->newest = slot->older;
}

/* Frees the slot. */
static void put_back(struct worker *w, struct slot *slot, u64 now_ns)
{
	session_end(&slot->run);
	if (!w->nr_free)
		w->starved_until_ns = now_ns;
	w->free_slots[w->nr_free++] = (unsigned int)(slot - w->slots);
}

/* When the session of @slot is over: how long its user rests in a closed loop. */
static u64 end_session(struct worker *w, struct slot *slot, bool well)
{
	u64 rest_ns = w->plans->config->think_ns;

	if (slot->run.session->pause)
		rest_ns = open_loop(w) ? 0 : session_pause_ns(&slot->run);
	session_end(&slot->run);
	if (w->part->counts && well)
		w->sessions_finished++;
	else if (w->part->counts)
		w->sessions_failed++;
	return rest_ns;
}

/*
 * What comes behind an answer, a good one if @well: the session's next step after some thought, or,
 * in a closed loop after a rest, another arrival.
 */
static void go_on(struct worker *w, struct slot *slot, bool well, u64 now_ns)
{
	u64 wait_ns = w->plans->config->think_ns;

	if (slot->run.session && well && session_next(&slot->run))
		wait_ns = session_think_ns(&slot->run);
	else if (slot->run.session)
		wait_ns = end_session(w, slot, well);
	if (w->closing || (!slot->run.session && !wait_ns)) {
		put_back(w, slot, now_ns);
		return;
	}
	w->nr_thinking += slot->run.session != NULL;
	session_queue_add(&w->waiting, now_ns + wait_ns, (unsigned int)(slot - w->slots));
}

static void show_in_flight(struct worker *w)
{
	show(&w->shown.in_flight, w->nr_slots - w->nr_free - w->waiting.nr);
}

static void show_end(struct worker *w, const struct slot *slot, const struct outcome *outcome,
		     u64 now_ns)
{
	show_in_flight(w);
	if (outcome->class != ERROR_NONE) {
		show_one_more(&w->shown.failed);
		return;
	}
	show_one_more(&w->shown.answered);
	show_one_more(
		&w->shown.latency[hist_index(now_ns - slot->intended_ns, HIST_KERNEL_SUB_BITS)]);
}

/* Books how the request of @slot ended and gives the slot back. */
static void settle(struct worker *w, struct slot *slot, const struct outcome *outcome, u64 now_ns)
{
	struct record *record = record_of(w, slot);

	delist(w, slot);
	go_on(w, slot, outcome->class == ERROR_NONE, now_ns);
	show_end(w, slot, outcome, now_ns);
	if (!w->part->counts)
		return;
	w->last_answer_ns = now_ns;
	record->bytes_rx += outcome->bytes_rx;
	record->bytes_tx += outcome->bytes_tx;
	record->connections += (u64)outcome->connections;
	if (outcome->code > 0 && outcome->code < RECORD_CODES)
		record->codes[outcome->code]++;
	if (outcome->class == ERROR_NONE)
		count_answer(w, record, slot, outcome, now_ns);
	else
		count_failure(w, record, slot, outcome, now_ns);
}

/* Books every transfer that libcurl says is over. */
static void collect(struct worker *w)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(w->sockets.multi, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		u64 now_ns = clock_mono_ns();
		struct outcome outcome;
		struct slot *slot;

		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot)) {
			w->sockets.failed = -EIO;
			return;
		}
		slot_judge(slot, &w->plans->config->transport, result, &outcome);
		curl_multi_remove_handle(w->sockets.multi, easy);
		settle(w, slot, &outcome, now_ns);
	}
}

/* Hands the request to libcurl, which sends it, or starts to connect, before this returns. */
static void submit(struct worker *w, struct slot *slot)
{
	/*
	 * The first request of a thread brings the looked-up addresses into libcurl's cache, where
	 * they stay; the list is taken off again so that later ones do not load it anew.
	 */
	bool carries = !w->resolve_set && w->plans->resolve;
	int running;

	w->resolve_set = true;
	if (carries && curl_easy_setopt(slot->easy, CURLOPT_RESOLVE, w->plans->resolve))
		w->sockets.failed = -ENOMEM;
	if (curl_multi_add_handle(w->sockets.multi, slot->easy) ||
	    curl_multi_socket_action(w->sockets.multi, CURL_SOCKET_TIMEOUT, 0, &running))
		w->sockets.failed = -EIO;
	if (carries)
		curl_easy_setopt(slot->easy, CURLOPT_RESOLVE, NULL);
}

/*
 * The send lag is what the generator itself took: a request that waited for a connection could not
 * begin before one came free, and that wait is the server's, in the corrected latency.
 */
static void count_begin(struct worker *w, struct record *record, const struct slot *slot)
{
	u64 ready_ns = slot->intended_ns;

	record->attempted++;
	if (!open_loop(w))
		return;
	/* A later step of a session has its connection: it waits for nobody. */
	if (ready_ns < w->starved_until_ns && !(slot->run.session && !session_is_new(&slot->run)))
		ready_ns = w->starved_until_ns;
	count_time(w, &record->send_lag, slot->started_ns - ready_ns);
}

/* Begins the request that @slot carries, which was due at @due_ns. Returns when it did. */
static u64 begin(struct worker *w, struct slot *slot, u64 due_ns)
{
	struct record *record;
	u64 started_ns;

	enlist(w, slot);
	slot->started_ns = clock_mono_ns();
	slot->intended_ns = open_loop(w) ? due_ns : slot->started_ns;
	show_in_flight(w);
	record = record_of(w, slot);
	if (w->part->counts)
		count_begin(w, record, slot);
	submit(w, slot);
	started_ns = slot->started_ns;
	collect(w);
	return started_ns;
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
		put_back(w, slot, due_ns);
	} else if (slot_load_step(slot, w->plans)) {
		w->sockets.failed = -ENOMEM;
		put_back(w, slot, due_ns);
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

	if (!open_loop(w))
		return 0;
	while (due_at(w, &w->due) <= now_ns)
		schedule_next(&w->due);
	backlog = (w->due.index - w->next.index) / w->next.step;
	if (w->due.index < w->next.index)
		backlog = 0;
	show(&w->shown.backlog, backlog);
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

/* Ends the request of @slot without an answer. */
static void give_up(struct worker *w, struct slot *slot, enum error_class class, const char *why)
{
	struct outcome outcome;

	slot_judge(slot, &w->plans->config->transport, CURLE_ABORTED_BY_CALLBACK, &outcome);
	outcome.class = class;
	curl_multi_remove_handle(w->sockets.multi, slot->easy);
	snprintf(slot->error, sizeof(slot->error), "%s", why);
	settle(w, slot, &outcome, clock_mono_ns());
}

static u64 next_timeout_ns(const struct worker *w)
{
	return w->oldest ? w->oldest->started_ns + w->plans->config->timeout_ns : SCHEDULE_NEVER;
}

static void time_out(struct worker *w, u64 now_ns)
{
	while (next_timeout_ns(w) <= now_ns) {
		if (w->oldest->sent)
			give_up(w, w->oldest, ERROR_TIMEOUT, "no answer in time");
		else
			give_up(w, w->oldest, ERROR_CONNECT_TIMEOUT, "no connection in time");
	}
}

/* Sleeps until a socket or the timer has something, and handles it. Returns the time. */
static u64 wait_and_handle(struct worker *w, u64 deadline_ns, u64 now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int nr, i;

	deadline_ns = min_u64(deadline_ns, w->sockets.curl_deadline_ns);
	deadline_ns = min_u64(deadline_ns, next_timeout_ns(w));
	if (deadline_ns > now_ns)
		arm(w, deadline_ns, now_ns);
	nr = epoll_wait(w->sockets.epoll_fd, events, EVENTS_MAX, deadline_ns > now_ns ? -1 : 0);
	if (nr < 0 && errno != EINTR)
		w->sockets.failed = -errno;
	for (i = 0; i < nr; i++) {
		sockets_handle(&w->sockets, &events[i]);
		collect(w);
	}
	now_ns = clock_mono_ns();
	sockets_timeout(&w->sockets, now_ns);
	collect(w);
	time_out(w, now_ns);
	return now_ns;
}

/* Ends the sessions of those who think; the others end when their answers are there. */
static void send_home(struct worker *w)
{
	w->nr_thinking = 0;
	while (w->waiting.nr)
		put_back(w, &w->slots[session_queue_take(&w->waiting).slot], clock_mono_ns());
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
		now_ns = wait_and_handle(w, until_ns, now_ns);
	}
	while (w->oldest)
		give_up(w, w->oldest, stopped ? ERROR_OTHER : ERROR_TIMEOUT,
			stopped ? "interrupted before the answer" : "no answer in time");
}

/* Books what was due before @end_ns and never begun. */
static void count_not_sent(struct worker *w, u64 end_ns)
{
	if (!open_loop(w) || !w->part->counts)
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
	u64 now_ns = clock_mono_ns(), deadline_ns;

	w->part = part;
	w->closing = false;
	w->next = schedule_start(&part->schedule, w->number, w->plans->config->threads);
	w->due = w->next;
	w->cpu_ns = thread_cpu_ns();
	while (now_ns < part->end_ns && !broken_off(w)) {
		now_ns = begin_steps(w, now_ns);
		now_ns = begin_due(w, now_ns);
		measure_backlog(w, now_ns);
		if (w->next.due_ns == SCHEDULE_NEVER && !w->oldest && !w->nr_thinking)
			break;
		deadline_ns = min_u64(part->end_ns, session_queue_due(&w->waiting));
		if (w->nr_free)
			deadline_ns = min_u64(deadline_ns, due_at(w, &w->next));
		now_ns = wait_and_handle(w, deadline_ns, now_ns);
	}
	w->closing = true;
	/* A thread that wakes late is no reason to leave out what a connection is free for. */
	if (open_loop(w))
		begin_due(w, now_ns);
	count_not_sent(w, min_u64(now_ns, part->end_ns));
	drain(w, now_ns);
	show(&w->shown.backlog, 0);
	send_home(w);
	w->cpu_ns = thread_cpu_ns() - w->cpu_ns;
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
			      &w->sockets))
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
