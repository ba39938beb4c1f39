// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "loadgen/crawl/harvest.h"
#include "loadgen/crawl/template.h"

#define DEPTH_MAX 12
#define NODES_MAX 20000

struct harvest {
	struct values *values;
	int (*link)(void *arg, const char *ref);
	void *arg;
	unsigned int nodes;
	int failed;
};

static bool is_one_of(const char *key, const char *const *list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcasecmp(key, list[i]) == 0)
			return true;
	}
	return false;
}

/* Keys whose value tells the items of a list apart. */
static bool is_identity(const char *key)
{
	static const char *const keys[] = { "id", "_id", "uuid", "slug", "code", "key", "sku" };

	return is_one_of(key, keys, ARRAY_SIZE(keys));
}

static bool is_reference(const char *key)
{
	static const char *const keys[] = { "href", "url",  "uri",  "link", "path",
					    "next", "prev", "self", "src",  "location" };

	return is_one_of(key, keys, ARRAY_SIZE(keys));
}

/* A scalar as text; NULL when it is none, or of no use as a part of a URL. */
static const char *scalar(const json_t *node, char *text, size_t size)
{
	if (json_is_string(node))
		return strlen(json_string_value(node)) == json_string_length(node)
			       ? json_string_value(node)
			       : NULL;
	if (!json_is_integer(node))
		return NULL;
	snprintf(text, size, "%lld", (long long)json_integer_value(node));
	return text;
}

static void take_scalar(struct harvest *h, const char *key, const char *of, const char *value)
{
	char joined[2 * TEMPLATE_NAME_MAX];

	if (is_reference(key) && (*value == '/' || strstr(value, "://"))) {
		h->failed = h->link(h->arg, value);
		return;
	}
	h->failed = values_add(h->values, key, strlen(key), value);
	if (h->failed || !*of || !is_identity(key))
		return;
	snprintf(joined, sizeof(joined), "%s%.20s", of, key);
	h->failed = values_add(h->values, joined, strlen(joined), value);
	if (!h->failed)
		h->failed = values_add(h->values, of, strlen(of), value);
}

static void take(struct harvest *h, const json_t *node, const char *key, const char *of,
		 unsigned int depth);

static void take_object(struct harvest *h, const json_t *node, const char *of, unsigned int depth)
{
	const char *key;
	json_t *child;

	json_object_foreach ((json_t *)node, key, child) {
		char one[TEMPLATE_NAME_MAX];

		if (h->failed || h->nodes > NODES_MAX)
			return;
		if (json_is_object(child) || json_is_array(child)) {
			template_singular(key, strlen(key), one);
			take(h, child, key, one, depth + 1);
		} else {
			take(h, child, key, of, depth + 1);
		}
	}
}

static void take(struct harvest *h, const json_t *node, const char *key, const char *of,
		 unsigned int depth)
{
	char text[32];
	const char *value = scalar(node, text, sizeof(text));
	json_t *child;
	size_t i;

	if (h->failed || ++h->nodes > NODES_MAX || depth > DEPTH_MAX)
		return;
	if (value) {
		take_scalar(h, key, of, value);
	} else if (json_is_object(node)) {
		take_object(h, node, of, depth);
	} else if (json_is_array(node)) {
		json_array_foreach (node, i, child) {
			if (h->failed || h->nodes > NODES_MAX)
				return;
			take(h, child, of, of, depth + 1);
		}
	}
}

int harvest_json(const json_t *doc, const char *target, struct values *values,
		 int (*link)(void *arg, const char *ref), void *arg)
{
	struct harvest h = { .values = values, .link = link, .arg = arg };
	size_t path = strcspn(target, "?"), start;
	char of[TEMPLATE_NAME_MAX] = "";

	/* What the answer is about: the last word of its path. */
	while (path > 1 && target[path - 1] == '/')
		path--;
	for (start = path; start && target[start - 1] != '/'; start--)
		;
	if (path > start && !template_is_id(target + start, path - start))
		template_singular(target + start, path - start, of);
	take(&h, doc, of, of, 0);
	return h.failed;
}
