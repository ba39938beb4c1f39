// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/shop/route.h"

#define ARG_BYTES_MAX 64

int route_split(struct path *path, char *text)
{
	path->nr = 0;
	if (*text != '/')
		return -EINVAL;
	while (text) {
		if (path->nr == ROUTE_SEGMENTS_MAX)
			return -EINVAL;
		*text++ = '\0';
		path->segment[path->nr++] = text;
		text = strchr(text, '/');
	}
	return 0;
}

static bool segment_matches(const char *want, size_t want_len, const char *have)
{
	if (want_len == 1 && *want == '*')
		return *have != '\0';
	return strlen(have) == want_len && !memcmp(want, have, want_len);
}

bool route_match(const char *pattern, const struct path *path, const char *arg[ROUTE_ARGS])
{
	size_t nr_args = 0;

	for (size_t i = 0; i < path->nr; i++) {
		size_t len;

		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (!segment_matches(pattern, len, path->segment[i]))
			return false;
		if (*pattern == '*') {
			if (nr_args == ROUTE_ARGS)
				return false;
			arg[nr_args++] = path->segment[i];
		}
		pattern += len;
	}
	return *pattern == '\0';
}

bool route_word(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > ARG_BYTES_MAX)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.@", *s))
			return false;
	return true;
}

bool route_text(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > ARG_BYTES_MAX)
		return false;
	for (; *s; s++)
		if (!isprint((unsigned char)*s))
			return false;
	return true;
}

int route_number(const char *s, long min, long max, long *number)
{
	char *end;

	if (!isdigit((unsigned char)*s) && *s != '-')
		return -EINVAL;
	errno = 0;
	*number = strtol(s, &end, 10);
	if (errno || *end || *number < min || *number > max)
		return -EINVAL;
	return 0;
}
