// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lab/actor.h"
#include "tests/lab/loop.h"
#include "tests/lab/stream.h"

struct server;

struct connection {
	struct server *server;
	int fd;
};

struct job {
	struct job *next;
	int fd;
	int64_t queued_ns;
	struct usage used; /* by the thread that read it */
	struct http_request request;
};

struct server {
	struct actor *actor;
	int listener;
	void (*start)(struct connection *conn);
	/* the pool's queue */
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct job *first, **end;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Without memory for a few bytes no test goes on. */
static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("memory");
	return memory;
}

static void accept_all(void *arg)
{
	struct server *server = arg;

	for (;;) {
		struct connection *conn = allocate(sizeof(*conn));

		conn->server = server;
		conn->fd = stream_accept(server->listener);
		if (conn->fd < 0)
			die("accept");
		server->start(conn);
	}
}

static void serve_connection(void *arg)
{
	struct connection *conn = arg;
	struct http_request *request = allocate(sizeof(*request));
	int err = 0;

	while (!err && http_read_request(conn->fd, request) > 0) {
		struct truth truth = { 0 };

		err = actor_handle(conn->server->actor, conn->fd, request, &truth, request->begun);
		if (request->close)
			break;
	}
	close(conn->fd);
	free(request);
	free(conn);
}

static void *serve_in_thread(void *arg)
{
	usage_now(); /* opens what takes long before the first request is read */
	serve_connection(arg);
	usage_end();
	return NULL;
}

static void start_thread(struct connection *conn)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve_in_thread, conn))
		die("thread");
	pthread_detach(thread);
}

static void start_coroutine(struct connection *conn)
{
	loop_start(serve_connection, conn);
}

static void enqueue(struct server *server, struct job *job)
{
	struct usage now = loop_usage();

	job->used.cpu_ns = now.cpu_ns - job->request.begun.cpu_ns;
	job->used.runq_ns = now.runq_ns - job->request.begun.runq_ns;
	job->queued_ns = now_ns();
	pthread_mutex_lock(&server->lock);
	*server->end = job;
	server->end = &job->next;
	pthread_cond_signal(&server->filled);
	pthread_mutex_unlock(&server->lock);
}

/* Reads requests and leaves them to the pool, which shuts the connection when it is to end. */
static void read_for_pool(void *arg)
{
	struct connection *conn = arg;
	struct job *job = allocate(sizeof(*job));

	while (http_read_request(conn->fd, &job->request) > 0) {
		job->fd = conn->fd;
		enqueue(conn->server, job);
		job = allocate(sizeof(*job));
	}
	close(conn->fd);
	free(job);
	free(conn);
}

static void start_reader(struct connection *conn)
{
	loop_start(read_for_pool, conn);
}

/* *@woken becomes what the thread waited on a run queue when it had to be woken. */
static struct job *dequeue(struct server *server, int64_t *woken_ns)
{
	struct job *job;

	*woken_ns = 0;
	pthread_mutex_lock(&server->lock);
	while (!server->first) {
		struct usage before = usage_now();

		pthread_cond_wait(&server->filled, &server->lock);
		*woken_ns = usage_since(before).runq_ns;
	}
	job = server->first;
	server->first = job->next;
	if (!server->first)
		server->end = &server->first;
	pthread_mutex_unlock(&server->lock);
	return job;
}

static void *work(void *arg)
{
	struct server *server = arg;

	for (;;) {
		struct truth truth = { 0 };
		int64_t woken_ns;
		struct job *job = dequeue(server, &woken_ns);

		truth.used = job->used;
		truth.used.runq_ns += woken_ns;
		truth.handover_ns = now_ns() - job->queued_ns - woken_ns;
		if (actor_handle(server->actor, job->fd, &job->request, &truth, usage_now()) ||
		    job->request.close)
			shutdown(job->fd, SHUT_RDWR);
		free(job);
	}
	return NULL;
}

static struct server *make_server(struct actor *actor, int listener,
				  void (*start)(struct connection *))
{
	struct server *server = allocate(sizeof(*server));

	server->actor = actor;
	server->listener = listener;
	server->start = start;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->filled, NULL);
	server->end = &server->first;
	return server;
}

void serve_threads(struct actor *actor, int listener)
{
	accept_all(make_server(actor, listener, start_thread));
	abort();
}

void serve_loop(struct actor *actor, int listener)
{
	loop_run(accept_all, make_server(actor, listener, start_coroutine));
}

void serve_pool(struct actor *actor, int listener, int threads)
{
	struct server *server = make_server(actor, listener, start_reader);
	pthread_t thread;

	while (threads-- > 0) {
		if (pthread_create(&thread, NULL, work, server))
			die("thread");
	}
	loop_run(accept_all, server);
}
