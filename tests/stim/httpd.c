// SPDX-License-Identifier: GPL-2.0-only
/*
 * httpd: an HTTP/1.1 server that behaves as the path says, a thread per connection, on a free port
 * of 127.0.0.1 that it prints. For tests of HTTP clients: what each path does is known, down to
 * the byte and to a delay that is never shorter.
 *
 *	/delay/MS		answers after MS milliseconds
 *	/status/CODE		answers with that status
 *	/bytes/N		answers with N bytes
 *	/split			answers "nee" and "dle" in two segments
 *	/echo			answers with the request as it came
 *	/redirect		answers 302 to /
 *	/close			closes without an answer
 *	/reset			the same, with a RST
 *	/close-midbody		closes after half of the body it promised
 *	/long			sends more of a body than it promised, all at once
 *	/late/MS		answers with "ok", and sends more MS milliseconds later
 *	/slow/MS		sends a body of ten bytes, each MS milliseconds after the one before
 *	/garbage		answers something that is not HTTP
 *	/hang			never answers
 *	/last			answers and closes the connection, without having said so
 *	/stall-once/MS		the first one stalls everything for MS milliseconds
 *	/login			gives the next user number N in the cookie sid, and X-Token: tN
 *	/me/N			answers 200 to the user N by his cookie, 403 to another, 401 to none
 *	/set-cookie?TEXT	answers with TEXT as the value of Set-Cookie
 *	/json			answers with a list of things, the first of which is out of stock
 *	/count			answers with the number of requests before, itself not counted
 *
 * Anything else is answered with 200 and "ok"; a TLS greeting with "what?" and the end.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

#define REQUEST_MAX   65536
#define MSEC	      1000000LL
#define TLS_HANDSHAKE 0x16
#define LONG_ANSWER   "HTTP/1.1 200 Scripted\r\nContent-Length: 2\r\n\r\nok and more"

struct server {
	int fd;
	atomic_ulong requests;
	atomic_ulong users;
	atomic_llong stalled_until_ns;
};

struct connection {
	struct server *server;
	int fd;
	size_t len; /* bytes in text, of which */
	size_t request_len;
	char text[REQUEST_MAX + 1];
};

static void sleep_until(long long ns)
{
	struct timespec ts = { .tv_sec = ns / (1000 * MSEC), .tv_nsec = ns % (1000 * MSEC) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

/* The number behind @prefix when the request's path begins so, -1 when it does not. */
static long argument(const struct connection *c, const char *prefix)
{
	const char *path = strchr(c->text, ' ');
	size_t len = strlen(prefix);

	if (!path || strncmp(path + 1, prefix, len) != 0)
		return -1;
	return strtol(path + 1 + len, NULL, 10);
}

static bool send_all(struct connection *c, const char *data, size_t len)
{
	while (len) {
		ssize_t sent = send(c->fd, data, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool send_head(struct connection *c, long status, size_t body_len, const char *more)
{
	char head[256];
	int len = snprintf(head, sizeof(head),
			   "HTTP/1.1 %ld Scripted\r\nContent-Length: %zu\r\n%s\r\n", status,
			   body_len, more);

	return send_all(c, head, (size_t)len);
}

static bool answer(struct connection *c, long status, const char *body, size_t len)
{
	if (strncmp(c->text, "HEAD ", 5) == 0)
		return send_head(c, status, len, "");
	return send_head(c, status, len, "") && send_all(c, body, len);
}

static bool answer_bytes(struct connection *c, long nr)
{
	char chunk[4096];

	memset(chunk, 'x', sizeof(chunk));
	if (!send_head(c, 200, (size_t)nr, ""))
		return false;
	for (; nr > 0; nr -= (long)sizeof(chunk)) {
		if (!send_all(c, chunk, nr < (long)sizeof(chunk) ? (size_t)nr : sizeof(chunk)))
			return false;
	}
	return true;
}

static bool answer_count(struct connection *c)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lu\n",
			   atomic_fetch_sub(&c->server->requests, 1) - 1);

	return answer(c, 200, text, (size_t)len);
}

static bool answer_login(struct connection *c)
{
	unsigned long user = atomic_fetch_add(&c->server->users, 1) + 1;
	char more[128];

	snprintf(more, sizeof(more), "Set-Cookie: sid=%lu; Path=/; HttpOnly\r\nX-Token: t%lu\r\n",
		 user, user);
	return send_head(c, 200, 7, more) && send_all(c, "welcome", 7);
}

static bool answer_set_cookie(struct connection *c)
{
	const char *text = strchr(c->text, '?');
	char more[192];

	snprintf(more, sizeof(more), "Set-Cookie: %.*s\r\n",
		 text ? (int)strcspn(text + 1, " \r") : 0, text ? text + 1 : "");
	return send_head(c, 200, 2, more) && send_all(c, "ok", 2);
}

static bool answer_me(struct connection *c)
{
	const char *cookie = strstr(c->text, "\r\nCookie: sid=");

	if (!cookie || cookie >= c->text + c->request_len)
		return answer(c, 401, "who?", 4);
	if (strtol(cookie + 14, NULL, 10) != argument(c, "/me/"))
		return answer(c, 403, "no", 2);
	return answer(c, 200, "yes", 3);
}

static bool answer_json(struct connection *c)
{
	static const char body[] = "{\"name\":\"shop\",\"open\":true,\"items\":["
				   "{\"sku\":\"A-1\",\"stock\":0,\"price\":1},"
				   "{\"sku\":\"B/2 \\u00e4\\\"\",\"stock\":3,\"price\":6.75},"
				   "{\"sku\":\"C-3\",\"stock\":0,\"price\":2}]}";

	return answer(c, 200, body, sizeof(body) - 1);
}

/* Halves of a word that arrive one after the other: the socket sends what it has at once. */
static bool answer_split(struct connection *c)
{
	if (!send_head(c, 200, 6, "") || !send_all(c, "nee", 3))
		return false;
	sleep_until(now_ns() + 20 * MSEC);
	return send_all(c, "dle", 3);
}

/* A body that comes in drops: its first byte is early and its last one late. */
static bool answer_slowly(struct connection *c, long ms)
{
	long long start_ns = now_ns();
	int i;

	if (!send_head(c, 200, 10, ""))
		return false;
	for (i = 0; i < 10; i++) {
		sleep_until(start_ns + i * ms * MSEC);
		if (!send_all(c, "x", 1))
			return false;
	}
	return true;
}

/* Paths that end the connection in one way or another; false: this is none of them. */
static bool misbehave(struct connection *c)
{
	struct linger at_once = { .l_onoff = 1 };

	if (argument(c, "/reset") >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	else if (argument(c, "/close-midbody") >= 0)
		send_all(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", 44);
	else if (argument(c, "/garbage") >= 0)
		send_all(c, "what?\n\n", 7);
	else if (argument(c, "/last") >= 0)
		answer(c, 200, "last", 4);
	else if (argument(c, "/hang") >= 0)
		while (recv(c->fd, c->text, REQUEST_MAX, 0) > 0)
			;
	else
		return argument(c, "/close") >= 0;
	return true;
}

static void stall(struct connection *c)
{
	long long none = 0;
	long ms = argument(c, "/stall-once/");

	if (ms >= 0)
		atomic_compare_exchange_strong(&c->server->stalled_until_ns, &none,
					       now_ns() + ms * MSEC);
	sleep_until(atomic_load(&c->server->stalled_until_ns));
}

static bool answer_late(struct connection *c, long ms)
{
	if (!answer(c, 200, "ok", 2))
		return false;
	sleep_until(now_ns() + ms * MSEC);
	return send_all(c, " and more", 9);
}

/* Serves the request at the start of c->text. False when the connection is to be closed. */
static bool serve(struct connection *c)
{
	long long arrived_ns = now_ns();
	long value;

	atomic_fetch_add(&c->server->requests, 1);
	if (argument(c, "/count") >= 0)
		return answer_count(c);
	stall(c);
	if (misbehave(c))
		return false;
	if (argument(c, "/split") >= 0)
		return answer_split(c);
	if (argument(c, "/long") >= 0)
		return send_all(c, LONG_ANSWER, sizeof(LONG_ANSWER) - 1);
	value = argument(c, "/late/");
	if (value >= 0)
		return answer_late(c, value);
	value = argument(c, "/slow/");
	if (value >= 0)
		return answer_slowly(c, value);
	if (argument(c, "/echo") >= 0)
		return answer(c, 200, c->text, c->request_len);
	if (argument(c, "/login") >= 0)
		return answer_login(c);
	if (argument(c, "/me/") >= 0)
		return answer_me(c);
	if (argument(c, "/set-cookie") >= 0)
		return answer_set_cookie(c);
	if (argument(c, "/json") >= 0)
		return answer_json(c);
	if (argument(c, "/redirect") >= 0)
		return send_head(c, 302, 0, "Location: /\r\n");
	value = argument(c, "/status/");
	if (value >= 0)
		return answer(c, value, "status", 6);
	value = argument(c, "/bytes/");
	if (value >= 0)
		return answer_bytes(c, value);
	value = argument(c, "/delay/");
	if (value >= 0)
		sleep_until(arrived_ns + value * MSEC);
	return answer(c, 200, "ok", 2);
}

/* Reads until a whole request stands in c->text. False at the end of the connection. */
static bool receive(struct connection *c)
{
	const char *end, *length;

	for (;;) {
		ssize_t got;

		c->text[c->len] = '\0';
		end = strstr(c->text, "\r\n\r\n");
		if (end) {
			length = strcasestr(c->text, "\r\nContent-Length:");
			c->request_len = (size_t)(end + 4 - c->text);
			if (length && length < end)
				c->request_len += strtoul(length + 17, NULL, 10);
			if (c->request_len <= c->len)
				return true;
		}
		got = recv(c->fd, c->text + c->len, REQUEST_MAX - c->len, 0);
		if (got <= 0)
			return false;
		c->len += (size_t)got;
		if (c->text[0] == TLS_HANDSHAKE) {
			send_all(c, "what?\n\n", 7);
			return false;
		}
	}
}

static void *run_connection(void *arg)
{
	struct connection *c = arg;

	while (receive(c) && serve(c)) {
		c->len -= c->request_len;
		memmove(c->text, c->text + c->request_len, c->len);
	}
	close(c->fd);
	free(c);
	return NULL;
}

/* Takes the next connection and gives it a thread. 0, or 1 when that failed. */
static int take_connection(struct server *server)
{
	struct connection *c = calloc(1, sizeof(*c));
	pthread_t thread;
	int one = 1;

	if (!c)
		return fail("connection");
	c->server = server;
	c->fd = accept(server->fd, NULL, NULL);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    pthread_create(&thread, NULL, run_connection, c)) {
		free(c);
		return fail("accept");
	}
	pthread_detach(thread);
	return 0;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct server server = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	socklen_t len = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	if (server.fd < 0 || bind(server.fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(server.fd, 1024) || getsockname(server.fd, (struct sockaddr *)&address, &len))
		return fail("listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	while (take_connection(&server) == 0)
		;
	return 1;
}
