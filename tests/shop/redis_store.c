// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/shop/redis_store.h"

static const struct timeval connect_time = { .tv_sec = 1 };
static const struct timeval answer_time = { .tv_sec = 2 };

void redis_close(struct redis *redis)
{
	if (redis->context)
		redisFree(redis->context);
	redis->context = NULL;
}

int redis_connect(struct redis *redis)
{
	if (redis->context && endpoint_idle(redis->context->fd))
		return 0;
	redis_close(redis);
	redis->context =
		redisConnectWithTimeout(redis->where.host, (int)strtol(redis->where.port, NULL, 10),
					connect_time);
	if (redis->context && !redis->context->err &&
	    redisSetTimeout(redis->context, answer_time) == REDIS_OK)
		return 0;
	redis_close(redis);
	return -EHOSTDOWN;
}

static int command_va(struct redis *redis, redisReply **reply, const char *fmt, va_list ap)
{
	int err = redis_connect(redis);

	if (err)
		return err;
	*reply = redisvCommand(redis->context, fmt, ap);
	if (!*reply) {
		redis_close(redis); /* hiredis: a context that failed cannot be used again */
		return -EHOSTDOWN;
	}
	if ((*reply)->type != REDIS_REPLY_ERROR)
		return 0;
	fprintf(stderr, "redis refuses: %s\n", (*reply)->str);
	freeReplyObject(*reply);
	*reply = NULL;
	return -EIO;
}

int redis_command(struct redis *redis, redisReply **reply, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = command_va(redis, reply, fmt, ap);
	va_end(ap);
	return err;
}

int redis_do(struct redis *redis, const char *fmt, ...)
{
	redisReply *reply = NULL;
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = command_va(redis, &reply, fmt, ap);
	va_end(ap);
	freeReplyObject(reply);
	return err;
}
