// SPDX-License-Identifier: GPL-2.0-only
/* Whatever is found in a script is bounded and made of the bytes that a path has. */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/jscan.h"
#include "loadgen/crawl/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(void *arg, const char *method, const char *path)
{
	const char *c;
	char *tmpl = NULL;

	(void)arg;
	assert(isupper((unsigned char)*method));
	assert(*path && strlen(path) <= JSCAN_PATH_MAX);
	for (c = path; *c; c++)
		assert(*c > ' ' && *c < 0x7f);
	if (url_resolve_template("http://h", "/a/b", path, &tmpl) == 0)
		assert(*tmpl == '/');
	free(tmpl);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	assert(jscan((const char *)data, size, check, NULL) == 0);
	return 0;
}
