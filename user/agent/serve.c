// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/agent/serve.h"
#include "user/base/clock.h"

#define TEXTS	   2		 /* of enum openmetrics_text */
#define STACK_SIZE (256UL << 10) /* of the thread: resident is what it touches */

struct open_connection {
	int fd; /* -1: none */
	u64 since_ns;
};

struct serve {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* of all that follows */
	struct MHD_Response *metrics[TEXTS];
	struct open_connection open[SERVE_CONNECTIONS_MAX];
	struct serve_counts counts;
};

static struct MHD_Response *fixed(const char *body)
{
	/* A static text: the library does not write to it. */
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);

	if (response &&
	    (!MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8") ||
	     !MHD_add_response_header(response, "Connection", "close"))) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static enum MHD_Result send_fixed(struct MHD_Connection *connection, unsigned int status,
				  const char *body)
{
	struct MHD_Response *response = fixed(body);
	enum MHD_Result queued = MHD_NO;

	if (!response)
		return MHD_NO;
	if (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	    MHD_add_response_header(response, "Allow", ROUTE_ALLOWED))
		queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

/* The connection keeps the text that it was given, whatever is published meanwhile. */
static enum MHD_Result send_metrics(struct serve *serve, struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	enum openmetrics_text text = route_text(accept);
	enum MHD_Result queued = MHD_NO;
	bool there;

	pthread_mutex_lock(&serve->lock);
	there = serve->metrics[text];
	if (there)
		queued = MHD_queue_response(connection, MHD_HTTP_OK, serve->metrics[text]);
	serve->counts.scrapes += there;
	serve->counts.others += !there;
	pthread_mutex_unlock(&serve->lock);
	return there ? queued
		     : send_fixed(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				  "nothing is measured yet\n");
}

/* The answer is given before a body, which is of no use to any page. */
/* NOLINTNEXTLINE(readability-function-size): the library dictates the parameters. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *body,
				  size_t *body_len, void **state)
{
	struct serve *serve = arg;
	enum route_page page = route_page(method, path);

	(void)version;
	(void)body;
	(void)state;
	if (*body_len) {
		*body_len = 0;
		return MHD_YES;
	}
	if (page == ROUTE_METRICS)
		return send_metrics(serve, connection);
	pthread_mutex_lock(&serve->lock);
	serve->counts.others++;
	pthread_mutex_unlock(&serve->lock);
	return send_fixed(connection, route_status(page), route_body(page));
}

static int fd_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/* The library calls this before it closes the socket: a number in the list is never another's. */
static void on_connection(void *arg, struct MHD_Connection *connection, void **state,
			  enum MHD_ConnectionNotificationCode what)
{
	int fd = fd_of(connection);
	bool opened = what == MHD_CONNECTION_NOTIFY_STARTED;
	struct serve *serve = arg;
	size_t i;

	(void)state;
	if (fd < 0)
		return;
	pthread_mutex_lock(&serve->lock);
	for (i = 0; i < SERVE_CONNECTIONS_MAX; i++) {
		if (serve->open[i].fd == (opened ? -1 : fd)) {
			serve->open[i].fd = opened ? fd : -1;
			serve->open[i].since_ns = clock_mono_ns();
			break;
		}
	}
	pthread_mutex_unlock(&serve->lock);
}

void serve_reap(struct serve *serve, u64 now_ns)
{
	size_t i;

	pthread_mutex_lock(&serve->lock);
	for (i = 0; i < SERVE_CONNECTIONS_MAX; i++) {
		const struct open_connection *at = &serve->open[i];

		if (at->fd >= 0 && now_ns > at->since_ns + SERVE_CONNECTION_NS)
			shutdown(at->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&serve->lock);
}

/* Signals are for the thread that measures: the library's inherits that they are blocked. */
static struct MHD_Daemon *start_daemon(struct serve *serve, int fd)
{
	struct MHD_Daemon *daemon;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, on_request, serve,
				  MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				  (unsigned int)SERVE_CONNECTIONS_MAX,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVE_REQUEST_BYTES,
				  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SERVE_IDLE_SECONDS,
				  MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve,
				  MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

int serve_start(struct serve **out, int fd, struct err *err)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	size_t i;

	*out = NULL;
	if (serve) {
		pthread_mutex_init(&serve->lock, NULL);
		for (i = 0; i < SERVE_CONNECTIONS_MAX; i++)
			serve->open[i].fd = -1;
		serve->daemon = start_daemon(serve, fd);
	}
	if (!serve || !serve->daemon) {
		free(serve);
		close(fd);
		return err_set(err, EXIT_FAILED, "cannot start the HTTP server: free some memory");
	}
	*out = serve;
	return 0;
}

void serve_stop(struct serve *serve)
{
	size_t i;

	if (!serve)
		return;
	MHD_stop_daemon(serve->daemon); /* closes the socket, too */
	for (i = 0; i < TEXTS; i++) {
		if (serve->metrics[i])
			MHD_destroy_response(serve->metrics[i]);
	}
	pthread_mutex_destroy(&serve->lock);
	free(serve);
}

int serve_publish(struct serve *serve, enum openmetrics_text format, char *text, size_t len)
{
	struct MHD_Response *before,
		*response = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return -ENOMEM;
	}
	if (!MHD_add_response_header(response, "Content-Type", route_content_type(format)) ||
	    !MHD_add_response_header(response, "Connection", "close")) {
		MHD_destroy_response(response);
		return -ENOMEM;
	}
	pthread_mutex_lock(&serve->lock);
	before = serve->metrics[format];
	serve->metrics[format] = response;
	pthread_mutex_unlock(&serve->lock);
	if (before)
		MHD_destroy_response(before);
	return 0;
}

struct serve_counts serve_counts(struct serve *serve)
{
	struct serve_counts counts;

	pthread_mutex_lock(&serve->lock);
	counts = serve->counts;
	pthread_mutex_unlock(&serve->lock);
	return counts;
}
