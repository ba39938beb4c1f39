// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "loadgen/session_queue.h"

int session_queue_make(struct session_queue *q, unsigned int nr_max)
{
	*q = (struct session_queue){ .nr_max = nr_max };
	q->heap = calloc(nr_max, sizeof(*q->heap));
	return q->heap ? 0 : -ENOMEM;
}

void session_queue_free(struct session_queue *q)
{
	free(q->heap);
	*q = (struct session_queue){ 0 };
}

void session_queue_add(struct session_queue *q, u64 due_ns, unsigned int slot)
{
	unsigned int at = q->nr++;

	while (at && q->heap[(at - 1) / 2].due_ns > due_ns) {
		q->heap[at] = q->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	q->heap[at] = (struct session_wait){ due_ns, slot };
}

u64 session_queue_due(const struct session_queue *q)
{
	return q->nr ? q->heap[0].due_ns : UINT64_MAX;
}

struct session_wait session_queue_take(struct session_queue *q)
{
	struct session_wait first = q->heap[0], last = q->heap[--q->nr];
	unsigned int at = 0, child;

	for (child = 1; child < q->nr; child = 2 * at + 1) {
		if (child + 1 < q->nr && q->heap[child + 1].due_ns < q->heap[child].due_ns)
			child++;
		if (q->heap[child].due_ns >= last.due_ns)
			break;
		q->heap[at] = q->heap[child];
		at = child;
	}
	q->heap[at] = last;
	return first;
}
