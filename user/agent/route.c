// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/agent/route.h"

static const struct {
	const char *path; /* NULL: any */
	unsigned int status;
	const char *body;
} pages[] = {
	[ROUTE_ROOT] = { "/", 200, "situ agent " SITU_VERSION ": metrics are at /metrics\n" },
	[ROUTE_HEALTH] = { "/healthz", 200, "ok\n" },
	[ROUTE_METRICS] = { "/metrics", 200, NULL },
	[ROUTE_NOT_FOUND] = { NULL, 404, "no such page: metrics are at /metrics\n" },
	[ROUTE_BAD_METHOD] = { NULL, 405, "only GET and HEAD are answered\n" },
};

enum route_page route_page(const char *method, const char *path)
{
	enum route_page page;

	for (page = ROUTE_ROOT; page < ROUTE_NOT_FOUND; page++) {
		if (strcmp(path, pages[page].path) == 0)
			break;
	}
	if (page == ROUTE_NOT_FOUND || strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return page;
	return ROUTE_BAD_METHOD;
}

unsigned int route_status(enum route_page page)
{
	return pages[page].status;
}

const char *route_body(enum route_page page)
{
	return pages[page].body;
}

/* A piece of the header: [at, end) without blanks around it. */
struct piece {
	const char *at, *end;
};

static struct piece trimmed(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct piece){ at, end };
}

/* The part of @text up to @mark or its end; *@text is set to what follows, NULL behind the last. */
static struct piece cut(const char **text, const char *end, char mark)
{
	const char *at = *text, *stop = memchr(at, mark, (size_t)(end - at));

	*text = stop ? stop + 1 : NULL;
	return trimmed(at, stop ? stop : end);
}

static bool is_word(struct piece piece, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(piece.end - piece.at) == len && strncasecmp(piece.at, word, len) == 0;
}

/* "q=0.5": 0.5; other parameters leave the weight as it is. What is no number weighs nothing. */
static double weight_of(struct piece parameter, double weight)
{
	char number[8] = "";
	char *end;
	size_t len;

	if (parameter.end - parameter.at < 2 || strncasecmp(parameter.at, "q=", 2) != 0)
		return weight;
	len = (size_t)(parameter.end - parameter.at) - 2;
	if (!len || len >= sizeof(number))
		return 0;
	memcpy(number, parameter.at + 2, len);
	if (strspn(number, "0123456789.") != len)
		return 0;
	weight = strtod(number, &end);
	return *end || weight > 1 ? 0 : weight;
}

/* The highest weights so far. */
struct wanted {
	double openmetrics, plain;
};

static void take_range(struct piece range, struct wanted *wanted)
{
	const char *rest = range.at;
	struct piece type = cut(&rest, range.end, ';');
	double weight = 1;

	while (rest)
		weight = weight_of(cut(&rest, range.end, ';'), weight);
	if (is_word(type, "application/openmetrics-text") && weight > wanted->openmetrics)
		wanted->openmetrics = weight;
	if (is_word(type, "text/plain") && weight > wanted->plain)
		wanted->plain = weight;
}

enum openmetrics_text route_text(const char *accept)
{
	struct wanted wanted = { 0, 0 };
	const char *end = accept ? accept + strlen(accept) : NULL;

	while (accept)
		take_range(cut(&accept, end, ','), &wanted);
	return wanted.openmetrics > 0 && wanted.openmetrics >= wanted.plain ? OPENMETRICS_1_0
									    : OPENMETRICS_OLDER;
}

const char *route_content_type(enum openmetrics_text text)
{
	return text == OPENMETRICS_1_0
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
