// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service whose cost is known: chain MICROSECONDS [NEXT-ADDRESS:PORT]. It answers each request
 * of a connection, on SITU_ADDRESS and SITU_PORT, after it has burnt that much CPU time by its
 * own clock and had an answer from NEXT. Where CHAIN_SLOW is "NAME:PERCENT" and NAME is what
 * SITU_PLACEMENT says, it burns so much more. A thread per connection.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define ASK    "GET / HTTP/1.1\r\nHost: chain\r\n\r\n"

static long long burn_ns;
static struct sockaddr_in next; /* .sin_port 0: none */

static int parse_address(const char *address, const char *port, struct sockaddr_in *to)
{
	to->sin_family = AF_INET;
	to->sin_port = htons((unsigned short)atoi(port));
	return inet_pton(AF_INET, address, &to->sin_addr) == 1 && to->sin_port ? 0 : -1;
}

/* Reads a message without a body, or with the body of ANSWER, up to its end. 0, or -1 at the end.
 */
static int read_message(int fd, const char *end)
{
	char text[4096];
	size_t len = 0;
	ssize_t got;

	do {
		got = read(fd, text + len, sizeof(text) - 1 - len);
		if (got <= 0)
			return -1;
		len += (size_t)got;
		text[len] = '\0';
	} while (!strstr(text, end) && len < sizeof(text) - 1);
	return 0;
}

static int connect_next(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&next, sizeof(next))) {
		perror("chain: connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int serve_one(int fd, int behind)
{
	long long until_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + burn_ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until_ns)
		;
	if (behind >= 0 &&
	    (write(behind, ASK, strlen(ASK)) < 0 || read_message(behind, "\r\n\r\nok")))
		return -1;
	return write(fd, ANSWER, strlen(ANSWER)) < 0 ? -1 : 0;
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg, behind = next.sin_port ? connect_next() : -1;

	while (read_message(fd, "\r\n\r\n") == 0 && serve_one(fd, behind) == 0)
		;
	if (behind >= 0)
		close(behind);
	close(fd);
	return NULL;
}

/* Percent more that this placement is to take. */
static long slow_percent(void)
{
	const char *slow = getenv("CHAIN_SLOW"), *placement = getenv("SITU_PLACEMENT");
	const char *colon = slow ? strrchr(slow, ':') : NULL;

	if (!colon || !placement || strlen(placement) != (size_t)(colon - slow) ||
	    strncmp(slow, placement, strlen(placement)) != 0)
		return 0;
	return atol(colon + 1);
}

static int open_listener(void)
{
	const char *address = getenv("SITU_ADDRESS"), *port = getenv("SITU_PORT");
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in here = { 0 };

	if (!address || !port || parse_address(address, port, &here))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&here, sizeof(here)) || listen(fd, 128) ? -1 : fd;
}

int main(int argc, char **argv)
{
	char *colon = argc > 2 ? strrchr(argv[2], ':') : NULL;
	int listener = open_listener(), one = 1;
	pthread_t thread;
	long fd;

	if (colon)
		*colon = '\0';
	if (argc < 2 || listener < 0 ||
	    (argc > 2 && (!colon || parse_address(argv[2], colon + 1, &next)))) {
		fprintf(stderr,
			"usage: SITU_ADDRESS=... SITU_PORT=... chain MICROSECONDS [NEXT]\n");
		return 2;
	}
	burn_ns = atoll(argv[1]) * 10 * (100 + slow_percent());
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt((int)fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		/* Small as it is, without memory for a thread it is of no use. */
		if (pthread_create(&thread, NULL, serve, (void *)fd))
			return 1;
		pthread_detach(thread);
	}
	return 1;
}
