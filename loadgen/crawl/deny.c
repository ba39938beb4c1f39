// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "loadgen/crawl/deny.h"

static bool is_word(const char *pattern)
{
	const char *c;

	for (c = pattern; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-')
			return false;
	}
	return c > pattern;
}

/* @word[@len] stands in @text with no letter or digit next to it, or as a part of "signOut". */
static bool has_word(const char *text, const char *word, size_t len)
{
	const char *at;

	for (at = text; *at; at++) {
		if (strncasecmp(at, word, len) != 0 ||
		    (at > text && isalnum((unsigned char)at[-1])))
			continue;
		if (!isalnum((unsigned char)at[len]) ||
		    (islower((unsigned char)at[len - 1]) && isupper((unsigned char)at[len])))
			return true;
	}
	return false;
}

/* What ends a session, destroys, or harms a server when a robot follows it. */
static bool denied_by_default(const char *target)
{
	const char *word = DENY_DEFAULTS;

	while (*word) {
		size_t len = strcspn(word, ",");

		if (has_word(target, word, len))
			return true;
		word += len;
		word += strspn(word, ", ");
	}
	return false;
}

bool deny_match(const struct deny *deny, const char *target)
{
	size_t i;

	for (i = 0; i < deny->nr; i++) {
		const char *pattern = deny->patterns[i];

		if (is_word(pattern) ? has_word(target, pattern, strlen(pattern))
				     : fnmatch(pattern, target, 0) == 0)
			return true;
	}
	return !deny->no_defaults && denied_by_default(target);
}
