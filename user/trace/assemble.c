// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "user/trace/assemble.h"

struct pending {
	u64 trace;
	u64 touched; /* when it got its last record, by the assembler's count of records */
	struct span_record *spans;
	u32 nr; /* 0: free */
	u32 room;
};

struct assembler {
	u64 records, dropped;
	u32 last; /* where the last record went: the next one mostly belongs there */
	struct pending pending[ASSEMBLE_PENDING_MAX];
};

int assembler_open(struct assembler **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void assembler_close(struct assembler *a)
{
	u32 i;

	if (!a)
		return;
	for (i = 0; i < ASSEMBLE_PENDING_MAX; i++)
		free(a->pending[i].spans);
	free(a);
}

static struct pending *find(struct assembler *a, u64 trace)
{
	u32 i;

	for (i = 0; i < ASSEMBLE_PENDING_MAX; i++) {
		u32 at = (a->last + i) % ASSEMBLE_PENDING_MAX;

		if (a->pending[at].nr && a->pending[at].trace == trace) {
			a->last = at;
			return &a->pending[at];
		}
	}
	return NULL;
}

/* A free one, else that which waits for the longest time, emptied. */
static struct pending *take(struct assembler *a, u64 trace)
{
	u32 i, oldest = 0;

	for (i = 0; i < ASSEMBLE_PENDING_MAX; i++) {
		if (!a->pending[i].nr) {
			oldest = i;
			break;
		}
		if (a->pending[i].touched < a->pending[oldest].touched)
			oldest = i;
	}
	a->dropped += a->pending[oldest].nr;
	a->pending[oldest].nr = 0;
	a->pending[oldest].trace = trace;
	a->last = oldest;
	return &a->pending[oldest];
}

static int append(struct pending *p, const struct span_record *record)
{
	struct span_record *grown;
	u32 room = p->room ? 2 * p->room : 4;

	if (p->nr == p->room) {
		grown = realloc(p->spans, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->spans = grown;
		p->room = room;
	}
	p->spans[p->nr++] = *record;
	return 0;
}

int assembler_add(struct assembler *a, const struct span_record *record,
		  int (*each)(const struct trace *trace, void *arg), void *arg)
{
	struct pending *p = find(a, record->trace);
	struct trace trace;
	bool root = record->flags & SPAN_ROOT;

	if (!p)
		p = take(a, record->trace);
	p->touched = ++a->records;
	/* The last place is the root's, whatever came before it. */
	if (p->nr + 1 >= SPAN_TRACE_MAX && !root) {
		a->dropped++;
		return 0;
	}
	if (append(p, record))
		return -ENOMEM;
	if (!root)
		return 0;
	trace = (struct trace){ p->spans, p->nr };
	p->nr = 0;
	return each(&trace, arg);
}

u64 assembler_dropped(const struct assembler *a)
{
	return a->dropped;
}
