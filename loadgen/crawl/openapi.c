// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/openapi.h"
#include "loadgen/crawl/sample.h"
#include "loadgen/crawl/url.h"
#include "user/base/buf.h"
#include "user/base/types.h"

#define VALUES_MAX     20
#define OPERATIONS_MAX 2000

struct reader {
	const json_t *doc;
	const struct api_sink *sink;
	char *base_path; /* without a '/' at its end */
	unsigned int operations;
};

bool openapi_is(const json_t *doc)
{
	return json_is_object(json_object_get(doc, "paths")) &&
	       (json_is_string(json_object_get(doc, "openapi")) ||
		json_is_string(json_object_get(doc, "swagger")));
}

/* The path of servers[0].url, or basePath: behind the host, without variables. */
static char *base_path(const json_t *doc)
{
	const json_t *server = json_array_get(json_object_get(doc, "servers"), 0);
	const char *url = json_string_value(json_object_get(server, "url")), *host;
	size_t len;

	if (!url)
		url = json_string_value(json_object_get(doc, "basePath"));
	if (!url || strlen(url) > CRAWL_URL_MAX || strpbrk(url, "{}?#"))
		return strdup("");
	host = strstr(url, "://");
	if (host)
		url = host + 3 + strcspn(host + 3, "/");
	len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	return *url == '/' ? strndup(url, len) : strdup("");
}

static int give_scalar(struct reader *r, const char *name, const json_t *value)
{
	char text[SAMPLE_SCALAR_MAX];

	if (!sample_scalar(value, text, sizeof(text)))
		return 0;
	return r->sink->value(r->sink->arg, name, text);
}

/* Gives the values that @holder, a parameter or schema, names: example, default, enum... */
static int give_values(struct reader *r, const char *name, const json_t *holder)
{
	static const char *const keys[] = { "example", "x-example", "default" };
	const json_t *list = json_object_get(holder, "enum");
	const json_t *item;
	const char *key;
	size_t i;
	int status = 0;

	for (i = 0; !status && i < ARRAY_SIZE(keys); i++)
		status = give_scalar(r, name, json_object_get(holder, keys[i]));
	for (i = 0; !status && i < json_array_size(list) && i < VALUES_MAX; i++)
		status = give_scalar(r, name, json_array_get(list, i));
	json_object_foreach (json_object_get(holder, "examples"), key, item) {
		if (!status)
			status = give_scalar(r, name, json_object_get(item, "value"));
	}
	return status;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_number(struct reader *r, const json_t *parameter)
{
	const json_t *schema = sample_resolve(r->doc, json_object_get(parameter, "schema"));
	const char *type = text_of(schema ? schema : parameter, "type");

	return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
}

/* What the parameters of one operation add up to. */
struct gathered {
	struct buf query;
	const json_t *body_schema; /* Swagger 2: the parameter in the body */
	bool has_form;		   /* Swagger 2: parameters in a form */
	bool guess;		   /* every path parameter is a number */
};

static int take_parameter(struct reader *r, const json_t *parameter, struct gathered *g)
{
	const char *name = text_of(parameter, "name"), *in = text_of(parameter, "in");
	bool required = json_is_true(json_object_get(parameter, "required"));
	const json_t *schema = sample_resolve(r->doc, json_object_get(parameter, "schema"));
	char *encoded;
	int status;

	if (strcmp(in, "body") == 0)
		g->body_schema = schema;
	g->has_form |= strcmp(in, "formData") == 0;
	if (!*name || (strcmp(in, "path") != 0 && strcmp(in, "query") != 0))
		return 0;
	status = give_values(r, name, parameter);
	if (!status)
		status = give_values(r, name, schema);
	if (strcmp(in, "path") == 0 || required)
		g->guess &= is_number(r, parameter);
	if (status || strcmp(in, "query") != 0 || !required)
		return status;
	encoded = url_encode(name);
	if (!encoded)
		return -ENOMEM;
	buf_printf(&g->query, "%c%s={%s}", g->query.len ? '&' : '?', encoded, name);
	free(encoded);
	return 0;
}

static int take_parameters(struct reader *r, const json_t *list, struct gathered *g)
{
	const json_t *item;
	size_t i;
	int status = 0;

	for (i = 0; !status && i < json_array_size(list); i++) {
		item = sample_resolve(r->doc, json_array_get(list, i));
		if (item)
			status = take_parameter(r, item, g);
	}
	return status;
}

/* The JSON body of @operation as text for the caller to free; NULL when none is known. */
static char *json_body(struct reader *r, const json_t *operation, const struct gathered *g)
{
	const json_t *request = sample_resolve(r->doc, json_object_get(operation, "requestBody"));
	const json_t *media =
		json_object_get(json_object_get(request, "content"), "application/json");
	const json_t *example = json_object_get(media, "example");
	const json_t *schema = json_object_get(media, "schema");
	json_t *made = NULL;
	const char *key;
	json_t *item;
	char *text;

	json_object_foreach (json_object_get(media, "examples"), key, item) {
		if (!example)
			example = json_object_get(item, "value");
	}
	if (!example)
		example = made = sample_make(r->doc, schema ? schema : g->body_schema);
	text = example ? json_dumps(example, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	json_decref(made);
	return text;
}

/* A GET without parameters, or one whose body nobody needs, has none. */
static bool takes_body(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
	       strcmp(method, "PATCH") == 0;
}

static bool describes_no_body(const json_t *operation, const struct gathered *g)
{
	return !json_object_get(operation, "requestBody") && !g->body_schema && !g->has_form;
}

static int give_operation(struct reader *r, const char *method, const char *path,
			  const json_t *operation, const struct gathered *g)
{
	struct api_operation found = { .method = method, .guess = g->guess ? "1" : NULL };
	struct buf tmpl = buf_init((size_t)4 * CRAWL_URL_MAX);
	char *body = NULL;
	int status;

	buf_printf(&tmpl, "%s%s%s", r->base_path, path, g->query.data ? g->query.data : "");
	if (takes_body(method)) {
		body = describes_no_body(operation, g) ? strdup("") : json_body(r, operation, g);
		found.content_type = body && *body ? "application/json" : NULL;
	}
	found.body = body;
	found.tmpl = tmpl.data;
	/* What is too long to be written is too long to be asked for. */
	status = tmpl.failed == -E2BIG ? 0 : tmpl.failed;
	if (!tmpl.failed)
		status = r->sink->operation(r->sink->arg, &found);
	free(body);
	buf_free(&tmpl);
	return status;
}

static int take_operation(struct reader *r, const char *method, const char *path,
			  const json_t *item, const json_t *operation)
{
	struct gathered g = { .query = buf_init(CRAWL_URL_MAX), .guess = true };
	int status;

	status = take_parameters(r, json_object_get(item, "parameters"), &g);
	if (!status)
		status = take_parameters(r, json_object_get(operation, "parameters"), &g);
	if (!status && g.query.failed != -E2BIG)
		status = g.query.failed ? g.query.failed
					: give_operation(r, method, path, operation, &g);
	buf_free(&g.query);
	return status;
}

static int take_path(struct reader *r, const char *path, const json_t *item)
{
	static const char *const methods[][2] = { { "get", "GET" },	{ "head", "HEAD" },
						  { "post", "POST" },	{ "put", "PUT" },
						  { "patch", "PATCH" }, { "delete", "DELETE" } };
	size_t i;
	int status = 0;

	for (i = 0; !status && i < ARRAY_SIZE(methods); i++) {
		const json_t *operation = json_object_get(item, methods[i][0]);

		if (!json_is_object(operation) || ++r->operations > OPERATIONS_MAX)
			continue;
		status = take_operation(r, methods[i][1], path, item, operation);
	}
	return status;
}

int openapi_scan(const json_t *doc, const struct api_sink *sink)
{
	struct reader r = { .doc = doc, .sink = sink, .base_path = base_path(doc) };
	const char *path;
	json_t *item;
	int status = r.base_path ? 0 : -ENOMEM;

	json_object_foreach (json_object_get(doc, "paths"), path, item) {
		const json_t *resolved = sample_resolve(doc, item);

		if (!status && *path == '/' && resolved)
			status = take_path(&r, path, resolved);
	}
	free(r.base_path);
	return status;
}
