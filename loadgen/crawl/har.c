// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "loadgen/crawl/har.h"
#include "user/base/types.h"

#define ENTRIES_MAX 20000

/* OPTIONS is the browser's own question, CONNECT and TRACE no load can send. */
static bool is_method(const char *text)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(text, methods[i]) == 0)
			return true;
	}
	return false;
}

/* The string at @key; NULL when there is none, or one with a NUL that would be cut there. */
static const char *text_of(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	if (!json_is_string(text) || strlen(json_string_value(text)) != json_string_length(text))
		return NULL;
	return json_string_value(text);
}

int har_scan(const json_t *doc, int (*found)(void *arg, const struct har_request *request),
	     void *arg)
{
	const json_t *entries = json_object_get(json_object_get(doc, "log"), "entries");
	size_t i;
	int status = 0;

	if (!json_is_array(entries))
		return -EINVAL;
	for (i = 0; !status && i < json_array_size(entries) && i < ENTRIES_MAX; i++) {
		const json_t *sent = json_object_get(json_array_get(entries, i), "request");
		const json_t *data = json_object_get(sent, "postData");
		const struct har_request request = {
			.method = text_of(sent, "method"),
			.url = text_of(sent, "url"),
			.body = text_of(data, "text"),
			.content_type = text_of(data, "mimeType"),
		};

		if (!request.method || !request.url || !is_method(request.method))
			continue;
		/* A body that cannot be sent as it was is none. */
		if (request.body || !json_object_get(data, "text"))
			status = found(arg, &request);
	}
	return status;
}
