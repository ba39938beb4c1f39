// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "loadgen/crawl/sample.h"
#include "user/base/types.h"

#define REFERENCES_MAX 8 /* in a row */
#define DEPTH_MAX      6
#define NODES_MAX      200
#define KEY_MAX	       256

/* The child of @node that the reference's part @key[@len] names (RFC 6901). */
static const json_t *step(const json_t *node, const char *key, size_t len)
{
	char name[KEY_MAX];
	size_t i, out = 0;

	if (len >= sizeof(name))
		return NULL;
	for (i = 0; i < len; i++) {
		char c = key[i];

		if (c == '~' && i + 1 < len && (key[i + 1] == '0' || key[i + 1] == '1'))
			c = key[++i] == '0' ? '~' : '/';
		name[out++] = c;
	}
	name[out] = '\0';
	return json_object_get(node, name);
}

static const json_t *follow(const json_t *doc, const char *reference)
{
	const json_t *node = doc;

	if (strncmp(reference, "#/", 2) != 0)
		return NULL;
	reference += 2;
	while (node) {
		size_t len = strcspn(reference, "/");

		node = step(node, reference, len);
		if (!reference[len])
			break;
		reference += len + 1;
	}
	return node;
}

const json_t *sample_resolve(const json_t *doc, const json_t *node)
{
	unsigned int i;

	for (i = 0; i < REFERENCES_MAX && json_is_object(node); i++) {
		const char *reference = json_string_value(json_object_get(node, "$ref"));

		if (!reference)
			return node;
		node = follow(doc, reference);
	}
	return NULL;
}

bool sample_scalar(const json_t *value, char *text, size_t size)
{
	int len = -1;

	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		len = snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		len = snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		len = snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
	return len >= 0 && (size_t)len < size;
}

static json_t *make(const json_t *doc, const json_t *schema, unsigned int depth,
		    unsigned int *nodes);

/* Adds the sample of each of @schema's properties to @object. */
static void add_properties(const json_t *doc, const json_t *schema, json_t *object,
			   unsigned int depth, unsigned int *nodes)
{
	const char *key;
	json_t *property;

	json_object_foreach (json_object_get(schema, "properties"), key, property) {
		json_t *value;

		if (json_is_true(json_object_get(property, "readOnly")))
			continue;
		value = make(doc, property, depth + 1, nodes);
		if (value)
			json_object_set_new(object, key, value);
	}
}

static json_t *make_object(const json_t *doc, const json_t *schema, unsigned int depth,
			   unsigned int *nodes)
{
	const json_t *all = json_object_get(schema, "allOf");
	json_t *object = json_object();
	size_t i;

	for (i = 0; object && i < json_array_size(all); i++)
		add_properties(doc, sample_resolve(doc, json_array_get(all, i)), object, depth,
			       nodes);
	if (object)
		add_properties(doc, schema, object, depth, nodes);
	return object;
}

static json_t *make_array(const json_t *doc, const json_t *schema, unsigned int depth,
			  unsigned int *nodes)
{
	json_t *array = json_array();
	json_t *item = make(doc, json_object_get(schema, "items"), depth + 1, nodes);

	if (array && item)
		json_array_append_new(array, item);
	else
		json_decref(item);
	return array;
}

static json_t *make_string(const json_t *schema)
{
	static const char *const formats[][2] = {
		{ "date-time", "2024-01-01T00:00:00Z" },
		{ "date", "2024-01-01" },
		{ "email", "user@example.com" },
		{ "uuid", "00000000-0000-4000-8000-000000000001" },
		{ "uri", "http://example.com/" },
	};
	const char *format = json_string_value(json_object_get(schema, "format"));
	size_t i;

	for (i = 0; format && i < ARRAY_SIZE(formats); i++) {
		if (strcmp(format, formats[i][0]) == 0)
			return json_string(formats[i][1]);
	}
	return json_string("string");
}

static json_t *make_typed(const json_t *doc, const json_t *schema, unsigned int depth,
			  unsigned int *nodes)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	const json_t *minimum = json_object_get(schema, "minimum");

	if (!type)
		type = json_object_get(schema, "properties") || json_object_get(schema, "allOf")
			       ? "object"
			       : "";
	if (strcmp(type, "object") == 0)
		return make_object(doc, schema, depth, nodes);
	if (strcmp(type, "array") == 0)
		return make_array(doc, schema, depth, nodes);
	if (strcmp(type, "string") == 0)
		return make_string(schema);
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		return json_is_integer(minimum) ? json_copy((json_t *)minimum) : json_integer(1);
	return strcmp(type, "boolean") == 0 ? json_true() : NULL;
}

static json_t *make(const json_t *doc, const json_t *schema, unsigned int depth,
		    unsigned int *nodes)
{
	static const char *const given[] = { "example", "default" };
	const json_t *value;
	size_t i;

	schema = sample_resolve(doc, schema);
	if (!schema || depth > DEPTH_MAX || ++*nodes > NODES_MAX)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		value = json_object_get(schema, given[i]);
		if (value)
			return json_incref((json_t *)value);
	}
	value = json_array_get(json_object_get(schema, "enum"), 0);
	if (value)
		return json_incref((json_t *)value);
	value = json_array_get(json_object_get(schema, "oneOf"), 0);
	if (!value)
		value = json_array_get(json_object_get(schema, "anyOf"), 0);
	return value ? make(doc, value, depth + 1, nodes) : make_typed(doc, schema, depth, nodes);
}

json_t *sample_make(const json_t *doc, const json_t *schema)
{
	unsigned int nodes = 0;

	return make(doc, schema, 0, &nodes);
}
