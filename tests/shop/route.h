/* SPDX-License-Identifier: GPL-2.0-only */
/* Which handler a request belongs to, and whether the pieces of its path can be trusted. */
#ifndef SHOP_ROUTE_H
#define SHOP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTE_ARGS	   3
#define ROUTE_SEGMENTS_MAX 6

struct request;

struct route {
	const char *method;
	const char *pattern; /* segments; one that is "*" matches anything and becomes an arg */
	/* Answers by one of the reply functions of http_server.h. */
	void (*handle)(struct request *req);
};

/* A path cut into its segments. */
struct path {
	const char *segment[ROUTE_SEGMENTS_MAX];
	size_t nr;
};

/*
 * Cuts @text ("/a/b") at its slashes, in place; @path points into it. 0, or -EINVAL when it does
 * not start with a slash or has more than ROUTE_SEGMENTS_MAX segments.
 */
int route_split(struct path *path, char *text);

/*
 * True if @pattern and @path agree segment by segment; then arg[] points at what the stars stand
 * for, of which none is empty.
 */
bool route_match(const char *pattern, const struct path *path, const char *arg[ROUTE_ARGS]);

/*
 * True for 1..64 letters, digits and "-_.@": what ids, SKUs and country codes are made of. Such a
 * word needs no escaping in a URL, a Redis key or a JSON string.
 */
bool route_word(const char *s);

/* True for 1..64 printable ASCII characters: search text. */
bool route_text(const char *s);

/* Parses a whole number within @min..@max. 0, or -EINVAL. */
int route_number(const char *s, long min, long max, long *number);

#endif
