/* SPDX-License-Identifier: GPL-2.0-only */
/* How requests of a worker end: found to be over, judged, counted, their slots given back. */
#ifndef SITU_LOADGEN_WORKER_END_H
#define SITU_LOADGEN_WORKER_END_H

#include "loadgen/worker.h"

/* Where requests like that of @slot are counted. */
struct record *worker_record(const struct worker *w, const struct slot *slot);

/* Adds @ns to @hist; without memory the worker has failed. */
void worker_count_time(struct worker *w, struct hist *hist, u64 ns);

/* The request of @slot begins: its timeout counts from slot->begun_ns, the latest of all. */
void worker_enlist(struct worker *w, struct slot *slot);

/* Frees @slot, whose session, if it has one, is over with that. */
void worker_put_back(struct worker *w, struct slot *slot, u64 now_ns);

/* Tells the main thread how many requests are under way. */
void worker_show_in_flight(struct worker *w);

/*
 * Books every transfer of @shard that libcurl says is over. They were at @found_ns, before libcurl
 * read and parsed what was there: that is our time and not the server's. 0: the time of this call.
 */
void worker_collect(struct worker *w, struct shard *shard, u64 found_ns);

/* When the first request under way times out, SCHEDULE_NEVER: none is. */
u64 worker_timeout_ns(const struct worker *w);

/* Ends the requests that have timed out at @now_ns. */
void worker_time_out(struct worker *w, u64 now_ns);

/* Ends all requests under way; @interrupted or not in time. */
void worker_give_up(struct worker *w, bool interrupted);

#endif
