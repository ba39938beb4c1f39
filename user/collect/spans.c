// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <bpf/libbpf.h>

#include "user/base/clock.h"
#include "user/collect/spanring.h"
#include "user/collect/spans.h"

/* What user space takes at ease: each record costs it about a microsecond. */
#define RECORDS_PER_S 16000
#define EVERY_MAX     (1U << 20)

struct span_ring {
	struct ring_buffer *buffer;
	struct span_control control;
	int (*each)(const struct span_record *, void *);
	void *data;
	u64 since_ns;
	u64 slow, other; /* records of such traces since then */
	u64 of_trace;	 /* records since the last root */
	bool held;
};

static int take(void *data, void *at, size_t size)
{
	const struct span_record *record = at;
	struct span_ring *ring = data;

	if (size < sizeof(*record))
		return -EPROTO;
	ring->of_trace++;
	if (record->flags & SPAN_ROOT) {
		*(record->flags & SPAN_SLOW ? &ring->slow : &ring->other) += ring->of_trace;
		ring->of_trace = 0;
	}
	return ring->each(record, ring->data);
}

/* The share of a kind of traces, so that at most half of what can be taken is of that kind. */
static void adapt(volatile u32 *every, u64 records, u64 elapsed_ns)
{
	u64 at_ease = RECORDS_PER_S / 2 * elapsed_ns / NSEC_PER_SEC;

	if (records > at_ease && *every < EVERY_MAX)
		*every *= 2;
	else if (records < at_ease / 4 && *every > 1)
		*every /= 2;
}

int span_ring_open(struct span_ring **out, int map_fd, const struct span_control *control)
{
	struct span_ring *ring = calloc(1, sizeof(*ring));

	*out = ring;
	if (!ring)
		return -ENOMEM;
	ring->control = *control;
	ring->since_ns = clock_mono_ns();
	ring->buffer = ring_buffer__new(map_fd, take, ring, NULL);
	return ring->buffer ? 0 : -errno;
}

void span_ring_close(struct span_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int spans_drain(struct collector *c, int (*each)(const struct span_record *, void *), void *data)
{
	struct span_ring *ring = collector_span_ring(c);
	u64 elapsed_ns;
	int got;

	if (!ring)
		return 0;
	ring->each = each;
	ring->data = data;
	got = ring_buffer__consume(ring->buffer);
	if (got < 0)
		return got;
	elapsed_ns = ring->held ? 0 : clock_mono_ns() - ring->since_ns;
	if (elapsed_ns < NSEC_PER_SEC / 2)
		return 0;
	adapt(ring->control.slow_every, ring->slow, elapsed_ns);
	adapt(ring->control.other_every, ring->other, elapsed_ns);
	ring->since_ns += elapsed_ns;
	ring->slow = 0;
	ring->other = 0;
	return 0;
}

void spans_hold(struct collector *c, u32 every)
{
	struct span_ring *ring = collector_span_ring(c);

	if (!ring)
		return;
	ring->held = true;
	*ring->control.slow_every = every;
	*ring->control.other_every = every;
}

int spans_marks_fd(struct collector *c)
{
	struct span_ring *ring = collector_span_ring(c);

	return ring ? ring->control.marks_fd : -1;
}
