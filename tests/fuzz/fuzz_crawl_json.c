// SPDX-License-Identifier: GPL-2.0-only
/* Any JSON is taken as an answer, as an OpenAPI description and as a HAR file without harm. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "loadgen/crawl/har.h"
#include "loadgen/crawl/harvest.h"
#include "loadgen/crawl/openapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_operation(void *arg, const struct api_operation *operation)
{
	(void)arg;
	assert(strchr(operation->tmpl, '/') && *operation->method);
	return 0;
}

static int on_value(void *arg, const char *name, const char *value)
{
	return values_add(arg, name, strlen(name), value);
}

static int on_request(void *arg, const struct har_request *request)
{
	(void)arg;
	assert(request->url && strlen(request->method) <= 6);
	return 0;
}

static int on_link(void *arg, const char *ref)
{
	(void)arg;
	assert(*ref);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *doc = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct values values = { 0 };
	const struct api_sink sink = { on_operation, on_value, &values };
	int status;

	if (!doc)
		return 0;
	assert(openapi_scan(doc, &sink) == 0);
	status = har_scan(doc, on_request, NULL);
	assert(status == 0 || status == -EINVAL);
	assert(harvest_json(doc, "/api/things", &values, on_link, NULL) == 0);
	values_free(&values);
	json_decref(doc);
	return 0;
}
