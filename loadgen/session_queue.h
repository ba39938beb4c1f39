/* SPDX-License-Identifier: GPL-2.0-only */
/* Users who think: which of them is due first. A binary heap. */
#ifndef SITU_LOADGEN_SESSION_QUEUE_H
#define SITU_LOADGEN_SESSION_QUEUE_H

#include "user/base/types.h"

struct session_wait {
	u64 due_ns;
	unsigned int slot;
};

struct session_queue {
	struct session_wait *heap; /* room for nr_max */
	unsigned int nr;
	unsigned int nr_max;
};

/* Makes room for @nr_max at a time. 0 or -ENOMEM: session_queue_free() in either case. */
int session_queue_make(struct session_queue *q, unsigned int nr_max);
void session_queue_free(struct session_queue *q);

/* Adds one; there is room. */
void session_queue_add(struct session_queue *q, u64 due_ns, unsigned int slot);

/* When the first one is due, UINT64_MAX: nobody waits. */
u64 session_queue_due(const struct session_queue *q);

/* Takes the first one out; there is one. */
struct session_wait session_queue_take(struct session_queue *q);

#endif
