/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of BPF programs: which hook each needs, what stands in for it, and what this kernel
 * decides. Kernels are probed by their BTF, never by version.
 */
#ifndef SITU_COLLECT_FEATURES_H
#define SITU_COLLECT_FEATURES_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/base/types.h"

enum bpf_object_id {
	OBJECT_CGROUP,
	OBJECT_SCHED,
	OBJECT_BLOCK,
	OBJECT_TCP,
	OBJECT_SPAN,
	OBJECT_NR
};

enum feature_state {
	FEATURE_USED,
	FEATURE_STANDBY,  /* attached when events show that it is needed */
	FEATURE_REPLACED, /* another program of the table does its work here */
	FEATURE_MISSING,  /* this kernel has no such hook: see its reason */
};

struct feature {
	enum bpf_object_id object;
	const char *program;	   /* its name in the object */
	const char *hook;	   /* BTF tracepoint, */
	const char *gives;	   /* what is measured by it */
	const char *fallback;	   /* program that takes over without the hook; NULL: none */
	const char *stands_in_for; /* program whose fallback this is; NULL: not a fallback */
	bool function;		   /* or a kernel function */
	bool on_demand;
	enum feature_state state; /* as decided on this kernel */
	char reason[80];	  /* why it is not simply used; "" when it is */
};

struct features {
	struct feature row[24];
	size_t nr;
	bool sched_rq_clock; /* se.cfs_rq leads to the run queue */
};

/* Turns off what is measured for spans, whatever the kernel can do. Behind features_decide(). */
void features_without_spans(struct features *features);

/* Whether spans are measured. */
bool features_spans(const struct features *features);

/*
 * Decides the table for the running kernel, and whether v1 cpu cgroups own what the v2 root has.
 * -1 with @err set (EXIT_ENVIRONMENT) when the kernel
 * has no BTF. A missing hook is not an error here: it is a row that says so.
 */
int features_decide(struct features *features, bool by_v1_cpu, struct err *err);

/* The row of @program, whose name is its own in all objects; NULL without one. */
struct feature *features_find(struct features *features, const char *program);

/* Keeps libbpf's messages off stderr, but its warnings when SITU_DEBUG is set. */
void features_quiet_libbpf(void);

const char *feature_state_name(enum feature_state state);
const char *bpf_object_name(enum bpf_object_id object);

#endif
