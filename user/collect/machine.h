/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine offers to situ, gathered for `situ doctor`. */
#ifndef SITU_COLLECT_MACHINE_H
#define SITU_COLLECT_MACHINE_H

#include "user/base/err.h"
#include "user/base/types.h"
#include "user/collect/features.h"

enum machine_level { MACHINE_GOOD, MACHINE_LIMITED, MACHINE_BAD };

struct machine_fact {
	const char *subject; /* "cgroup hierarchies" */
	enum machine_level level;
	char text[160]; /* what is so; what to do where that is not good */
};

struct machine {
	struct machine_fact fact[16];
	size_t nr;
	struct features features; /* nr 0 without BTF */
	unsigned int cpus;	  /* possible ones: what per-CPU maps are made for */
	u64 map_bytes;
};

/*
 * Looks at the running kernel and what is mounted; loads nothing and needs no root. A machine on
 * which situ cannot measure is no error: its facts say so.
 */
void machine_look(struct machine *machine);

/* Adds a fact that another part knows. @subject must live as long as @m; what does not fit is cut.
 */
void machine_add(struct machine *m, const char *subject, enum machine_level level, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));

/* The worst level of all facts and programs: MACHINE_BAD where measuring is not possible. */
enum machine_level machine_verdict(const struct machine *machine);

#endif
