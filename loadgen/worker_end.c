// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "loadgen/worker_end.h"
#include "user/base/clock.h"

/* Rests of a connection of a closed loop whose requests find nobody who answers. */
#define REST_MIN_NS (NSEC_PER_MSEC)
#define REST_MAX_NS (64 * NSEC_PER_MSEC)

static void show_one_more(_Atomic u64 *at)
{
	/* Only this thread writes: no locked instruction is needed. */
	worker_show(at, atomic_load_explicit(at, memory_order_relaxed) + 1);
}

struct record *worker_record(const struct worker *w, const struct slot *slot)
{
	return &w->records[slot->plan - w->plans->plan];
}

void worker_count_time(struct worker *w, struct hist *hist, u64 ns)
{
	if (hist_record(hist, HIST_CLIENT_SUB_BITS, ns))
		w->sockets.failed = -ENOMEM;
}

/* When the request was due; in a closed loop that is when it went out. */
static u64 intended_ns(const struct worker *w, const struct slot *slot)
{
	return worker_is_open(w) ? slot->intended_ns : slot->started_ns;
}

static void count_answer(struct worker *w, struct record *record, const struct slot *slot,
			 const struct outcome *outcome, u64 now_ns)
{
	unsigned int i;

	record->answered++;
	worker_count_time(w, &record->latency, now_ns - intended_ns(w, slot));
	worker_count_time(w, &record->uncorrected, now_ns - slot->started_ns);
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
	worker_count_time(w, &record->failure, now_ns - intended_ns(w, slot));
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
void worker_enlist(struct worker *w, struct slot *slot)
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

void worker_put_back(struct worker *w, struct slot *slot, u64 now_ns)
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
		rest_ns = worker_is_open(w) ? 0 : session_pause_ns(&slot->run);
	session_end(&slot->run);
	if (w->part->counts && well)
		w->sessions_finished++;
	else if (w->part->counts)
		w->sessions_failed++;
	return rest_ns;
}

/*
 * Without an answer (nobody listens, or hangs up at once) the next request rests, longer from time
 * to time: a closed loop would else do nothing but fail, as fast as it can.
 */
static void set_rest(struct slot *slot, bool answered)
{
	if (answered)
		slot->rest_ns = 0;
	else if (slot->rest_ns < REST_MAX_NS)
		slot->rest_ns = slot->rest_ns ? 2 * slot->rest_ns : REST_MIN_NS;
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
	if (slot->rest_ns > wait_ns && !worker_is_open(w))
		wait_ns = slot->rest_ns;
	if (w->closing || (!slot->run.session && !wait_ns)) {
		worker_put_back(w, slot, now_ns);
		return;
	}
	w->nr_thinking += slot->run.session != NULL;
	session_queue_add(&w->waiting, now_ns + wait_ns, (unsigned int)(slot - w->slots));
}

void worker_show_in_flight(struct worker *w)
{
	worker_show(&w->shown.in_flight, w->nr_slots - w->nr_free - w->waiting.nr);
}

static void show_end(struct worker *w, const struct slot *slot, const struct outcome *outcome,
		     u64 now_ns)
{
	worker_show_in_flight(w);
	if (outcome->class != ERROR_NONE) {
		show_one_more(&w->shown.failed);
		return;
	}
	show_one_more(&w->shown.answered);
	show_one_more(
		&w->shown.latency[hist_index(now_ns - intended_ns(w, slot), HIST_KERNEL_SUB_BITS)]);
}

/* Books how the request of @slot ended and gives the slot back. */
static void settle(struct worker *w, struct slot *slot, const struct outcome *outcome, u64 now_ns)
{
	struct record *record = worker_record(w, slot);

	delist(w, slot);
	set_rest(slot, outcome->code > 0);
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

void worker_collect(struct worker *w, struct shard *shard, u64 found_ns)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(shard->multi, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		struct outcome outcome;
		struct slot *slot;
		u64 now_ns;

		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot)) {
			w->sockets.failed = -EIO;
			return;
		}
		now_ns = found_ns > slot->started_ns ? found_ns : clock_mono_ns();
		slot_judge(slot, &w->plans->config->transport, result, &outcome);
		curl_multi_remove_handle(shard->multi, easy);
		settle(w, slot, &outcome, now_ns);
	}
}

/* Ends the request of @slot without an answer. */
static void give_up(struct worker *w, struct slot *slot, enum error_class class, const char *why)
{
	struct outcome outcome;

	slot_judge(slot, &w->plans->config->transport, CURLE_ABORTED_BY_CALLBACK, &outcome);
	outcome.class = class;
	curl_multi_remove_handle(worker_shard(w, slot)->multi, slot->easy);
	snprintf(slot->error, sizeof(slot->error), "%s", why);
	settle(w, slot, &outcome, clock_mono_ns());
}

u64 worker_timeout_ns(const struct worker *w)
{
	return w->oldest ? w->oldest->begun_ns + w->plans->config->timeout_ns : SCHEDULE_NEVER;
}

void worker_time_out(struct worker *w, u64 now_ns)
{
	while (worker_timeout_ns(w) <= now_ns) {
		if (w->oldest->sent)
			give_up(w, w->oldest, ERROR_TIMEOUT, "no answer in time");
		else if (slot_is_resolving(w->oldest))
			give_up(w, w->oldest, ERROR_DNS, "no answer from the name server in time");
		else
			give_up(w, w->oldest, ERROR_CONNECT_TIMEOUT, "no connection in time");
	}
}

void worker_give_up(struct worker *w, bool interrupted)
{
	while (w->oldest)
		give_up(w, w->oldest, interrupted ? ERROR_OTHER : ERROR_TIMEOUT,
			interrupted ? "interrupted before the answer" : "no answer in time");
}
