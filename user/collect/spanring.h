/* SPDX-License-Identifier: GPL-2.0-only */
/* What the collector keeps for user/collect/spans.h. */
#ifndef SITU_COLLECT_SPANRING_H
#define SITU_COLLECT_SPANRING_H

#include "user/base/types.h"

struct collector;
struct span_ring;

/* Where the kernel's programs look; they live as long as their object. */
struct span_control {
	volatile u32 *slow_every, *other_every; /* one of so many traces is sent */
	int marks_fd;				/* the map's own: not to be closed */
};

/* On the ring buffer @map_fd. *@out is to be closed in any case. 0 or -errno. */
int span_ring_open(struct span_ring **out, int map_fd, const struct span_control *control);
void span_ring_close(struct span_ring *ring); /* NULL is fine */

/* NULL where no spans are measured. */
struct span_ring *collector_span_ring(struct collector *c);

#endif
