// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "loadgen/lookup.h"
#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/base/text.h"

/* The signal may come to another thread than the one that waits. */
#define LOOK_NS (100 * NSEC_PER_MSEC)

/* What glibc's own thread reads and writes until it is done, whoever still waits for that. */
struct lookup {
	struct gaicb request;
	struct addrinfo hints;
	char *host;
	char *port;
};

static void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	free(l->host);
	free(l->port);
	free(l);
}

static struct lookup *lookup_new(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->host = text_dup(host);
	l->port = text_dup(port);
	if (!l->host || !l->port) {
		lookup_free(l);
		return NULL;
	}
	l->hints.ai_socktype = SOCK_STREAM;
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	return l;
}

/* 0 when @l is done; else why nobody waits any longer. */
static int wait_for(struct lookup *l, u64 timeout_ns)
{
	const struct timespec slice = { .tv_nsec = LOOK_NS };
	const struct gaicb *const list[] = { &l->request };
	u64 start_ns = clock_mono_ns();

	while (gai_error(&l->request) == EAI_INPROGRESS) {
		if (stop_signal())
			return -EINTR;
		if (clock_mono_ns() - start_ns >= timeout_ns)
			return -ETIMEDOUT;
		gai_suspend(list, 1, &slice);
	}
	return 0;
}

int lookup_addresses(const char *host, const char *port, u64 timeout_ns, struct addrinfo **list)
{
	struct lookup *l = lookup_new(host, port);
	struct gaicb *requests[1];
	int status;

	if (!l)
		return -ENOMEM;
	requests[0] = &l->request;
	if (getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL)) {
		lookup_free(l);
		return -ENOMEM;
	}
	status = wait_for(l, timeout_ns);
	/* One that glibc has begun cannot be called back: its memory is left to it. */
	if (status && gai_cancel(&l->request) == EAI_NOTCANCELED)
		return status;
	if (!gai_error(&l->request)) {
		*list = l->request.ar_result;
		status = 0;
	} else if (!status) {
		status = -ENOENT;
	}
	lookup_free(l);
	return status;
}
