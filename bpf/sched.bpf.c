// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler: CPU time, run-queue wait and slice of every cgroup, from one hook.
 *
 * At the sched_switch tracepoint the kernel has just measured all of it: next's
 * sched_info.last_queued still holds when it was queued (__schedule() traces before
 * sched_info_switch()), prev's sched_info.last_arrival when its slice began, both on the run
 * queue's clock, and prev's se.sum_exec_runtime is up to date, since put_prev_task() ran
 * update_curr(). So there is no wakeup hook, no map of tasks and no clock read.
 */
#include "bpf/owner.bpf.h"
#include "bpf/thread.bpf.h"

#define CLOCK_OFF_PERIOD_NS 1000000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOTS_MAX); /* times the possible CPUs, set before loading */
	__type(key, u32);
	__type(value, struct sched_row);
} sched_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* possible CPUs, set before loading */
	__type(key, u32);
	__type(value, struct cpu_state);
} sched_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WAIT_ROWS_MAX);
	__type(key, u32);
	__type(value, struct wait_row);
} wait_rows SEC(".maps");

DENSE_MAPS(wait, WAIT_ROWS_MAX);

/*
 * Tasks preempted on their way to sleep: they are runnable, but the kernel's own stamp leaves
 * them out (sched_info_depart() looks at the state alone). A hash, for it happens seldom.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} sched_preempted SEC(".maps");

static __always_inline struct sched_row *row_of(u32 cpu, u32 slot)
{
	u32 i = cpu * SLOTS_MAX + slot;

	return bpf_map_lookup_elem(&sched_rows, &i);
}

/*
 * Time on the CPU of @prev's slice of @slice_ns: the kernel's own run time since switch-in, as
 * cpu.stat counts it. Of a slice that began before the programs were attached nothing is known.
 * Some switches are not traced by the kernel (seen on 6.18: about one a second); the task that
 * came by one has its slice by the clock, the one that left by it has lost its.
 */
static __always_inline u64 slice_cpu_ns(const struct cpu_state *cpu, struct task_struct *prev,
					u64 slice_ns)
{
	u64 exec_ns = prev->se.sum_exec_runtime;

	if (cpu->seq <= 1) {
		lose(LOSS_SCHED_START);
		return 0;
	}
	if (cpu->pid != (u32)prev->pid) {
		lose(LOSS_SCHED_UNTRACED);
		return slice_ns;
	}
	return exec_ns - cpu->exec_ns;
}

/* Slot of @prev, in most cases as it was found at its switch-in: it may have moved since. */
static __always_inline u32 slot_of_prev(const struct cpu_state *cpu, const struct task_struct *prev)
{
	if (cpu->pid == (u32)prev->pid && cpu->group == (u64)prev->cgroups)
		return cpu->slot;
	return owner_of_task(prev);
}

/* As the kernel counts nvcsw and nivcsw: preempted, or still runnable (a yield), is not its will.
 */
static __always_inline void count_reason(struct sched_row *row, const struct task_struct *prev,
					 bool preempt, u64 state, u64 now_ns)
{
	u32 pid = prev->pid;

	if (state && !preempt) {
		row->voluntary++;
		return;
	}
	row->involuntary++;
	if (state && bpf_map_update_elem(&sched_preempted, &pid, &now_ns, BPF_ANY))
		lose(LOSS_SCHED_NO_STAMP);
}

static __always_inline void switch_out(struct cpu_state *cpu, u32 cpu_nr, u32 slot,
				       struct task_struct *prev, bool preempt, u64 state,
				       u64 now_ns)
{
	struct sched_row *row = row_of(cpu_nr, slot);
	u64 slice_ns = now_ns - prev->sched_info.last_arrival;

	if (!row)
		return;
	count_reason(row, prev, preempt, state, now_ns);
	if ((s64)slice_ns < 0) {
		lose(LOSS_SCHED_CLOCK);
		return;
	}
	row->cpu_ns += slice_cpu_ns(cpu, prev, slice_ns);
	row->slice_sum_ns += slice_ns;
	hist_count(row->slice, slice_ns);
}

/* Since when @task waits: the kernel's stamp, or ours where it has none. 0: nobody knows. */
static __always_inline u64 queued_since(const struct task_struct *task)
{
	u64 queued_ns = task->sched_info.last_queued, *preempted_ns;
	u32 pid = task->pid;

	if (queued_ns)
		return queued_ns;
	preempted_ns = bpf_map_lookup_elem(&sched_preempted, &pid);
	if (!preempted_ns)
		return 0;
	queued_ns = *preempted_ns;
	bpf_map_delete_elem(&sched_preempted, &pid);
	return queued_ns;
}

static __always_inline void blame(u32 victim, u32 offender, u64 wait_ns)
{
	u64 key = WAIT_KEY(victim, offender), *word;
	u32 line = dense_line(key), number;
	struct wait_row *row;
	bool born = false;

	word = bpf_map_lookup_elem(&wait_cache, &line);
	if (!word)
		return;
	if (dense_hit(*word, key)) {
		number = dense_number(*word);
	} else {
		number = dense_take(&wait_numbers, &wait_free, key, LOSS_WAIT_FULL, &born);
		if (number == DENSE_NONE)
			return;
		*word = dense_word(key, number);
	}
	row = bpf_map_lookup_elem(&wait_rows, &number);
	if (!row)
		return;
	if (born)
		row->key = key;
	__sync_fetch_and_add(&row->wait_ns, wait_ns);
}

/*
 * Shares the wait of @victim from @queued_ns to @now_ns out among those who ran on this CPU
 * meanwhile, newest slice first: what is left after the slices remembered is SLOT_EARLIER's.
 */
static __noinline int blame_all(struct cpu_state *cpu, u32 victim, u64 queued_ns, u64 now_ns)
{
	u32 i, slot = cpu->slot;
	u64 since_ns = cpu->since_ns;

	for (i = 0; i <= PAST_SLICES; i++) {
		u64 from_ns = since_ns > queued_ns ? since_ns : queued_ns;
		u32 at = (cpu->past - 1 - i) & (PAST_SLICES - 1);

		if (now_ns > from_ns)
			blame(victim, slot, now_ns - from_ns);
		if (since_ns <= queued_ns)
			return 0;
		now_ns = from_ns;
		since_ns = cpu->slice[at].since_ns;
		slot = cpu->slice[at].slot;
	}
	blame(victim, SLOT_EARLIER, now_ns - queued_ns);
	return 0;
}

static __always_inline void remember_slice(struct cpu_state *cpu)
{
	u32 at = cpu->past & (PAST_SLICES - 1);

	cpu->slice[at].since_ns = cpu->since_ns;
	cpu->slice[at].slot = cpu->slot;
	cpu->past++;
}

static __always_inline void switch_in(struct cpu_state *cpu, u32 cpu_nr, u32 slot,
				      const struct task_struct *next, u64 now_ns)
{
	u64 queued_ns = queued_since(next), wait_ns = now_ns - queued_ns;
	struct sched_row *row = row_of(cpu_nr, slot);

	if (!row)
		return;
	row->switches++;
	if (!queued_ns) {
		lose(LOSS_SCHED_NO_STAMP);
		return;
	}
	if ((s64)wait_ns < 0) {
		lose(LOSS_SCHED_CLOCK);
		return;
	}
	row->wait_sum_ns += wait_ns;
	hist_count(row->wait, wait_ns);
	if (wait_ns >= WAIT_SHORT_NS)
		blame_all(cpu, slot, queued_ns, now_ns);
}

/*
 * Lets user space turn its clock into the run queue's, to count a slice that is still running.
 * The offset moves by NTP's slewing alone (500 ppm at most), so once a millisecond is plenty.
 */
static __always_inline void refresh_clock_offset(struct cpu_state *cpu, u64 now_ns)
{
	if (now_ns - cpu->clock_off_at_ns < CLOCK_OFF_PERIOD_NS)
		return;
	cpu->clock_off_ns = bpf_ktime_get_ns() - now_ns;
	cpu->clock_off_at_ns = now_ns;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u32 cpu_nr = bpf_get_smp_processor_id(), slot = SLOT_IDLE, prev_slot = SLOT_IDLE;
	u64 now_ns = task_rq_clock(prev);
	struct cpu_state *cpu;

	cpu = bpf_map_lookup_elem(&sched_cpus, &cpu_nr);
	if (!cpu)
		return 0;
	/* User space reads row and state together and trusts seq's order, so volatile. */
	*(volatile u32 *)&cpu->seq = cpu->seq | 1;
	/* The idle task is pid 0 on every CPU: never charged. */
	if (prev->pid) {
		prev_slot = slot_of_prev(cpu, prev);
		switch_out(cpu, cpu_nr, prev_slot, prev, preempt, task_state(ctx, prev), now_ns);
	}
	if (next->pid) {
		/* Tasks of one service take turns often: one set of cgroups, one slot. */
		slot = prev->pid && next->cgroups == prev->cgroups ? prev_slot
								   : owner_of_task(next);
		switch_in(cpu, cpu_nr, slot, next, now_ns);
	}
	remember_slice(cpu);
	*(volatile u32 *)&cpu->slot = slot;
	*(volatile u32 *)&cpu->pid = next->pid;
	cpu->group = (u64)next->cgroups;
	*(volatile u64 *)&cpu->since_ns = now_ns;
	*(volatile u64 *)&cpu->exec_ns = next->se.sum_exec_runtime;
	refresh_clock_offset(cpu, now_ns);
	thread_switch(prev, next, now_ns);
	*(volatile u32 *)&cpu->seq = cpu->seq + 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
