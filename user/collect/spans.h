/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces as the kernel sends them: every slow one and a share of the others, each span a record.
 * How many are sent follows what user space can take; what a trace stands for is in its weight.
 */
#ifndef SITU_COLLECT_SPANS_H
#define SITU_COLLECT_SPANS_H

#include "user/collect/collector.h"

/*
 * Hands every record that has come since the last call to @each, in their order; a value other
 * than 0 from it ends the call and is returned. To be called every second or so: the buffer holds
 * some 5,000 records. Returns 0, also where no spans are measured, or -errno.
 */
int spans_drain(struct collector *c, int (*each)(const struct span_record *, void *), void *data);

/* Has one of @every traces sent from now on, slow or not, whatever can be taken. */
void spans_hold(struct collector *c, u32 every);

/*
 * The load generator's marks: a file of SPAN_PORTS u64 to be mapped shared and writable, one for
 * each local port of its connections: the number that the request's root is to have as endpoint,
 * from 1; 0 for none. Written with a plain store right before the request is sent. They count for
 * the process whose id stands at SPAN_MARKER. The file belongs to the collector, is close-on-exec,
 * and -1 where no spans are measured.
 */
int spans_marks_fd(struct collector *c);

#endif
