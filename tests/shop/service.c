// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tests/shop/service.h"
#include "user/base/err.h" /* the exit codes */

struct running {
	const struct service *service;
	struct endpoint listen;
	struct endpoint backends[NR_BACKENDS];
};

static const char *const backend_names[NR_BACKENDS] = {
	[BACKEND_REDIS] = "REDIS",	   [BACKEND_POSTGRES] = "POSTGRES",
	[BACKEND_CATALOGUE] = "CATALOGUE", [BACKEND_USERS] = "USERS",
	[BACKEND_CART] = "CART",
};

static int configure_backends(struct running *run)
{
	for (size_t i = 0; i < NR_BACKENDS; i++) {
		const char *text = getenv(backend_names[i]);

		if (!(run->service->needs & NEEDS(i)))
			continue;
		if (text && !endpoint_parse(&run->backends[i], text))
			continue;
		fprintf(stderr, "%s: %s is not host:port: set it in the environment\n",
			run->service->name, backend_names[i]);
		return -EINVAL;
	}
	return 0;
}

static int configure(struct running *run)
{
	const char *address = getenv("SITU_ADDRESS"), *port = getenv("SITU_PORT");

	if (!address || !port || endpoint_set(&run->listen, address, port)) {
		fprintf(stderr, "%s: no place to listen: set SITU_ADDRESS and SITU_PORT\n",
			run->service->name);
		return -EINVAL;
	}
	return configure_backends(run);
}

static void worker_free(void *arg)
{
	struct worker *worker = arg;

	http_client_close(&worker->client);
	redis_close(&worker->redis);
	postgres_close(&worker->postgres);
	free(worker);
}

static struct worker *worker_new(void *arg)
{
	const struct running *run = arg;
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->needs = run->service->needs;
	worker->peers = run->backends;
	worker->redis.where = run->backends[BACKEND_REDIS];
	worker->postgres.where = run->backends[BACKEND_POSTGRES];
	worker->postgres.statements = run->service->statements;
	worker->postgres.nr_statements = run->service->nr_statements;
	if (!http_client_open(&worker->client))
		return worker;
	worker_free(worker);
	return NULL;
}

void service_health(struct request *req)
{
	struct worker *worker = req->worker;
	json_t *json = json_pack("{s:s}", "app", "OK");
	bool healthy = true, ok;

	if (worker->needs & NEEDS(BACKEND_REDIS)) {
		ok = !redis_do(&worker->redis, "PING");
		json_object_set_new(json, "redis", json_boolean(ok));
		healthy = healthy && ok;
	}
	if (worker->needs & NEEDS(BACKEND_POSTGRES)) {
		ok = !postgres_ping(&worker->postgres);
		json_object_set_new(json, "postgres", json_boolean(ok));
		healthy = healthy && ok;
	}
	reply_json_status(req, healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, json);
}

/* A descriptor that becomes readable on SIGTERM or SIGINT; threads started later inherit the mask.
 */
static int stop_fd_open(void)
{
	sigset_t stop;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	if (sigprocmask(SIG_BLOCK, &stop, NULL))
		return -1;
	return signalfd(-1, &stop, SFD_CLOEXEC);
}

static int run_until_stopped(struct running *run, int stop_fd)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	struct worker *worker;

	if (!run->service->background) {
		while (poll(&stop, 1, -1) < 0)
			if (errno != EINTR)
				return -errno;
		return 0;
	}
	worker = worker_new(run);
	if (!worker)
		return -ENOMEM;
	run->service->background(worker, stop_fd);
	worker_free(worker);
	return 0;
}

static int serve(struct running *run, int stop_fd)
{
	struct http_server_config cfg = {
		.listen = run->listen,
		.routes = run->service->routes,
		.nr_routes = run->service->nr_routes,
		.worker_new = worker_new,
		.worker_free = worker_free,
		.arg = run,
	};
	struct http_server *server;
	int err = http_server_start(&server, &cfg);

	if (err)
		return err;
	err = run_until_stopped(run, stop_fd);
	http_server_stop(server);
	return err;
}

int service_main(const struct service *service)
{
	struct running run = { .service = service };
	int stop_fd, err;

	if (configure(&run))
		return EXIT_USAGE;
	stop_fd = stop_fd_open();
	if (stop_fd < 0 || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		fprintf(stderr, "%s: cannot start: %s\n", service->name, strerror(errno));
		return EXIT_FAILED;
	}
	json_object_seed(0); /* jansson would do it at the first object, in some thread */
	err = serve(&run, stop_fd);
	if (err)
		fprintf(stderr, "%s: cannot serve on %s:%s: %s\n", service->name, run.listen.host,
			run.listen.port, strerror(-err));
	curl_global_cleanup();
	close(stop_fd);
	return err ? EXIT_FAILED : EXIT_OK;
}
