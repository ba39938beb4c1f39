// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/lab/loop.h"

#define STACK_BYTES    (256 * 1024)
#define COROUTINES_MAX 512
#define EVENTS_MAX     64

enum state {
	FREE,
	READY,
	WAITS, /* for a file */
	SLEEPS,
};

struct coroutine {
	ucontext_t context;
	enum state state;
	int64_t deadline_ns;
	struct usage used;    /* while it ran before */
	struct usage resumed; /* the thread's, when the one before it was done */
	void (*body)(void *);
	void *arg;
	void *stack;
};

struct loop {
	ucontext_t context;
	int epoll_fd;
	struct coroutine *running;
	struct usage left; /* the thread's, when the last one was done */
	struct coroutine all[COROUTINES_MAX];
};

static _Thread_local struct loop *loop;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void body(void)
{
	struct coroutine *self = loop->running;

	self->body(self->arg);
	self->state = FREE;
	swapcontext(&self->context, &loop->context);
}

void loop_start(void (*start)(void *), void *arg)
{
	struct coroutine *c = loop->all;

	while (c < loop->all + COROUTINES_MAX && c->state != FREE)
		c++;
	if (c == loop->all + COROUTINES_MAX)
		die("too many coroutines");
	if (!c->stack)
		c->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->stack == MAP_FAILED)
		die("mmap");
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = c->stack;
	c->context.uc_stack.ss_size = STACK_BYTES;
	c->context.uc_link = NULL;
	c->body = start;
	c->arg = arg;
	c->used = (struct usage){ 0 };
	c->state = READY;
	makecontext(&c->context, body, 0);
}

/* What the loop itself did until then was for the one that goes on. */
static void resume(struct coroutine *c)
{
	loop->running = c;
	c->resumed = loop->left;
	swapcontext(&loop->context, &c->context);
	loop->left = usage_now();
	c->used.cpu_ns += loop->left.cpu_ns - c->resumed.cpu_ns;
	c->used.runq_ns += loop->left.runq_ns - c->resumed.runq_ns;
	loop->running = NULL;
}

static void leave(enum state state)
{
	struct coroutine *self = loop->running;

	self->state = state;
	swapcontext(&self->context, &loop->context);
}

int loop_running(void)
{
	return loop && loop->running;
}

void loop_wait_fd(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events | EPOLLONESHOT };

	if (!loop_running())
		return;
	event.data.ptr = loop->running;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) &&
	    (errno != ENOENT || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event)))
		die("epoll_ctl");
	leave(WAITS);
}

void loop_sleep_until(int64_t deadline_ns)
{
	struct timespec until = { deadline_ns / 1000000000, deadline_ns % 1000000000 };

	if (loop_running()) {
		loop->running->deadline_ns = deadline_ns;
		leave(SLEEPS);
		return;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

struct usage loop_usage(void)
{
	struct usage used;

	if (!loop_running())
		return usage_now();
	used = loop->running->used;
	usage_add(&used, usage_since(loop->running->resumed));
	return used;
}

static void resume_ready(void)
{
	for (struct coroutine *c = loop->all; c < loop->all + COROUTINES_MAX; c++) {
		if (c->state == READY || (c->state == SLEEPS && c->deadline_ns <= now_ns()))
			resume(c);
	}
}

/* When the next one can go on without an event: 0 at once, -1 never. */
static int64_t next_deadline_ns(void)
{
	int64_t next_ns = -1;

	for (struct coroutine *c = loop->all; c < loop->all + COROUTINES_MAX; c++) {
		if (c->state == READY)
			return 0;
		if (c->state == SLEEPS && (next_ns < 0 || c->deadline_ns < next_ns))
			next_ns = c->deadline_ns;
	}
	return next_ns;
}

/* epoll_wait() knows milliseconds only. */
static void wait_until(int64_t deadline_ns)
{
	struct pollfd fd = { .fd = loop->epoll_fd, .events = POLLIN };
	int64_t left_ns = deadline_ns - now_ns();
	struct timespec left;

	if (left_ns < 0)
		left_ns = 0;
	left = (struct timespec){ left_ns / 1000000000, left_ns % 1000000000 };
	ppoll(&fd, 1, deadline_ns < 0 ? NULL : &left, NULL);
}

/* What has an event goes on in the order of the events, each before the next one is looked at. */
static void resume_waiting(void)
{
	struct epoll_event events[EVENTS_MAX];
	int nr = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, 0);

	for (int i = 0; i < nr; i++)
		resume(events[i].data.ptr);
}

void loop_run(void (*first)(void *), void *arg)
{
	loop = calloc(1, sizeof(*loop));
	if (!loop)
		die("loop");
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		die("epoll_create1");
	loop_start(first, arg);
	loop->left = usage_now();
	for (;;) {
		resume_ready();
		wait_until(next_deadline_ns());
		resume_waiting();
	}
}
