/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads and processes by what they have open: how many requests each has read that are not
 * answered, and how many calls may be any of theirs.
 */
#ifndef SITU_BPF_WORKER_BPF_H
#define SITU_BPF_WORKER_BPF_H

#include "bpf/spanpool.bpf.h"

#define SPAN_WORKERS 8192

/* What others must know of a thread, or of a process: the requests that it has open. */
struct span_worker {
	u32 generation;
	u32 open;      /* read, and not answered */
	u32 idle;      /* of them: those that wait for no answer, so may go on at any time */
	u32 ambiguous; /* calls that may be any of them's, and will stay so */
	u32 mixed;     /* a process whose threads answer what others have read */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPAN_WORKERS);
	__type(key, u32);
	__type(value, struct span_worker);
} span_workers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, SPAN_WORKERS);
	__type(value, u32);
} span_worker_free SEC(".maps");

/* A process takes a number for itself and one for each of its threads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SPAN_WORKERS / 2);
	__type(key, u32);
	__type(value, u32);
} span_processes SEC(".maps");

static __always_inline struct span_worker *worker_at(u32 number)
{
	return bpf_map_lookup_elem(&span_workers, &number);
}

static __always_inline u32 worker_new(void)
{
	struct span_worker *worker;
	u32 number;

	if (bpf_map_pop_elem(&span_worker_free, &number))
		return 0;
	worker = worker_at(number);
	if (worker) {
		worker->generation++;
		worker->open = 0;
		worker->idle = 0;
		worker->mixed = 0;
	}
	return number;
}

static __always_inline u32 process_of(u32 tgid)
{
	u32 *known = bpf_map_lookup_elem(&span_processes, &tgid), number;

	if (known)
		return *known;
	number = worker_new();
	if (number && bpf_map_update_elem(&span_processes, &tgid, &number, BPF_NOEXIST)) {
		bpf_map_push_elem(&span_worker_free, &number, 0);
		known = bpf_map_lookup_elem(&span_processes, &tgid);
		number = known ? *known : 0;
	}
	return number;
}

/* Its numbers, at a thread's first event. */
static __noinline bool thread_enter(struct thread *t, u32 tgid)
{
	if (!t)
		return false;
	t->process = process_of(tgid);
	t->worker = t->process ? worker_new() : 0;
	if (t->worker)
		return true;
	lose(LOSS_SPAN_THREAD);
	return false;
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	struct thread *t =
		bpf_task_storage_get(&shared_threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!t)
		lose(LOSS_SPAN_THREAD);
	else if (!t->worker && !thread_enter(t, task->tgid))
		return NULL;
	return t;
}

/* Adds @change to the requests of the worker of @span that may go on at any time. */
static __always_inline void idle_change(const struct span *span, int change)
{
	struct span_worker *worker = span->open ? worker_at(span->worker) : NULL;

	if (worker && worker->generation == span->worker_generation)
		__sync_fetch_and_add(&worker->idle, change);
}

/* Something is sent for the sake of @span. */
static __always_inline void hold(struct span *span)
{
	if (!__sync_fetch_and_add(&span->calls_out, 1))
		idle_change(span, -1);
}

/* It is answered, or never will be. */
static __always_inline void release(struct span *span)
{
	if (__sync_fetch_and_add(&span->calls_out, -1) == 1)
		idle_change(span, 1);
}

/* The request of @span is read by the thread: it has one more to answer. */
static __always_inline void take(struct thread *t, struct span *span)
{
	struct span_worker *worker = worker_at(t->worker), *process = worker_at(t->process);

	if (!worker || !process)
		return;
	t->reads = true;
	span->worker = t->worker;
	span->worker_generation = worker->generation;
	span->ambiguous = worker->ambiguous;
	span->process = t->process;
	span->process_generation = process->generation;
	span->process_ambiguous = process->ambiguous;
	span->open = 1;
	__sync_fetch_and_add(&worker->open, 1);
	__sync_fetch_and_add(&worker->idle, 1);
	__sync_fetch_and_add(&process->open, 1);
}

/* The answer of @span begins to leave, or never will: its reader has one less to answer. */
static __always_inline void give(struct span *span)
{
	struct span_worker *worker = worker_at(span->worker), *process = worker_at(span->process);

	if (!span->open)
		return;
	if (!span->calls_out)
		idle_change(span, -1);
	span->open = 0;
	if (process && process->generation == span->process_generation) {
		__sync_fetch_and_add(&process->open, -1);
		if (process->ambiguous != span->process_ambiguous)
			span->record.flags |= SPAN_AMBIGUOUS;
	}
	if (!worker || worker->generation != span->worker_generation)
		return;
	__sync_fetch_and_add(&worker->open, -1);
	if (worker->ambiguous != span->ambiguous || span->doubts)
		span->record.flags |= SPAN_AMBIGUOUS;
}

#endif
