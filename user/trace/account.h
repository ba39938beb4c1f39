/* SPDX-License-Identifier: GPL-2.0-only */
/* Splits of traces added up into profiles (model/profile.h). */
#ifndef SITU_TRACE_ACCOUNT_H
#define SITU_TRACE_ACCOUNT_H

#include "user/base/buf.h"
#include "user/model/profile.h"
#include "user/trace/split.h"

/* Adds the name of the service that @record's request went to to @name; buf_add()'s value. */
typedef int (*account_name)(const struct span_record *record, struct buf *name, void *arg);

/*
 * Adds @split of @trace to @profile, as many times as its root stands for. @name is asked once per
 * place. 0 or -ENOMEM (also for a path beyond 64 KiB).
 */
int account_split(struct profile *profile, const struct trace *trace, const struct split *split,
		  account_name name, void *arg);

/* "ambiguous": the reason of coverage that the one flag of SPLIT_FLAWS stands for. */
const char *account_reason(u32 flag);

#endif
