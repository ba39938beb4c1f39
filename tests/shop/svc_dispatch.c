// SPDX-License-Identifier: GPL-2.0-only
/*
 * dispatch: takes orders off the Redis list "orders" and marks them as on their way, by a key
 * "order:ID" that expires. Behind it: Redis.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/shop/service.h"

#define ORDER_SECONDS 3600
#define RETRY_MS      1000

/*
 * Waits for @redis to have something to read. False when it is time to stop, or after
 * @timeout_ms (-1: never) with nothing to read; *@stop tells which.
 */
static bool wait_readable(int redis_fd, int stop_fd, int timeout_ms, bool *stop)
{
	struct pollfd fds[] = { { .fd = stop_fd, .events = POLLIN },
				{ .fd = redis_fd, .events = POLLIN } };
	int ready;

	do
		ready = poll(fds, ARRAY_SIZE(fds), timeout_ms);
	while (ready < 0 && errno == EINTR);
	*stop = ready > 0 && fds[0].revents;
	return ready > 0 && !*stop && fds[1].revents;
}

static int mark_dispatched(struct redis *redis, const redisReply *popped)
{
	const redisReply *text = popped->elements == 2 ? popped->element[1] : NULL;
	json_t *order = text ? json_loadb(text->str, text->len, 0, NULL) : NULL;
	const char *id = json_string_value(json_object_get(order, "orderid"));
	int err = 0;

	if (id)
		err = redis_do(redis, "SETEX order:%s %d dispatched", id, ORDER_SECONDS);
	else
		fprintf(stderr, "dispatch: dropped an order without an id\n");
	json_decref(order);
	return err;
}

/* Sends the pop that waits in Redis until there is an order, without waiting here. */
static int send_pop(struct redis *redis)
{
	int done = 0, err = redis_connect(redis);

	if (err)
		return err;
	if (redisAppendCommand(redis->context, "BRPOP orders 0") != REDIS_OK)
		return -ENOMEM;
	while (!done)
		if (redisBufferWrite(redis->context, &done) != REDIS_OK)
			return -EHOSTDOWN;
	return 0;
}

static int take_order(struct redis *redis)
{
	void *reply;
	int err;

	if (redisGetReply(redis->context, &reply) != REDIS_OK)
		return -EHOSTDOWN;
	err = mark_dispatched(redis, reply);
	freeReplyObject(reply);
	return err;
}

static void dispatch_orders(struct worker *worker, int stop_fd)
{
	struct redis *redis = &worker->redis;
	bool stop = false;

	while (!stop) {
		int err = send_pop(redis);

		if (!err && wait_readable(redis->context->fd, stop_fd, -1, &stop))
			err = take_order(redis);
		if (!err)
			continue;
		redis_close(redis);
		wait_readable(-1, stop_fd, RETRY_MS, &stop);
	}
}

static const struct route routes[] = {
	{ "GET", "/health", service_health },
};

int main(void)
{
	static const struct service service = {
		.name = "dispatch",
		.needs = NEEDS(BACKEND_REDIS),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
		.background = dispatch_orders,
	};

	return service_main(&service);
}
