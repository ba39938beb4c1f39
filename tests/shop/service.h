/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every shop service is made of: configuration from the environment, a worker per thread, a
 * life from start to SIGTERM.
 */
#ifndef SHOP_SERVICE_H
#define SHOP_SERVICE_H

#include <microhttpd.h> /* the names of the HTTP status codes */

#include "tests/shop/http_client.h"
#include "tests/shop/http_server.h"
#include "tests/shop/postgres_store.h"
#include "tests/shop/redis_store.h"
#include "user/base/types.h"

/* What may stand behind a service. The environment variable of the same name holds host:port. */
enum backend {
	BACKEND_REDIS,
	BACKEND_POSTGRES,
	BACKEND_CATALOGUE,
	BACKEND_USERS, /* not USER: that variable is the login name */
	BACKEND_CART,
	NR_BACKENDS,
};

#define NEEDS(backend) (1U << (backend))

/* One thread's connections. */
struct worker {
	unsigned int needs;
	struct redis redis;
	struct postgres postgres;
	struct http_client client;
	const struct endpoint *peers; /* by enum backend */
};

struct service {
	const char *name;
	unsigned int needs; /* NEEDS() of each server behind it */
	const struct route *routes;
	size_t nr_routes;
	const char *const *statements; /* for PostgreSQL, may be NULL */
	size_t nr_statements;
	/*
	 * Runs in the main thread with a worker of its own and returns when @stop_fd becomes
	 * readable; NULL: there is nothing to do but to serve.
	 */
	void (*background)(struct worker *worker, int stop_fd);
};

/* Runs the service until SIGTERM or SIGINT. Returns the exit status for main(). */
int service_main(const struct service *service);

/* GET /health: 200 when each store that the service needs answers, else 503; says which. */
void service_health(struct request *req);

/* http_client_call() to the peer @peer of this thread. */
#define service_call(worker, peer, method, body, status, json, ...)                             \
	http_client_call(&(worker)->client, &(worker)->peers[peer], method, body, status, json, \
			 __VA_ARGS__)

#endif
