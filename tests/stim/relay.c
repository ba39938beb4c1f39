// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row of servers with known work, one thread for each connection.
 *   relay serve PORT SPIN_US SLEEP_US [NEXT_PORT [CALLS]]   until it is killed
 *   relay ask PORT REQUESTS [PAUSE_US]                      one connection
 * A server reads 100 bytes, spins, sleeps, asks the next one CALLS times (over one connection
 * that it keeps) and answers with 1000 bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES  100
#define RESPONSE_BYTES 1000

struct service {
	long spin_us, sleep_us;
	int next_port, calls;
};

static struct service service;

static int fail(const char *what)
{
	fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
	return 1;
}

static struct sockaddr_in at_port(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return at;
}

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int dial(int port)
{
	struct sockaddr_in at = at_port(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	no_delay(fd);
	return fd;
}

static int get(int fd, char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, data + done, len - done);

		if (n <= 0)
			return 0;
		done += (size_t)n;
	}
	return 1;
}

static long thread_cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void work(void)
{
	struct timespec pause = { .tv_sec = service.sleep_us / 1000000,
				  .tv_nsec = service.sleep_us % 1000000 * 1000 };
	long until_us = thread_cpu_us() + service.spin_us;

	while (service.spin_us && thread_cpu_us() < until_us)
		;
	if (service.sleep_us)
		nanosleep(&pause, NULL);
}

static int ask(int fd)
{
	char data[RESPONSE_BYTES] = { 0 };

	return write(fd, data, REQUEST_BYTES) == REQUEST_BYTES && get(fd, data, RESPONSE_BYTES);
}

static void *serve_one(void *arg)
{
	char data[RESPONSE_BYTES] = { 0 };
	int fd = (int)(long)arg, next = -1, i;

	no_delay(fd);
	while (get(fd, data, REQUEST_BYTES)) {
		work();
		if (service.next_port && next < 0)
			next = dial(service.next_port);
		for (i = 0; service.next_port && i < service.calls; i++) {
			if (next < 0 || !ask(next)) {
				fail("call");
				exit(1);
			}
		}
		if (write(fd, data, RESPONSE_BYTES) != RESPONSE_BYTES)
			break;
	}
	close(fd);
	if (next >= 0)
		close(next);
	return NULL;
}

static int serve(int port)
{
	struct sockaddr_in at = at_port(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, conn;
	pthread_t thread;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 64))
		return fail("listen");
	puts("listening");
	fflush(stdout);
	while ((conn = accept(fd, NULL, NULL)) >= 0) {
		if (pthread_create(&thread, NULL, serve_one, (void *)(long)conn))
			return fail("thread");
		pthread_detach(thread);
	}
	return fail("accept");
}

static int ask_all(int port, long requests, long pause_us)
{
	struct timespec pause = { .tv_sec = pause_us / 1000000,
				  .tv_nsec = pause_us % 1000000 * 1000 };
	int fd = dial(port);

	if (fd < 0)
		return fail("connect");
	while (requests-- > 0) {
		if (!ask(fd))
			return fail("ask");
		if (pause_us)
			nanosleep(&pause, NULL);
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && argc <= 7 && strcmp(argv[1], "serve") == 0) {
		service.spin_us = atol(argv[3]);
		service.sleep_us = atol(argv[4]);
		service.next_port = argc > 5 ? atoi(argv[5]) : 0;
		service.calls = argc > 6 ? atoi(argv[6]) : 1;
		return serve(atoi(argv[2]));
	}
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "ask") == 0)
		return ask_all(atoi(argv[2]), atol(argv[3]), argc > 4 ? atol(argv[4]) : 0);
	fprintf(stderr, "usage: relay serve PORT SPIN_US SLEEP_US [NEXT_PORT [CALLS]] | "
			"relay ask PORT REQUESTS [PAUSE_US]\n");
	return 2;
}
