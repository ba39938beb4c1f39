// SPDX-License-Identifier: GPL-2.0-only
/* What a reference resolves to is a target, of bytes that a request line may have, and stays so. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *target)
{
	struct span value[TEMPLATE_SLOTS_MAX];
	char *again = NULL, *tmpl = NULL;
	const char *c;

	assert(*target == '/' && strlen(target) <= CRAWL_URL_MAX);
	for (c = target; *c; c++)
		assert(*c > ' ' && *c < 0x7f && !strchr("#{}\"<>\\^`|", *c));
	/* Two slashes at the start would name a host. */
	if (target[1] != '/') {
		assert(url_resolve("http://h", "/", target, &again) == 0);
		assert(strcmp(again, target) == 0);
	}
	if (template_of(target, &tmpl) == 0)
		assert(template_match(tmpl, target, value));
	free(tmpl);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *ref = strndup((const char *)data, size), *target = NULL;

	assert(ref);
	if (url_resolve("http://h", "/a/b?c", ref, &target) == 0)
		check(target);
	free(target);
	free(ref);
	return 0;
}
