/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP side of a shop service: a libmicrohttpd thread pool that routes requests to handlers.
 * Every pool thread has one worker (its connections to stores and peers), made at its first
 * request and freed when the thread ends, so that handlers need no locks.
 */
#ifndef SHOP_HTTP_SERVER_H
#define SHOP_HTTP_SERVER_H

#include <jansson.h>
#include <stddef.h>

#include "tests/shop/endpoint.h"
#include "tests/shop/route.h"

#define HTTP_BODY_BYTES_MAX (32 * 1024)

struct worker;
struct http_server;

struct request {
	struct worker *worker;	     /* of this thread */
	const char *arg[ROUTE_ARGS]; /* what the stars of the route's pattern matched */
	struct path path;	     /* decoded; points into url */
	char *url;
	char *body; /* not NUL-terminated; NULL when empty */
	size_t body_len;
	int body_failed;   /* HTTP status of what went wrong while the body arrived, or 0 */
	int status;	   /* set by the reply functions */
	char *reply;	   /* JSON text */
	const char *allow; /* of a 405: a method that the path would take */
};

struct http_server_config {
	struct endpoint listen;
	const struct route *routes;
	size_t nr_routes;
	struct worker *(*worker_new)(void *arg); /* NULL without memory */
	void (*worker_free)(void *worker);
	void *arg;
};

/*
 * Starts serving; @cfg must stay as it is until the server is stopped. Returns 0 with *@server
 * set, or a negative errno (-EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -ENOMEM, ...).
 */
int http_server_start(struct http_server **server, const struct http_server_config *cfg);

/* Waits for the requests in work, closes every connection, frees all workers and @server. */
void http_server_stop(struct http_server *server);

/* Parses the body: a JSON value that the caller releases, NULL when there is none or it is bad. */
json_t *request_json(const struct request *req);

/*
 * The reply functions; a handler calls exactly one, last. reply_json() answers 200 and takes over
 * @json; NULL (what jansson returns without memory) becomes 500.
 */
void reply_json(struct request *req, json_t *json);
void reply_json_status(struct request *req, int status, json_t *json);
void reply_ok(struct request *req);
void reply_error(struct request *req, int status, const char *why);

/* The answer to negative errno @err of a store or peer function: 503 when it is down, else 500. */
void reply_failed(struct request *req, int err);

#endif
