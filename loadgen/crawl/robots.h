/* SPDX-License-Identifier: GPL-2.0-only */
/* robots.txt (RFC 9309): groups, Allow and Disallow with '*' and '$'; Crawl-delay and Sitemap. */
#ifndef SITU_CRAWL_ROBOTS_H
#define SITU_CRAWL_ROBOTS_H

#include "user/base/types.h"

#define ROBOTS_BYTES_MAX    (512U << 10) /* read of a file; RFC 9309 section 2.5 asks for 500 KiB */
#define ROBOTS_RULES_MAX    2000
#define ROBOTS_SITEMAPS_MAX 20

struct robots_rule {
	char *pattern;
	bool allow;
};

struct robots {
	struct robots_rule *rules; /* of the groups that are for the agent */
	size_t nr_rules;
	char *sitemaps[ROBOTS_SITEMAPS_MAX];
	size_t nr_sitemaps;
	double delay_s; /* Crawl-delay, 0 without one */
};

/*
 * Reads @text[@len] for the product token @agent: the groups that name it, or else those for '*'.
 * What cannot be read is skipped, as the RFC wants it. 0 or -ENOMEM; robots_free() in any case.
 */
int robots_parse(struct robots *robots, const char *text, size_t len, const char *agent);
void robots_free(struct robots *robots);

/* Whether @target may be asked for: the longest rule that matches decides, Allow on a tie. */
bool robots_allow(const struct robots *robots, const char *target);

/* Whether @pattern, with '*' for anything and '$' for the end, matches the start of @text. */
bool robots_match(const char *pattern, const char *text);

#endif
