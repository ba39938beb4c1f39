/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event loop of coroutines, so that one text of an actor's behaviour serves blocking threads
 * and an epoll loop: where a thread would sleep, a coroutine leaves its thread to the others. All
 * coroutines of a loop run on the thread that called loop_run().
 */
#ifndef LAB_LOOP_H
#define LAB_LOOP_H

#include <stdint.h>

#include "tests/lab/truth.h"

/* Runs @first(@arg) as a coroutine, and those that it starts, for ever. */
void loop_run(void (*first)(void *), void *arg) __attribute__((noreturn));

/* Starts another coroutine of this loop; it runs when the caller waits. */
void loop_start(void (*start)(void *), void *arg);

/*
 * Within a coroutine: waits until @fd has @events (EPOLLIN, EPOLLOUT), and until a time. Within a
 * thread that is no loop, the first returns at once, for a blocking call to do the waiting.
 */
void loop_wait_fd(int fd, uint32_t events);
void loop_sleep_until(int64_t deadline_ns);

int loop_running(void);

/* What the running coroutine, or the thread, has used since it began. */
struct usage loop_usage(void);

#endif
