// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "user/base/opts.h"
#include "user/base/config.h"

#define KEYS_MAX 32 /* fields of one mapping that are offered as a correction */

struct walk {
	const struct config_source *source;
	yaml_document_t *doc;
	struct err *err;
};

static int error_at(const struct config_source *source, const yaml_mark_t *mark, struct err *err,
		    const char *text)
{
	return err_set(err, EXIT_USAGE, "%s:%zu:%zu: %s", source->name, mark->line + 1,
		       mark->column + 1, text);
}

__attribute__((format(printf, 3, 4))) static int wrong(const struct walk *w,
						       const yaml_node_t *node, const char *fmt,
						       ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_at(w->source, &node->start_mark, w->err, text);
}

static const char *scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static bool is_bool(const char *text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

static bool is_count(const char *text, u32 size)
{
	char *end;
	u64 value;

	/* libcyaml would read 010 as eight. */
	if (text[0] == '0' && text[1])
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9')
		return false;
	return size >= sizeof(u64) || value >> (8 * size) == 0;
}

static bool is_real(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && !*end && isfinite(value);
}

static int check_scalar(const struct walk *w, const yaml_node_t *node, const char *key,
			const cyaml_schema_value_t *schema)
{
	const char *text = scalar(node);

	if (node->type != YAML_SCALAR_NODE)
		return wrong(w, node, "'%s' is one value, not a list or keys: write '%s: VALUE'",
			     key, key);
	if (strlen(text) != node->data.scalar.length)
		return wrong(w, node, "'%s' holds a NUL byte: take it out", key);
	switch (schema->type) {
	case CYAML_UINT:
		if (is_count(text, schema->data_size))
			return 0;
		return wrong(w, node, "'%s: %s' is not a whole number: write for example '%s: 5'",
			     key, text, key);
	case CYAML_FLOAT:
		if (is_real(text))
			return 0;
		return wrong(w, node, "'%s: %s' is not a number: write for example '%s: 5'", key,
			     text, key);
	case CYAML_BOOL:
		if (is_bool(text))
			return 0;
		return wrong(w, node, "'%s: %s' is neither true nor false: write one of them", key,
			     text);
	case CYAML_STRING:
		if (strlen(text) < schema->string.min)
			return wrong(w, node, "'%s' is empty: give it a value", key);
		if (strlen(text) > schema->string.max)
			return wrong(w, node, "'%s' is longer than %u bytes: shorten it", key,
				     schema->string.max);
		return 0;
	default:
		return 0;
	}
}

static int check_value(const struct walk *w, const yaml_node_t *node, const char *key,
		       const cyaml_schema_value_t *schema);

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *field, const char *key)
{
	while (field->key && strcmp(field->key, key) != 0)
		field++;
	return field->key ? field : NULL;
}

static int unknown_key(const struct walk *w, const yaml_node_t *node, const char *key,
		       const cyaml_schema_field_t *field)
{
	const char *known[KEYS_MAX], *nearest;
	char list[200] = "";
	size_t nr = 0, len = 0;

	for (; field->key && nr < KEYS_MAX; field++) {
		known[nr] = field->key;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", nr ? ", " : "",
					field->key);
		nr++;
		if (len >= sizeof(list))
			len = sizeof(list) - 1;
	}
	nearest = opts_nearest(key, known, nr);
	if (nearest)
		return wrong(w, node, "unknown key '%s': did you mean '%s'?", key, nearest);
	return wrong(w, node, "unknown key '%s': known here are %s", key, list);
}

/* True when an earlier pair of @node than @pair has the same key. */
static bool repeated(const struct walk *w, const yaml_node_t *node, const yaml_node_pair_t *pair)
{
	const yaml_node_pair_t *p;
	const char *key = scalar(yaml_document_get_node(w->doc, pair->key));

	for (p = node->data.mapping.pairs.start; p < pair; p++) {
		if (strcmp(scalar(yaml_document_get_node(w->doc, p->key)), key) == 0)
			return true;
	}
	return false;
}

static const yaml_node_pair_t *find_pair(yaml_document_t *doc, const yaml_node_t *node,
					 const char *key)
{
	const yaml_node_pair_t *p;

	for (p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		if (strcmp(scalar(yaml_document_get_node(doc, p->key)), key) == 0)
			return p;
	}
	return NULL;
}

static int check_mapping(const struct walk *w, const yaml_node_t *node, const char *key,
			 const cyaml_schema_field_t *fields)
{
	const cyaml_schema_field_t *field;
	const yaml_node_pair_t *p;

	if (node->type != YAML_MAPPING_NODE)
		return wrong(w, node, "%s%s%s needs keys: write lines like '%s: ...'",
			     *key ? "'" : "", *key ? key : "the file", *key ? "'" : "",
			     fields->key);
	for (p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = yaml_document_get_node(w->doc, p->key);

		field = find_field(fields, scalar(name));
		if (!field)
			return unknown_key(w, name, scalar(name), fields);
		if (repeated(w, node, p))
			return wrong(w, name, "key '%s' stands here a second time: take one out",
				     field->key);
		if (check_value(w, yaml_document_get_node(w->doc, p->value), field->key,
				&field->value))
			return -1;
	}
	for (field = fields; field->key; field++) {
		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) &&
		    !find_pair(w->doc, node, field->key))
			return wrong(w, node, "%s%s%s lacks the key '%s': add '%s: ...'",
				     *key ? "'" : "", *key ? key : "the file", *key ? "'" : "",
				     field->key, field->key);
	}
	return 0;
}

static int check_sequence(const struct walk *w, const yaml_node_t *node, const char *key,
			  const cyaml_schema_value_t *schema)
{
	const yaml_node_item_t *item;
	size_t nr;

	if (node->type != YAML_SEQUENCE_NODE)
		return wrong(w, node, "'%s' is a list: write its items as lines '- ...'", key);
	nr = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (nr < schema->sequence.min)
		return wrong(w, node, "'%s' is empty: give it at least %u", key,
			     schema->sequence.min);
	if (nr > schema->sequence.max)
		return wrong(w, node, "'%s' has more than %u items: take some out", key,
			     schema->sequence.max);
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		if (check_value(w, yaml_document_get_node(w->doc, *item), key,
				schema->sequence.entry))
			return -1;
	}
	return 0;
}

static int check_value(const struct walk *w, const yaml_node_t *node, const char *key,
		       const cyaml_schema_value_t *schema)
{
	switch (schema->type) {
	case CYAML_MAPPING:
		return check_mapping(w, node, key, schema->mapping.fields);
	case CYAML_SEQUENCE:
		return check_sequence(w, node, key, schema);
	default:
		return check_scalar(w, node, key, schema);
	}
}

/* The next document of @parser in @doc; without one its root is NULL. The caller deletes @doc. */
static int next_document(const struct config_source *source, yaml_parser_t *parser,
			 yaml_document_t *doc, struct err *err)
{
	char text[200];

	if (yaml_parser_load(parser, doc))
		return 0;
	snprintf(text, sizeof(text), "not YAML (%s): correct the syntax here",
		 parser->problem ? parser->problem : "unknown problem");
	return error_at(source, &parser->problem_mark, err, text);
}

static int check_document(const struct config_source *source, yaml_parser_t *parser,
			  const cyaml_schema_value_t *schema, struct err *err)
{
	yaml_document_t doc, second;
	struct walk w = { .source = source, .doc = &doc, .err = err };
	yaml_node_t *root;
	int ret = -1;

	if (next_document(source, parser, &doc, err))
		return -1;
	root = yaml_document_get_root_node(&doc);
	if (!root) {
		error_at(source, &(yaml_mark_t){ 0 }, err, "the file is empty: write its keys");
		goto out;
	}
	if (check_value(&w, root, "", schema) || next_document(source, parser, &second, err))
		goto out;
	root = yaml_document_get_root_node(&second);
	ret = root ? wrong(&w, root, "a second document: keep one file for each") : 0;
	yaml_document_delete(&second);
out:
	yaml_document_delete(&doc);
	return ret;
}

static int check(const struct config_source *source, const cyaml_schema_value_t *schema,
		 struct err *err)
{
	yaml_parser_t parser;
	int ret;

	if (!yaml_parser_initialize(&parser))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	yaml_parser_set_input_string(&parser, (const yaml_char_t *)source->text, source->len);
	ret = check_document(source, &parser, schema, err);
	yaml_parser_delete(&parser);
	return ret;
}

/* What libcyaml logged about its failure: the first message, and the innermost position. */
struct complaint {
	char text[200];
	yaml_mark_t mark;
	bool placed;
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
	struct complaint *c = ctx;
	char line[200];
	const char *at;

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, "(line: ");
	if (at && !c->placed)
		c->placed =
			sscanf(at, "(line: %zu, column: %zu", &c->mark.line, &c->mark.column) == 2;
	else if (!at && !c->text[0] && !strstr(line, "Backtrace:"))
		snprintf(c->text, sizeof(c->text), "%s",
			 strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
}

static cyaml_config_t settings(struct complaint *complaint)
{
	return (cyaml_config_t){ .log_fn = on_log,
				 .log_ctx = complaint,
				 .mem_fn = cyaml_mem,
				 .log_level = CYAML_LOG_ERROR,
				 .flags = CYAML_CFG_NO_ALIAS };
}

int config_load(const struct config_source *source, const cyaml_schema_value_t *schema, void **data,
		struct err *err)
{
	struct complaint c = { .mark = { .line = 1, .column = 1 } };
	cyaml_config_t cfg = settings(&c);
	cyaml_err_t failed;

	*data = NULL;
	if (check(source, schema, err))
		return -1;
	failed = cyaml_load_data((const uint8_t *)source->text, source->len, &cfg, schema, data,
				 NULL);
	if (failed == CYAML_OK && *data)
		return 0;
	*data = NULL;
	return err_set(err, EXIT_USAGE, "%s:%zu:%zu: %s: write it another way", source->name,
		       c.mark.line, c.mark.column, c.text[0] ? c.text : cyaml_strerror(failed));
}

void config_free(const cyaml_schema_value_t *schema, void *data)
{
	struct complaint c = { 0 };
	cyaml_config_t cfg = settings(&c);

	if (data)
		cyaml_free(&cfg, schema, data, 0);
}

/* The child of @node that the first @len bytes of @name call, or NULL. */
static yaml_node_t *child(yaml_document_t *doc, const yaml_node_t *node, const char *name,
			  size_t len)
{
	const yaml_node_pair_t *pair;
	size_t index, nr;
	char key[64];

	snprintf(key, sizeof(key), "%.*s", (int)len, name);
	if (node->type == YAML_MAPPING_NODE) {
		pair = find_pair(doc, node, key);
		return pair ? yaml_document_get_node(doc, pair->value) : NULL;
	}
	if (node->type != YAML_SEQUENCE_NODE)
		return NULL;
	index = strtoul(key, NULL, 10);
	nr = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	return index < nr ? yaml_document_get_node(doc, node->data.sequence.items.start[index])
			  : NULL;
}

static yaml_mark_t locate(const struct config_source *source, const char *path)
{
	yaml_mark_t mark = { 0 };
	yaml_parser_t parser;
	yaml_document_t doc;
	yaml_node_t *node;

	if (!yaml_parser_initialize(&parser))
		return mark;
	yaml_parser_set_input_string(&parser, (const yaml_char_t *)source->text, source->len);
	if (yaml_parser_load(&parser, &doc)) {
		node = yaml_document_get_root_node(&doc);
		while (node) {
			size_t len = strcspn(path, "/");

			mark = node->start_mark;
			node = len ? child(&doc, node, path, len) : NULL;
			path += len + (path[len] == '/');
		}
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return mark;
}

int config_error(const struct config_source *source, struct err *err, const char *path,
		 const char *fmt, ...)
{
	yaml_mark_t mark = locate(source, path);
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_at(source, &mark, err, text);
}
