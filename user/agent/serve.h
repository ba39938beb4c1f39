/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent's HTTP: a thread of its own that hands out texts made before, so that a scrape never
 * waits for the measurement or holds it up, and costs the same however many there are.
 */
#ifndef SITU_AGENT_SERVE_H
#define SITU_AGENT_SERVE_H

#include <stddef.h>

#include "user/agent/route.h"
#include "user/base/err.h"
#include "user/base/types.h"

#define SERVE_CONNECTIONS_MAX 16
#define SERVE_REQUEST_BYTES   (16 << 10) /* of a request's line and headers, and its answer's */
#define SERVE_IDLE_SECONDS    15	 /* between two bytes */
#define SERVE_CONNECTION_NS   (60 * NSEC_PER_SEC) /* of a connection in all */

struct serve;

/*
 * Starts to answer on the listening socket @fd, which is closed by serve_stop(), or here on
 * failure. Until the first serve_publish() /metrics is answered with 503. 0, or -1 with @err set.
 */
int serve_start(struct serve **out, int fd, struct err *err);
void serve_stop(struct serve *serve); /* NULL is fine */

/* Makes @text[@len] what /metrics answers in that format; it is freed (free()) in any case. 0 or
 * -ENOMEM. */
int serve_publish(struct serve *serve, enum openmetrics_text format, char *text, size_t len);

/* Ends connections that are older than SERVE_CONNECTION_NS at @now_ns (CLOCK_MONOTONIC). */
void serve_reap(struct serve *serve, u64 now_ns);

/* Answers to /metrics with a text, and to any other request, so far. */
struct serve_counts {
	u64 scrapes, others;
};
struct serve_counts serve_counts(struct serve *serve);

#endif
