/* SPDX-License-Identifier: GPL-2.0-only */
/* A worker's connection to Redis, made when first needed and again after it broke. */
#ifndef SHOP_REDIS_STORE_H
#define SHOP_REDIS_STORE_H

#include <hiredis/hiredis.h>

#include "tests/shop/endpoint.h"

struct redis {
	struct endpoint where;
	redisContext *context; /* NULL: not connected */
};

void redis_close(struct redis *redis);

/* Connects if that is needed; no answer may be due. 0, or -EHOSTDOWN. */
int redis_connect(struct redis *redis);

/*
 * Runs one command (hiredis format). 0 with *@reply set, which the caller frees by
 * freeReplyObject(); -EHOSTDOWN when Redis is not there, -EIO when it refuses the command.
 */
int redis_command(struct redis *redis, redisReply **reply, const char *fmt, ...);

/* The same for a command whose reply tells nothing. */
int redis_do(struct redis *redis, const char *fmt, ...);

#endif
