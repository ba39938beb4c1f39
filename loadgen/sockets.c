// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loadgen/sockets.h"
#include "user/base/clock.h"

#define OTHER UINT64_MAX /* the data of an event that is not libcurl's */

struct watch {
	u32 in_set;	/* events that epoll watches for; 0: not in the set */
	u32 wanted;	/* events that libcurl waits for; 0: none, the connection is idle */
	u32 generation; /* counts the sockets that had this number */
	bool ours;	/* opened by sockets_open(): we hear of its end */
	struct shard *shard;
};

/* The entry of @fd, made when it is new; NULL without memory. */
static struct watch *watch_of(struct sockets *s, int fd)
{
	size_t nr = s->nr ? s->nr : 64;
	struct watch *grown;

	if ((size_t)fd < s->nr)
		return &s->watch[fd];
	while (nr <= (size_t)fd)
		nr *= 2;
	grown = realloc(s->watch, nr * sizeof(*grown));
	if (!grown) {
		s->failed = -ENOMEM;
		return NULL;
	}
	memset(grown + s->nr, 0, (nr - s->nr) * sizeof(*grown));
	s->watch = grown;
	s->nr = nr;
	return &grown[fd];
}

static void set_events(struct sockets *s, int fd, struct watch *watch, u32 events)
{
	struct epoll_event event = { .events = events,
				     .data.u64 = (u64)watch->generation << 32 | (u32)fd };
	int op = EPOLL_CTL_MOD;

	if (watch->in_set == events)
		return;
	if (!events)
		op = EPOLL_CTL_DEL;
	else if (!watch->in_set)
		op = EPOLL_CTL_ADD;
	if (epoll_ctl(s->epoll_fd, op, fd, &event) && op != EPOLL_CTL_DEL)
		s->failed = -errno;
	watch->in_set = events;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct shard *shard = arg;
	struct sockets *s = shard->sockets;
	struct watch *watch = watch_of(s, fd);
	u32 wanted = 0;

	(void)easy, (void)unused;
	if (!watch)
		return 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		wanted |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		wanted |= EPOLLOUT;
	watch->wanted = wanted;
	watch->shard = shard;
	/* Only what says nothing while idle may stay; nobody tells us when a resolver's pipe goes.
	 */
	if (wanted || !watch->ours || watch->in_set != EPOLLIN)
		set_events(s, fd, watch, wanted);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct shard *shard = arg;

	(void)multi;
	if (timeout_ms > 0)
		shard->deadline_ns = clock_mono_ns() + (u64)timeout_ms * NSEC_PER_MSEC;
	else
		shard->deadline_ns = timeout_ms < 0 ? UINT64_MAX : 0;
	return 0;
}

curl_socket_t sockets_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct shard *shard = arg;
	struct sockets *s = shard->sockets;
	struct watch *watch;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	watch = watch_of(s, fd);
	if (!watch) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	*watch = (struct watch){ .ours = true, .generation = watch->generation + 1 };
	return fd;
}

int sockets_close(void *arg, curl_socket_t fd)
{
	struct sockets *s = ((struct shard *)arg)->sockets;

	/* close() takes it out of the set as well. */
	if ((size_t)fd < s->nr)
		s->watch[fd] = (struct watch){ .generation = s->watch[fd].generation };
	return close(fd);
}

static int make_shard(struct sockets *s, struct shard *shard)
{
	*shard = (struct shard){ .sockets = s, .deadline_ns = UINT64_MAX };
	shard->multi = curl_multi_init();
	if (!shard->multi || curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
	    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard) ||
	    curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer) ||
	    curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard) ||
	    /* A connection to each request under way, with HTTP/2 as well. */
	    curl_multi_setopt(shard->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) ||
	    curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)SHARD_CONNECTIONS))
		return -ENOMEM;
	return 0;
}

int sockets_make(struct sockets *s, unsigned int nr_connections)
{
	unsigned int nr = (nr_connections + SHARD_CONNECTIONS - 1) / SHARD_CONNECTIONS;

	*s = (struct sockets){ .shards = calloc(nr, sizeof(*s->shards)) };
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return -errno;
	if (!s->shards)
		return -ENOMEM;
	while (s->nr_shards < nr) {
		if (make_shard(s, &s->shards[s->nr_shards++]))
			return -ENOMEM;
	}
	return 0;
}

void sockets_free(struct sockets *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_shards; i++)
		curl_multi_cleanup(s->shards[i].multi);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s->shards);
	free(s->watch);
	*s = (struct sockets){ .epoll_fd = -1 };
}

int sockets_add_other(struct sockets *s, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = OTHER };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

struct shard *sockets_handle(struct sockets *s, const struct epoll_event *event)
{
	int fd = (int)(u32)event->data.u64, mask = 0, running;
	struct watch *watch;
	struct shard *shard;

	if (event->data.u64 == OTHER || (size_t)fd >= s->nr)
		return NULL;
	watch = &s->watch[fd];
	if (watch->generation != event->data.u64 >> 32)
		return NULL; /* it was closed by an event that came with this one */
	if (!watch->wanted) {
		set_events(s, fd, watch, 0);
		return NULL;
	}
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
		mask |= CURL_CSELECT_IN;
	if (event->events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (event->events & EPOLLERR)
		mask |= CURL_CSELECT_ERR;
	shard = watch->shard; /* the table may move */
	if (curl_multi_socket_action(shard->multi, fd, mask, &running))
		s->failed = -EIO;
	return shard;
}

u64 sockets_deadline(const struct sockets *s)
{
	u64 earliest_ns = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < s->nr_shards; i++) {
		if (s->shards[i].deadline_ns < earliest_ns)
			earliest_ns = s->shards[i].deadline_ns;
	}
	return earliest_ns;
}

/*
 * What is to be called at once, added transfers included. libcurl tells when it wants to be called
 * next, but not that it has nothing left to be called for.
 */
static void run_now(struct shard *shard)
{
	int running;

	shard->deadline_ns = UINT64_MAX;
	if (curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running))
		shard->sockets->failed = -EIO;
}

void shard_begin(struct shard *shard, CURL *easy)
{
	if (curl_multi_add_handle(shard->multi, easy))
		shard->sockets->failed = -EIO;
	run_now(shard);
}

bool shard_timeout(struct shard *shard, u64 now_ns)
{
	if (shard->deadline_ns > now_ns)
		return false;
	run_now(shard);
	return true;
}
