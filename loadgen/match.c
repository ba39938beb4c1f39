// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"

/* fallback[n]: after n bytes matched, the longest shorter start that they also end with. */
u16 *match_compile(const char *needle)
{
	size_t len = strlen(needle), n, border = 0;
	u16 *fallback = calloc(len + 1, sizeof(*fallback));

	if (!fallback)
		return NULL;
	for (n = 1; n < len; n++) {
		while (border && needle[n] != needle[border])
			border = fallback[border];
		if (needle[n] == needle[border])
			border++;
		fallback[n + 1] = (u16)border;
	}
	return fallback;
}

size_t match_feed(const char *needle, const u16 *fallback, size_t state, const char *data,
		  size_t len)
{
	size_t i;

	for (i = 0; i < len && needle[state]; i++) {
		while (state && needle[state] != data[i])
			state = fallback[state];
		if (needle[state] == data[i])
			state++;
	}
	return state;
}
