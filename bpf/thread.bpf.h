/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of a thread that talks over sockets: the request that it works on, and what it has
 * used of the machine so far. The kernel itself keeps the sums (run time, time on the run queue);
 * only the sleeps for a disk are timed here, by one look at in_iowait at each switch.
 */
#ifndef SITU_BPF_THREAD_BPF_H
#define SITU_BPF_THREAD_BPF_H

#include "bpf/fixes.bpf.h"
#include "bpf/span.bpf.h"

#define THREAD_CLOCK_PERIOD_NS 1000000

struct thread {
	struct span_ref span;  /* what it works on */
	struct span_ref doubt; /* the call in doubt that it seems to be that for, just answered */
	u64 slept;	       /* nvcsw when it last touched one of the span's sockets */
	u64 woken;	       /* the same at its last event, whosever */
	u64 unprompted_ns;     /* when it last did something that nothing it had read led to */
	u64 at_ns;	       /* last hook, or the departure that it was about */
	u64 cpu_ns;	       /* counters as of then */
	u64 run_delay_ns;
	u64 disk_seen_ns;
	u64 disk_ns;		 /* asleep in io_schedule() so far */
	u64 iowait_ns;		 /* since when, on the run queue's clock; 0: it is not */
	struct span_usage total; /* since it was first seen */
	u64 throttled_seen_ns;
	u64 throttled_ns;	/* kept off its CPU by a quota so far */
	u64 queue;		/* its run queue's address, when it left the CPU, */
	u64 queue_throttled_ns; /* and for how long that had been throttled */
	u32 worker;		/* its number in span_workers; 0: none */
	u32 process;		/* the same for its process */
	bool reads;		/* has read requests */
	bool helps;		/* only answers those that others have read */
	u8 pad[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} shared_threads SEC(".maps");

/* Per CPU: bpf_ktime_get_ns() less the run queue's clock of task time. */
struct thread_clock {
	u64 off_ns; /* 0: not known yet */
	u64 at_ns;  /* on the run queue's clock */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct thread_clock);
} shared_thread_clock SEC(".maps");

static __always_inline struct thread_clock *thread_clock(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&shared_thread_clock, &zero);
}

/* A task that a quota may hold leaves the CPU. */
static __always_inline void thread_put_down(struct task_struct *task)
{
	struct thread *t = bpf_task_storage_get(&shared_threads, task, 0, 0);

	if (!t)
		return;
	t->queue = (u64)task->se.cfs_rq;
	t->queue_throttled_ns = queue_throttled_ns((void *)t->queue);
}

/*
 * It is back: what its queue was throttled meanwhile was the quota's doing, as far as the task
 * was waiting. It may have moved since, and that queue may be gone: then what is read means
 * nothing, hence the bound.
 */
static __always_inline void thread_pick_up(struct task_struct *task, u64 now_ns)
{
	struct thread *t = bpf_task_storage_get(&shared_threads, task, 0, 0);
	u64 queued_ns = task->sched_info.last_queued, throttled_ns;

	if (!t || !t->queue)
		return;
	throttled_ns = queue_throttled_ns((void *)t->queue) - t->queue_throttled_ns;
	t->queue = 0;
	if ((s64)throttled_ns <= 0 || !queued_ns || (s64)(now_ns - queued_ns) <= 0)
		return;
	t->throttled_ns += throttled_ns < now_ns - queued_ns ? throttled_ns : now_ns - queued_ns;
}

/*
 * At every switch, by the scheduler's hook. Only threads that have used a socket are timed, and
 * a sleep counts until the task was queued again: the rest is the run queue's.
 */
static __always_inline void thread_switch(struct task_struct *prev, struct task_struct *next,
					  u64 now_ns)
{
	struct thread_clock *clock;
	struct thread *t;

	if (!spans_on)
		return;
	clock = thread_clock();
	/*
	 * Interrupts take their time off clock_task: a wake-up from idle comes by one, and a slice
	 * would begin that much too early.
	 */
	if (clock && (!prev->pid || now_ns - clock->at_ns >= THREAD_CLOCK_PERIOD_NS)) {
		clock->off_ns = bpf_ktime_get_ns() - prev->se.cfs_rq->rq->clock_task;
		clock->at_ns = now_ns;
	}
	if (task_has_quota(prev))
		thread_put_down(prev);
	if (task_has_quota(next))
		thread_pick_up(next, now_ns);
	if (BPF_CORE_READ_BITFIELD(prev, in_iowait)) {
		t = bpf_task_storage_get(&shared_threads, prev, 0, 0);
		if (t)
			t->iowait_ns = now_ns;
	}
	if (BPF_CORE_READ_BITFIELD(next, in_iowait)) {
		t = bpf_task_storage_get(&shared_threads, next, 0, 0);
		if (t && t->iowait_ns) {
			u64 slept_ns = next->sched_info.last_queued - t->iowait_ns;

			if ((s64)slept_ns > 0)
				t->disk_ns += slept_ns;
			t->iowait_ns = 0;
		}
	}
}

/* Whether the slice of the running task, as far as it is in no sum so far, had begun by @at_ns. */
static __always_inline bool thread_ran_at(const struct task_struct *task, u64 at_ns)
{
	const struct thread_clock *clock = thread_clock();

	return clock && clock->off_ns && (s64)(at_ns - clock->off_ns - task->se.exec_start) > 0;
}

/*
 * Run time of the running task up to now: the kernel's sum is as old as the last tick. Read
 * twice, since a tick may come in between.
 */
static __always_inline u64 thread_cpu_ns(struct task_struct *task, u64 now_ns)
{
	const struct thread_clock *clock = thread_clock();
	u64 sum_ns = task->se.sum_exec_runtime, start_ns = task->se.exec_start, slice_ns;

	if (sum_ns != *(volatile u64 *)&task->se.sum_exec_runtime) {
		sum_ns = task->se.sum_exec_runtime;
		start_ns = task->se.exec_start;
	}
	if (!clock || !clock->off_ns) {
		lose(LOSS_SPAN_CLOCK);
		return sum_ns;
	}
	slice_ns = now_ns - clock->off_ns - start_ns;
	return (s64)slice_ns > 0 ? sum_ns + slice_ns : sum_ns;
}

/*
 * What the running thread used since its last hook, into @used and its totals. @after_ns belong
 * to what comes next: the send that this hook is about departed so long ago. The reader that it
 * woke may have taken the CPU since: as much of it as this slice has not run was waiting.
 */
static __always_inline void thread_account(struct thread *t, struct task_struct *task, u64 now_ns,
					   u64 after_ns, struct span_usage *used)
{
	u64 cpu_ns = thread_cpu_ns(task, now_ns),
	    slice_ns = cpu_ns - task->se.prev_sum_exec_runtime,
	    run_delay_ns = task->sched_info.run_delay, waited_ns = 0;

	if (after_ns > slice_ns) {
		waited_ns = after_ns - slice_ns;
		after_ns = slice_ns;
	}
	if (!t->at_ns) {
		t->cpu_ns = cpu_ns - after_ns;
		t->run_delay_ns = run_delay_ns;
		__builtin_memset(used, 0, sizeof(*used));
		goto out;
	}
	if ((s64)(cpu_ns - after_ns - t->cpu_ns) < 0)
		after_ns = cpu_ns - t->cpu_ns;
	if (waited_ns > run_delay_ns - t->run_delay_ns)
		waited_ns = run_delay_ns - t->run_delay_ns;
	used->cpu_ns = cpu_ns - after_ns - t->cpu_ns;
	used->runq_ns = run_delay_ns - waited_ns - t->run_delay_ns;
	used->throttled_ns = t->throttled_ns - t->throttled_seen_ns;
	if (used->throttled_ns > used->runq_ns)
		used->throttled_ns = used->runq_ns;
	used->runq_ns -= used->throttled_ns;
	used->disk_ns = t->disk_ns - t->disk_seen_ns;
	t->total.cpu_ns += used->cpu_ns;
	t->total.runq_ns += used->runq_ns;
	t->total.throttled_ns += used->throttled_ns;
	t->total.disk_ns += used->disk_ns;
	t->cpu_ns += used->cpu_ns;
	t->run_delay_ns = run_delay_ns - waited_ns;
out:
	t->throttled_seen_ns = t->throttled_ns;
	t->disk_seen_ns = t->disk_ns;
}

#endif
