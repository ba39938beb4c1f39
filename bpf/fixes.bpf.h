/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels, one named helper each, decided by BTF and never by a version
 * number: distributions backport.
 */
#ifndef SITU_BPF_FIXES_BPF_H
#define SITU_BPF_FIXES_BPF_H

#include "bpf/situ.bpf.h"

/* request.rq_disk went away in 5.17 (f3fa33acca9f, "block: remove the ->rq_disk field"). */
struct request___rq_disk {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

static __always_inline struct gendisk *request_disk(struct request *rq)
{
	struct request___rq_disk *old = (void *)rq;

	if (bpf_core_field_exists(old->rq_disk))
		return old->rq_disk;
	return rq->q->disk;
}

/*
 * block_rq_issue lost its queue argument in 5.11 (a54895fa057c, "block: remove the request_queue
 * to argument request based tracepoints"); Debian's 5.10 has the change since .137. An existence
 * check of a function type compares its arity.
 */
typedef void (*btf_trace_block_rq_issue___queue)(void *, struct request_queue *, struct request *);

static __always_inline struct request *request_of_issue(u64 *ctx)
{
	if (bpf_core_type_exists(btf_trace_block_rq_issue___queue))
		return (struct request *)ctx[1];
	return (struct request *)ctx[0];
}

/*
 * @sk, which is TCP's and no mere request or timewait, as what it is. By a cast that the verifier
 * takes out again, since 6.2 (a35b9af4ec2c, "bpf: Add a kfunc for generic type cast"); else by a
 * helper, which costs 25 ns: its code and what it looks at are in no cache.
 */
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym __weak;

static __always_inline struct tcp_sock *tcp_of(struct sock *sk)
{
	if (bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast))
		return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
	return bpf_skc_to_tcp_sock(sk);
}

/*
 * sock_cgroup_data held one word, pointer or v1 class, until 5.15 (8520e224f547, "bpf, cgroups:
 * Fix cgroup v2 fallback on v1/v2 mixed mode"); Debian's 5.10 changed between .223 and .262. With
 * a class or nothing in the word the socket is nobody's in v2: its root.
 */
struct sock_cgroup_data___word {
	u64 val;
} __attribute__((preserve_access_index));

/* Id of the cgroup v2 that made @sk, OWNER_ROOT when it is not known, and its node or NULL. */
static __always_inline u64 sock_cgroup(const struct sock *sk, const struct kernfs_node **node)
{
	struct sock_cgroup_data___word *word = (void *)&sk->sk_cgrp_data;
	struct cgroup *cgroup;

	*node = NULL;
	if (bpf_core_field_exists(word->val)) {
		u64 val = 0;

		bpf_probe_read_kernel(&val, sizeof(val), word);
		if (!val || val & 3)
			return OWNER_ROOT;
		*node = BPF_CORE_READ((struct cgroup *)val, kn);
		return BPF_CORE_READ((struct cgroup *)val, kn, id);
	}
	cgroup = sk->sk_cgrp_data.cgroup;
	if (!cgroup)
		return OWNER_ROOT;
	*node = cgroup->kn;
	return cgroup->kn->id;
}

/*
 * The state that @prev is switched from with. An argument since 5.18 (fa2c3254d7cf, "sched/tracing:
 * Don't re-read p->state when emitting sched_switch event"), where the member may already be that
 * of a wake-up on another CPU; a member before, renamed in 5.14 (2f064a59a11f, "sched: Change
 * task_struct::state").
 */
typedef void (*btf_trace_sched_switch___state)(void *, bool, struct task_struct *,
					       struct task_struct *, unsigned int);

struct task_struct___state {
	long state;
} __attribute__((preserve_access_index));

static __always_inline u64 task_state(const unsigned long long *ctx, const struct task_struct *prev)
{
	const struct task_struct___state *old = (const void *)prev;

	if (bpf_core_type_exists(btf_trace_sched_switch___state))
		return ctx[3];
	if (bpf_core_field_exists(old->state))
		return old->state;
	return prev->__state;
}

/*
 * The cgroup that pays for @task's I/O: its own, or the nearest above for which the controller is
 * enabled. NULL without CONFIG_BLK_CGROUP. Which number the controller has, the configuration says.
 */
static __always_inline const struct cgroup *task_io_cgroup(const struct task_struct *task)
{
	const struct css_set *set = BPF_CORE_READ(task, cgroups);
	const struct cgroup_subsys_state *css = NULL;
	u32 nr;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id))
		return NULL;
	nr = bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id);
	bpf_probe_read_kernel(&css, sizeof(css),
			      __builtin_preserve_access_index(&set->subsys[0]) + nr);
	return BPF_CORE_READ(css, cgroup);
}

/*
 * The same without a helper's call, as the controller's own half of that cgroup, for kernels with
 * bpf_get_current_task_btf(). An index that is not a constant cannot be followed; the controllers
 * before this one are cpuset, cpu and cpuacct, as far as they are configured.
 */
static __always_inline const struct cgroup_subsys_state *io_css(const struct css_set *set)
{
	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id))
		return NULL;
	switch (bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id)) {
	case 0:
		return set->subsys[0];
	case 1:
		return set->subsys[1];
	case 2:
		return set->subsys[2];
	case 3:
		return set->subsys[3];
	}
	return NULL;
}

/*
 * The running task as a pointer that is followed without a helper is there from 5.11 on
 * (3ca1032ab7ab, "bpf: Implement get_current_task_btf and RET_PTR_TO_BTF_ID").
 */
static __always_inline u64 current_cgroup(const struct kernfs_node **node)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		*node = bpf_get_current_task_btf()->cgroups->dfl_cgrp->kn;
		return (*node)->id;
	}
	task = (void *)bpf_get_current_task();
	*node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	return BPF_CORE_READ(*node, id);
}

/* Id of the running task's v1 cpu cgroup, and its node. For rare events: helpers, on all kernels.
 */
static __always_inline u64 current_v1_cpu(const struct kernfs_node **node)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	/* Without a cgroup in an autogroup, which takes root's tasks only. */
	*node = BPF_CORE_READ(task, sched_task_group, css.cgroup, kn);
	return *node ? BPF_CORE_READ(*node, id) : OWNER_ROOT;
}

/*
 * The run queue's clock, which stamps sched_info, by way of the task's own group: the per-CPU
 * symbol `runqueues` is not in every kernel's kallsyms. Needs CONFIG_FAIR_GROUP_SCHED; the loader
 * checks for the member.
 */
static __always_inline u64 task_rq_clock(struct task_struct *task)
{
	return task->se.cfs_rq->rq->clock;
}

/*
 * For how long a queue with tasks of its cgroup was kept off its CPU by a quota, of the cgroup or
 * one above, the throttling under way left out. By task since 6.6 (677ea015f231, "sched: add
 * throttled time stat for throttled children"); before, what its load tracking leaves out.
 */
struct cfs_rq___task_time {
	u64 throttled_clock_task_time;
} __attribute__((preserve_access_index));

struct cfs_rq___pelt_time {
	u64 throttled_clock_pelt_time;
} __attribute__((preserve_access_index));

struct cfs_rq___self_time {
	u64 throttled_clock_self_time;
} __attribute__((preserve_access_index));

static __always_inline u64 queue_throttled_ns(const void *queue)
{
	const struct cfs_rq___self_time *self = queue;
	const struct cfs_rq___pelt_time *pelt = queue;
	const struct cfs_rq___task_time *task = queue;

	if (bpf_core_field_exists(self->throttled_clock_self_time))
		return BPF_CORE_READ(self, throttled_clock_self_time);
	if (bpf_core_field_exists(pelt->throttled_clock_pelt_time))
		return BPF_CORE_READ(pelt, throttled_clock_pelt_time);
	if (bpf_core_field_exists(task->throttled_clock_task_time))
		return BPF_CORE_READ(task, throttled_clock_task_time);
	return 0;
}

/*
 * False when no quota holds for the task, by its cgroup or one above. (Zero is not known: before
 * 6.10, c98c18270be1, that is what a group has until somebody sets a quota anywhere.)
 */
static __always_inline bool task_has_quota(const struct task_struct *task)
{
	if (!bpf_core_field_exists(struct cfs_bandwidth, hierarchical_quota))
		return false;
	return task->sched_task_group->cfs_bandwidth.hierarchical_quota != -1;
}

#endif
