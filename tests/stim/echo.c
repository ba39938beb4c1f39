// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and responses of known number, size and server time over TCP.
 *   echo serve ADDRESS PORT DELAY_US RESPONSE_BYTES   until its first connection has ended
 *   echo ask ADDRESS PORT REQUESTS REQUEST_BYTES RESPONSE_BYTES [FILE]
 * "serve" writes a line to stdout once it listens. With FILE, "ask" has one exchange more, at its
 * beginning, writes a line and waits until FILE exists.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

#define BYTES_MAX (1 << 20)

static char data[BYTES_MAX];

static ssize_t put(int fd, void *from, size_t len)
{
	return write(fd, from, len);
}

static ssize_t get(int fd, void *to, size_t len)
{
	return read(fd, to, len);
}

/* Sends or receives all of @len bytes; 0 at the end of the stream. */
static int all(int fd, size_t len, ssize_t (*move)(int, void *, size_t))
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = move(fd, data, len - done);

		if (n <= 0)
			return 0;
		done += (size_t)n;
	}
	return 1;
}

static int stream(const char *address, const char *port, struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	memset(at, 0, sizeof(*at));
	at->sin_family = AF_INET;
	at->sin_port = htons((unsigned short)atoi(port));
	inet_pton(AF_INET, address, &at->sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int serve(char **arg)
{
	struct timespec delay = { .tv_nsec = atol(arg[2]) * 1000 };
	size_t response = (size_t)atol(arg[3]);
	struct sockaddr_in at;
	int fd = stream(arg[0], arg[1], &at), conn, on = 1;

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		return fail("listen");
	puts("listening");
	fflush(stdout);
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		return fail("accept");
	setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (read(conn, data, sizeof(data)) > 0) {
		if (delay.tv_nsec)
			nanosleep(&delay, NULL);
		if (!all(conn, response, put))
			return fail("write");
	}
	return 0;
}

static int ask(char **arg)
{
	size_t request = (size_t)atol(arg[3]), response = (size_t)atol(arg[4]);
	struct timespec pause = { .tv_nsec = 10000000 };
	long left = atol(arg[2]);
	struct sockaddr_in at;
	int fd = stream(arg[0], arg[1], &at);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return fail("connect");
	if (arg[5]) {
		if (!all(fd, request, put) || !all(fd, response, get))
			return fail("exchange");
		puts("asked");
		fflush(stdout);
		while (access(arg[5], F_OK) != 0)
			nanosleep(&pause, NULL);
	}
	while (left-- > 0) {
		if (!all(fd, request, put) || !all(fd, response, get))
			return fail("exchange");
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "serve") == 0)
		return serve(argv + 2);
	if ((argc == 7 || argc == 8) && strcmp(argv[1], "ask") == 0)
		return ask(argv + 2);
	fprintf(stderr, "usage: echo serve ADDRESS PORT DELAY_US BYTES | "
			"echo ask ADDRESS PORT REQUESTS BYTES RESPONSE_BYTES [FILE]\n");
	return 2;
}
