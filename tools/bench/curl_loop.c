// SPDX-License-Identifier: GPL-2.0-only
/*
 * curl_loop: keeps connections busy with one request after the other through libcurl and measures
 * nothing: no clock is read, no latency kept, no answer judged. What is left of its rate when a
 * load generator does all that is the generator's own cost.
 *
 *	curl_loop poll|epoll CONNECTIONS SECONDS URL
 *
 * poll drives libcurl by curl_multi_perform() and curl_multi_poll(), epoll by
 * curl_multi_socket_action() and an epoll set that does what libcurl's callbacks say. Prints the
 * number of answers.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <curl/curl.h>

#define EVENTS_MAX 64

/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler has no argument */
static volatile sig_atomic_t over;

struct loop {
	CURLM *multi;
	int epoll_fd;
	long timeout_ms;
	unsigned long answers;
};

static void on_alarm(int signal)
{
	(void)signal;
	over = 1;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's */
static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	(void)data, (void)arg;
	return one * len;
}

/* Takes the answers that are complete and begins as many requests. Returns whether any were. */
static bool turn_around(struct loop *loop)
{
	CURLMsg *message;
	bool any = false;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left))) {
		CURL *easy = message->easy_handle;

		loop->answers += message->data.result == CURLE_OK;
		curl_multi_remove_handle(loop->multi, easy);
		curl_multi_add_handle(loop->multi, easy);
		any = true;
	}
	return any;
}

static void run_poll(struct loop *loop)
{
	int running;

	while (!over) {
		do
			curl_multi_perform(loop->multi, &running);
		while (turn_around(loop));
		curl_multi_poll(loop->multi, NULL, 0, 1000, NULL);
	}
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct loop *loop = arg;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		/* Fails when libcurl has closed it already, which took it out as well. */
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (epoll_ctl(loop->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		perror("curl_loop: epoll_ctl");
	curl_multi_assign(loop->multi, fd, loop);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct loop *loop = arg;

	(void)multi;
	loop->timeout_ms = timeout_ms;
	return 0;
}

static void run_epoll(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];
	int running, nr, i;

	curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	while (!over) {
		nr = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, (int)loop->timeout_ms);
		for (i = 0; i < nr; i++) {
			int mask = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
				   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

			curl_multi_socket_action(loop->multi, events[i].data.fd, mask, &running);
		}
		if (nr == 0)
			curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		turn_around(loop);
	}
}

static CURL *make_request(const char *url)
{
	CURL *easy = curl_easy_init();

	if (!easy || curl_easy_setopt(easy, CURLOPT_URL, url) ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body)) {
		fprintf(stderr, "curl_loop: no easy handle\n");
		exit(1);
	}
	return easy;
}

int main(int argc, char **argv)
{
	struct loop loop = { .timeout_ms = -1 };
	long connections, seconds, i;
	bool polls;

	if (argc != 5 || (strcmp(argv[1], "poll") != 0 && strcmp(argv[1], "epoll") != 0)) {
		fprintf(stderr, "usage: curl_loop poll|epoll CONNECTIONS SECONDS URL\n");
		return 2;
	}
	polls = strcmp(argv[1], "poll") == 0;
	connections = strtol(argv[2], NULL, 10);
	seconds = strtol(argv[3], NULL, 10);
	signal(SIGALRM, on_alarm);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	loop.multi = curl_multi_init();
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!loop.multi || loop.epoll_fd < 0)
		return 1;
	curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, connections);
	if (!polls) {
		curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
		curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
		curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, on_timer);
		curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
	}
	for (i = 0; i < connections; i++)
		curl_multi_add_handle(loop.multi, make_request(argv[4]));
	alarm((unsigned int)seconds);
	if (polls)
		run_poll(&loop);
	else
		run_epoll(&loop);
	printf("%lu\n", loop.answers);
	return loop.answers == 0;
}
