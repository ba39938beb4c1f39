// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "loadgen/crawl/yamldoc.h"
#include "user/base/types.h"

struct converter {
	yaml_document_t *document;
	struct yamldoc_error *error;
	unsigned int nodes;
};

static json_t *convert(struct converter *c, int number, unsigned int depth);

static json_t *refuse(struct converter *c, const yaml_node_t *node, const char *text)
{
	*c->error = (struct yamldoc_error){ .text = text };
	if (node) {
		c->error->line = node->start_mark.line + 1;
		c->error->column = node->start_mark.column + 1;
	}
	return NULL;
}

/* A whole number or a fraction in decimal, NULL: neither. */
static json_t *plain_number(const char *text, size_t len)
{
	char *end;
	double real;
	long long whole;

	if (!len || strspn(text, "+-.0123456789eE") != len)
		return NULL;
	errno = 0;
	whole = strtoll(text, &end, 10);
	if (!*end && !errno)
		return json_integer(whole);
	real = strtod(text, &end);
	return *end || !isfinite(real) ? NULL : json_real(real);
}

static json_t *convert_scalar(const yaml_node_t *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const trues[] = { "true", "True", "TRUE" };
	static const char *const falses[] = { "false", "False", "FALSE" };
	const char *text = (const char *)node->data.scalar.value;
	size_t len = node->data.scalar.length, i;
	json_t *number;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || strlen(text) != len)
		return json_stringn(text, len);
	for (i = 0; i < ARRAY_SIZE(nulls); i++) {
		if (strcmp(text, nulls[i]) == 0)
			return json_null();
	}
	for (i = 0; i < ARRAY_SIZE(trues); i++) {
		if (strcmp(text, trues[i]) == 0)
			return json_true();
		if (strcmp(text, falses[i]) == 0)
			return json_false();
	}
	number = plain_number(text, len);
	return number ? number : json_stringn(text, len);
}

static json_t *convert_list(struct converter *c, const yaml_node_t *node, unsigned int depth)
{
	json_t *list = json_array();
	const yaml_node_item_t *item = node->data.sequence.items.start;

	for (; list && item < node->data.sequence.items.top; item++) {
		if (json_array_append_new(list, convert(c, *item, depth))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *convert_map(struct converter *c, const yaml_node_t *node, unsigned int depth)
{
	json_t *object = json_object();
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	for (; object && pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(c->document, pair->key);
		json_t *value;

		if (!key || key->type != YAML_SCALAR_NODE)
			continue;
		value = convert(c, pair->value, depth);
		/* Refuses a key that is not UTF-8 as well, which libyaml lets nobody write. */
		if (json_object_set_new(object, (const char *)key->data.scalar.value, value)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *convert(struct converter *c, int number, unsigned int depth)
{
	const yaml_node_t *node = yaml_document_get_node(c->document, number);

	if (!node)
		return refuse(c, node, "an alias of nothing");
	if (depth > YAMLDOC_DEPTH_MAX)
		return refuse(c, node, "nested too deep");
	if (++c->nodes > YAMLDOC_NODES_MAX)
		return refuse(c, node, "too many values");
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return convert_scalar(node);
	case YAML_SEQUENCE_NODE:
		return convert_list(c, node, depth + 1);
	case YAML_MAPPING_NODE:
		return convert_map(c, node, depth + 1);
	default:
		return refuse(c, node, "a node of no kind");
	}
}

/* libyaml's messages are string constants. */
static json_t *refuse_syntax(const yaml_parser_t *parser, struct yamldoc_error *error)
{
	*error = (struct yamldoc_error){ .line = parser->problem_mark.line + 1,
					 .column = parser->problem_mark.column + 1,
					 .text = parser->problem ? parser->problem : "no memory" };
	return NULL;
}

json_t *yamldoc_parse(const char *text, size_t len, struct yamldoc_error *error)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct converter c = { .document = &document, .error = error };
	json_t *root = NULL;

	*error = (struct yamldoc_error){ .line = 1, .column = 1, .text = "no memory" };
	if (!yaml_parser_initialize(&parser))
		return NULL;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &document)) {
		refuse_syntax(&parser, error);
	} else {
		if (yaml_document_get_root_node(&document))
			root = convert(&c, 1, 0);
		else
			refuse(&c, NULL, "it is empty");
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return root;
}
