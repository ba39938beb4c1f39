// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations of known shape over TCP, IPv4 or IPv6:
 *   talk serve ADDRESS PORT CONNECTIONS REQUEST_BYTES RESPONSE_BYTES DELAY_US
 *   talk ask ADDRESS PORT CONNECTIONS REQUEST_BYTES RESPONSE_BYTES REQUESTS HOW [WITH]
 * "serve" writes a line to stdout once it listens, closes its listening socket with the last of
 * CONNECTIONS and ends with the end of all. HOW to ask:
 *   turns [MS]   one connection after the other, one request after the other, a pause of MS
 *                between them, with probes of keep-alive once a second
 *   pipeline     as turns, but all requests of a connection are sent before an answer is read
 *   reset        as turns, but each connection ends with a reset
 *   spread       as turns, but each connection goes to the next IPv4 address
 *   hold FILE    all connections at once; once each had its first answer a line is written,
 *                once FILE exists all go on, and a second line is written
 *   refused      connects only, each of which must fail
 * At its end "ask" prints "connect MEDIAN response MEDIAN sum SUM", in ns by its own clock.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

#define BYTES_MAX	(1 << 20)
#define SAMPLES_MAX	65536
#define CONNECTIONS_MAX 4096

enum how { TURNS, PIPELINE, RESET, SPREAD, HOLD, REFUSED, HOW_NR };

struct shape {
	struct sockaddr_storage at;
	socklen_t at_len;
	long connections;
	size_t request, response;
	long requests, delay_us, pause_ms;
	const char *file;
	int probes; /* of keep-alive */
};

struct samples {
	long long ns[SAMPLES_MAX];
	size_t nr;
};

static char data[BYTES_MAX];
static struct samples connects, responses;

static void rest_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	if (us > 0)
		nanosleep(&ts, NULL);
}

static void sample(struct samples *to, long long ns)
{
	if (to->nr < SAMPLES_MAX)
		to->ns[to->nr++] = ns;
}

static int by_size(const void *l, const void *r)
{
	long long a = *(const long long *)l, b = *(const long long *)r;

	return a < b ? -1 : a > b;
}

static long long median(struct samples *of)
{
	qsort(of->ns, of->nr, sizeof(*of->ns), by_size);
	return of->nr ? of->ns[of->nr / 2] : 0;
}

static int put_all(int fd, size_t len)
{
	ssize_t n;

	for (; len; len -= (size_t)n) {
		n = write(fd, data, len);
		if (n <= 0)
			return -1;
	}
	return 0;
}

/* Whatever was received is nobody's: threads may share the place for it. */
static int get_all(int fd, size_t len)
{
	char place[16384];
	ssize_t n;

	for (; len; len -= (size_t)n) {
		n = read(fd, place, len < sizeof(place) ? len : sizeof(place));
		if (n <= 0)
			return -1;
	}
	return 0;
}

static int parse_address(struct shape *s, const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&s->at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s->at;
	unsigned short nr = htons((unsigned short)atoi(port));

	if (strchr(address, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = nr;
		s->at_len = sizeof(*v6);
		return inet_pton(AF_INET6, address, &v6->sin6_addr);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = nr;
	s->at_len = sizeof(*v4);
	return inet_pton(AF_INET, address, &v4->sin_addr);
}

static int stream(const struct shape *s)
{
	int fd = socket(s->at.ss_family, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &s->probes, sizeof(s->probes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof(on));
	return fd;
}

struct served {
	const struct shape *shape;
	int fd;
	pthread_t thread;
};

static void *serve_one(void *arg)
{
	struct served *one = arg;
	int on = 1;

	setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (!get_all(one->fd, one->shape->request)) {
		rest_us(one->shape->delay_us);
		if (put_all(one->fd, one->shape->response))
			break;
	}
	close(one->fd);
	return NULL;
}

static int serve(const struct shape *s)
{
	static struct served all[CONNECTIONS_MAX];
	int fd = stream(s);
	long i;

	if (bind(fd, (const struct sockaddr *)&s->at, s->at_len) || listen(fd, 512))
		return fail("listen");
	puts("listening");
	fflush(stdout);
	for (i = 0; i < s->connections; i++) {
		all[i].shape = s;
		all[i].fd = accept(fd, NULL, NULL);
		if (all[i].fd < 0 || pthread_create(&all[i].thread, NULL, serve_one, &all[i]))
			return fail("accept");
	}
	close(fd);
	for (i = 0; i < s->connections; i++)
		pthread_join(all[i].thread, NULL);
	return 0;
}

static int open_one(const struct shape *s)
{
	long long start_ns = now_ns();
	int fd = stream(s);

	if (connect(fd, (const struct sockaddr *)&s->at, s->at_len)) {
		close(fd);
		return -1;
	}
	sample(&connects, now_ns() - start_ns);
	return fd;
}

static int one_turn(const struct shape *s, int fd)
{
	long long start_ns = now_ns();

	if (put_all(fd, s->request) || get_all(fd, s->response))
		return -1;
	sample(&responses, now_ns() - start_ns);
	return 0;
}

static int all_turns(const struct shape *s, int fd)
{
	long i;

	for (i = 0; i < s->requests; i++) {
		if (i)
			rest_us(s->pause_ms * 1000);
		if (one_turn(s, fd))
			return -1;
	}
	return 0;
}

static int pipelined(const struct shape *s, int fd)
{
	long i;

	for (i = 0; i < s->requests; i++) {
		if (put_all(fd, s->request))
			return -1;
	}
	return get_all(fd, s->response * (size_t)s->requests);
}

static void next_address(struct shape *s)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&s->at;

	v4->sin_addr.s_addr = htonl(ntohl(v4->sin_addr.s_addr) + 1);
}

static int ask_each(struct shape *s, enum how how)
{
	struct linger at_once = { 1, 0 };
	long i;

	for (i = 0; i < s->connections; i++) {
		int fd = open_one(s);

		if (fd < 0)
			return fail("connect");
		if (how == PIPELINE ? pipelined(s, fd) : all_turns(s, fd))
			return fail("exchange");
		if (how == RESET)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		if (how == SPREAD)
			next_address(s);
		close(fd);
	}
	return 0;
}

static int turn_on_each(const struct shape *s, const int *fds, long turns)
{
	long i, turn;

	for (i = 0; i < s->connections; i++) {
		for (turn = 0; turn < turns; turn++) {
			if (one_turn(s, fds[i]))
				return -1;
		}
	}
	puts("held");
	return fflush(stdout);
}

static int hold(const struct shape *s)
{
	static int fds[CONNECTIONS_MAX];
	long i;

	for (i = 0; i < s->connections; i++) {
		fds[i] = open_one(s);
		if (fds[i] < 0)
			return fail("connect");
	}
	if (turn_on_each(s, fds, 1))
		return fail("exchange");
	while (access(s->file, F_OK) != 0)
		rest_us(10000);
	if (turn_on_each(s, fds, s->requests))
		return fail("exchange");
	for (unlink(s->file); access(s->file, F_OK) != 0;)
		rest_us(10000);
	return 0;
}

static int be_refused(const struct shape *s)
{
	long i;

	for (i = 0; i < s->connections; i++) {
		if (open_one(s) >= 0)
			return fail("was not refused");
	}
	return 0;
}

static int ask(struct shape *s, const char *word)
{
	static const char *const words[] = { "turns",  "pipeline", "reset",
					     "spread", "hold",	   "refused" };
	long long sum = 0;
	int how = 0, code;
	size_t i;

	while (how < HOW_NR && strcmp(words[how], word) != 0)
		how++;
	s->probes = how == TURNS;
	if (how == HOLD)
		code = hold(s);
	else
		code = how == REFUSED ? be_refused(s) : ask_each(s, how);
	for (i = 0; i < responses.nr; i++)
		sum += responses.ns[i];
	printf("connect %lld response %lld sum %lld\n", median(&connects), median(&responses), sum);
	return code;
}

int main(int argc, char **argv)
{
	static struct shape s;

	if (argc < 8 || parse_address(&s, argv[2], argv[3]) != 1) {
		fprintf(stderr, "usage: talk serve|ask ADDRESS PORT CONNECTIONS REQUEST RESPONSE "
				"DELAY_US|REQUESTS [HOW [WITH]]\n");
		return 2;
	}
	s.connections = atol(argv[4]);
	if (s.connections < 1 || s.connections > CONNECTIONS_MAX)
		return 2;
	s.request = (size_t)atol(argv[5]);
	s.response = (size_t)atol(argv[6]);
	s.delay_us = s.requests = atol(argv[7]);
	if (strcmp(argv[1], "serve") == 0)
		return serve(&s);
	s.file = argc > 9 ? argv[9] : "";
	s.pause_ms = argc > 9 ? atol(argv[9]) : 0;
	return ask(&s, argc > 8 ? argv[8] : "turns");
}
