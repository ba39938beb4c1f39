// SPDX-License-Identifier: GPL-2.0-only
/* Any robots.txt is read within its bounds, and decides about any address. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct robots robots;
	char *target;

	assert(robots_parse(&robots, (const char *)data, size, "situ") == 0);
	assert(robots.nr_rules <= ROBOTS_RULES_MAX && robots.nr_sitemaps <= ROBOTS_SITEMAPS_MAX);
	assert(robots.delay_s >= 0);
	target = strndup((const char *)data, size);
	assert(target);
	robots_allow(&robots, target);
	assert(robots_allow(&robots, "/robots.txt"));
	free(target);
	robots_free(&robots);
	return 0;
}
