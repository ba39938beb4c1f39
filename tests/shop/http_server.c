// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/shop/http_server.h"

#define POOL_THREADS	4
#define CONNECTIONS_MAX 256
/* Longer than nginx and libcurl keep an idle connection: the caller must be the one to close it. */
#define IDLE_SECONDS	600
/* 17 digits, jansson's default, would write 0.1 as 0.10000000000000001. */
#define JSON_STYLE	(JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

struct http_server {
	const struct http_server_config *cfg;
	struct MHD_Daemon *daemon;
	pthread_key_t worker; /* of each pool thread */
};

json_t *request_json(const struct request *req)
{
	return req->body ? json_loadb(req->body, req->body_len, JSON_REJECT_DUPLICATES, NULL)
			 : NULL;
}

void reply_json_status(struct request *req, int status, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_STYLE) : NULL;

	json_decref(json);
	free(req->reply);
	req->reply = text;
	req->status = text ? status : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

void reply_json(struct request *req, json_t *json)
{
	reply_json_status(req, MHD_HTTP_OK, json);
}

void reply_ok(struct request *req)
{
	reply_json(req, json_pack("{s:s}", "status", "OK"));
}

void reply_error(struct request *req, int status, const char *why)
{
	reply_json_status(req, status, json_pack("{s:s}", "error", why));
}

void reply_failed(struct request *req, int err)
{
	if (err == -EHOSTDOWN)
		reply_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "a server behind this one is down");
	else
		reply_error(req, MHD_HTTP_INTERNAL_SERVER_ERROR, strerror(-err));
}

static struct request *request_new(const char *url)
{
	struct request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->url = strdup(url);
	if (!req->url) {
		free(req);
		return NULL;
	}
	if (route_split(&req->path, req->url))
		req->path.nr = 0; /* matches no route: 404 */
	return req;
}

static void request_free(struct request *req)
{
	free(req->url);
	free(req->body);
	free(req->reply);
	free(req);
}

static void body_add(struct request *req, const char *data, size_t len)
{
	char *grown;

	if (req->body_failed)
		return;
	if (len > HTTP_BODY_BYTES_MAX - req->body_len) {
		req->body_failed = MHD_HTTP_CONTENT_TOO_LARGE;
		return;
	}
	grown = realloc(req->body, req->body_len + len);
	if (!grown) {
		req->body_failed = MHD_HTTP_INTERNAL_SERVER_ERROR;
		return;
	}
	memcpy(grown + req->body_len, data, len);
	req->body = grown;
	req->body_len += len;
}

static struct worker *thread_worker(struct http_server *server)
{
	struct worker *worker = pthread_getspecific(server->worker);

	if (worker)
		return worker;
	worker = server->cfg->worker_new(server->cfg->arg);
	if (worker && pthread_setspecific(server->worker, worker)) {
		server->cfg->worker_free(worker);
		return NULL;
	}
	return worker;
}

/* The route for @method and the path; NULL with req->allow set if another method would do. */
static const struct route *find_route(const struct http_server_config *cfg, struct request *req,
				      const char *method)
{
	if (!strcmp(method, MHD_HTTP_METHOD_HEAD))
		method = MHD_HTTP_METHOD_GET;
	for (size_t i = 0; i < cfg->nr_routes; i++) {
		const struct route *route = &cfg->routes[i];

		if (!route_match(route->pattern, &req->path, req->arg))
			continue;
		if (!strcmp(route->method, method))
			return route;
		req->allow = route->method;
	}
	return NULL;
}

static void answer(struct http_server *server, struct request *req, const char *method)
{
	const struct route *route = find_route(server->cfg, req, method);

	if (!route && req->allow)
		return reply_error(req, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed");
	if (!route)
		return reply_error(req, MHD_HTTP_NOT_FOUND, "no such path");
	if (req->body_failed)
		return reply_error(req, req->body_failed, "cannot take this body");
	req->worker = thread_worker(server);
	if (!req->worker)
		return reply_failed(req, -ENOMEM);
	route->handle(req);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct request *req)
{
	size_t len = req->reply ? strlen(req->reply) : 0;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, req->reply, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result queued;

	if (!response)
		return MHD_NO;
	req->reply = NULL; /* is the response's now */
	queued = MHD_add_response_header(response, "Content-Type", "application/json");
	if (queued == MHD_YES && req->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		queued = MHD_add_response_header(response, "Allow", req->allow);
	if (queued == MHD_YES)
		queued = MHD_queue_response(connection, req->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* Called with the header, then for each piece of the body, then once more for the answer. */
/* NOLINTNEXTLINE(readability-function-size): the library dictates the parameters. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct request *req = *state;

	(void)version;
	if (!req) {
		*state = request_new(url);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_len) {
		body_add(req, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	answer(arg, req, method);
	return send_reply(connection, req);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	(void)arg;
	(void)connection;
	(void)how;
	if (*state)
		request_free(*state);
	*state = NULL;
}

static int start_daemon(struct http_server *server)
{
	int fd = endpoint_listen(&server->cfg->listen);

	if (fd < 0)
		return fd;
	server->daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
				 on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
				 MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)POOL_THREADS,
				 MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
				 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (server->daemon)
		return 0;
	close(fd);
	return -EIO; /* the library has printed the reason */
}

int http_server_start(struct http_server **server, const struct http_server_config *cfg)
{
	struct http_server *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->cfg = cfg;
	err = -pthread_key_create(&s->worker, cfg->worker_free);
	if (err)
		goto out;
	err = start_daemon(s);
	if (err)
		pthread_key_delete(s->worker);
out:
	if (err)
		free(s);
	else
		*server = s;
	return err;
}

void http_server_stop(struct http_server *server)
{
	MHD_stop_daemon(server->daemon); /* joins the threads: their workers are freed by the key */
	pthread_key_delete(server->worker);
	free(server);
}
