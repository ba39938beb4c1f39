// SPDX-License-Identifier: GPL-2.0-only
/* Any page and any sitemap is read without harm, and what comes out of it is text. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "loadgen/crawl/html.h"
#include "loadgen/crawl/sitemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_text(void *arg, const char *text)
{
	*(size_t *)arg += strlen(text);
	return 0;
}

static int on_form(void *arg, const struct html_form *form)
{
	size_t i;

	assert(form->nr_fields <= HTML_FIELDS_MAX);
	for (i = 0; i < form->nr_fields; i++) {
		assert(*form->field[i].name);
		on_text(arg, form->field[i].value);
	}
	return on_text(arg, form->action);
}

static int on_loc(void *arg, const char *url, bool index)
{
	(void)index;
	return on_text(arg, url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t bytes = 0;
	const struct html_sink sink = { on_text, on_text, on_text, on_text, on_form, &bytes };

	assert(html_scan((const char *)data, size, NULL, &sink) == 0);
	assert(sitemap_scan((const char *)data, size, on_loc, &bytes) == 0);
	return 0;
}
