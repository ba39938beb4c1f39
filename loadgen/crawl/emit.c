// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/emit.h"
#include "loadgen/crawl/url.h"
#include "loadgen/crawl/fate.h"
#include "loadgen/workload.h"
#include "user/base/text.h"

#define ENDPOINTS_BYTES_MAX (600U << 10)
#define COMMENTS_BYTES_MAX  (64U << 10)

/* The values of one slot, or of several that only go together, sorted. */
struct column {
	char *value[EMIT_VALUES_MAX];
	size_t nr;
};

struct emit_variable {
	char name[TEMPLATE_NAME_MAX + 8];
	struct column values;
};

struct emission {
	struct emit_variable variables[VARTEXT_VARS_MAX];
	size_t nr_variables;
	struct buf endpoints, comments;
	struct emitted *result;
};

static void free_column(struct column *column)
{
	while (column->nr)
		free(column->value[--column->nr]);
}

static int add_value(struct column *column, struct span value)
{
	size_t i;

	if (column->nr == EMIT_VALUES_MAX)
		return 0;
	for (i = 0; i < column->nr; i++) {
		if (strlen(column->value[i]) == value.len &&
		    memcmp(column->value[i], value.text, value.len) == 0)
			return 0;
	}
	column->value[column->nr] = strndup(value.text, value.len);
	return column->value[column->nr++] ? 0 : -ENOMEM;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/*
 * What stands in the slots of @target: a span each, or with @f->joint one from the first to the
 * end of the last. False when it does not fit or one is too long.
 */
static bool spans_of(const struct finding *f, const char *target, struct span *span, size_t nr)
{
	size_t i;

	if (!template_match(f->tmpl, target, span))
		return false;
	if (f->joint && nr) {
		span[0].len = (size_t)(span[nr - 1].text + span[nr - 1].len - span[0].text);
		nr = 1;
	}
	for (i = 0; i < nr; i++) {
		if (span[i].len > EMIT_VALUE_LEN_MAX)
			return false;
	}
	return true;
}

/* The columns of @f, of which there are *@nr. */
static int collect(const struct finding *f, struct column *column, size_t *nr)
{
	struct span span[TEMPLATE_SLOTS_MAX];
	size_t slots = template_slots(f->tmpl, span), i, k;

	*nr = f->joint && slots ? 1 : slots;
	for (i = 0; i < f->nr_instances; i++) {
		if (!fate_uses(f, &f->instances[i]) ||
		    !spans_of(f, f->instances[i].target, span, slots))
			continue;
		for (k = 0; k < *nr; k++) {
			if (add_value(&column[k], span[k]))
				return -ENOMEM;
		}
	}
	for (k = 0; k < *nr; k++)
		qsort(column[k].value, column[k].nr, sizeof(column[k].value[0]), by_text);
	return 0;
}

static bool same_values(const struct column *a, const struct column *b)
{
	size_t i;

	for (i = 0; a->nr == b->nr && i < a->nr; i++) {
		if (strcmp(a->value[i], b->value[i]) != 0)
			return false;
	}
	return a->nr == b->nr;
}

static bool has_name(const struct emission *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->nr_variables; i++) {
		if (strcmp(e->variables[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The variable with the values @column, which it takes over when it is new; NULL: no more room. */
static const char *variable_for(struct emission *e, struct column *column, struct span name)
{
	struct emit_variable *variable;
	unsigned int nr = 1;
	size_t i;

	for (i = 0; i < e->nr_variables; i++) {
		if (same_values(&e->variables[i].values, column))
			return e->variables[i].name;
	}
	if (e->nr_variables == VARTEXT_VARS_MAX)
		return NULL;
	variable = &e->variables[e->nr_variables];
	snprintf(variable->name, sizeof(variable->name), "%.*s", (int)name.len, name.text);
	while (has_name(e, variable->name))
		snprintf(variable->name, sizeof(variable->name), "%.*s_%u", (int)name.len,
			 name.text, ++nr);
	e->nr_variables++;
	variable->values = *column;
	*column = (struct column){ 0 };
	return variable->name;
}

/* Adds the path of @f with a variable, or its only value, for each column. -ENOSPC: no room. */
static int add_path(struct emission *e, const struct finding *f, struct column *column, size_t nr,
		    struct buf *path)
{
	struct span slot[TEMPLATE_SLOTS_MAX];
	size_t slots = template_slots(f->tmpl, slot), i;
	const char *at = f->tmpl;

	for (i = 0; i < nr; i++) {
		const struct span *last = f->joint ? &slot[slots - 1] : &slot[i];
		const char *name = NULL;

		buf_add(path, at, (size_t)(slot[i].text - 1 - at));
		at = last->text + last->len + 1;
		if (!column[i].nr)
			return -ENOSPC;
		if (column[i].nr == 1) {
			buf_puts(path, column[i].value[0]);
			continue;
		}
		name = variable_for(e, &column[i], slot[i]);
		if (!name)
			return -ENOSPC;
		buf_printf(path, "{%s}", name);
	}
	return buf_puts(path, at);
}

static const char *first_used(const struct finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_instances; i++) {
		if (fate_uses(f, &f->instances[i]))
			return f->instances[i].target;
	}
	return f->tmpl;
}

/* The path to send: a template of the workload, or one address when that cannot be. */
static int make_path(struct emission *e, const struct finding *f, struct buf *path)
{
	struct column *column = calloc(TEMPLATE_SLOTS_MAX, sizeof(*column));
	size_t nr_before = e->nr_variables, nr = 0, i;
	int status = column ? collect(f, column, &nr) : -ENOMEM;

	if (!status)
		status = add_path(e, f, column, nr, path);
	for (i = 0; column && i < TEMPLATE_SLOTS_MAX; i++)
		free_column(&column[i]);
	free(column);
	if (status != -ENOSPC)
		return status;
	while (e->nr_variables > nr_before)
		free_column(&e->variables[--e->nr_variables].values);
	e->result->pinned++;
	buf_free(path);
	return buf_puts(path, first_used(f));
}

/* Adds the value of the key @key, with its braces quoted, as a scalar. */
static int add_literal(struct buf *to, const char *key, const char *text)
{
	struct buf literal = buf_init((size_t)2 * SITE_BODY_MAX);

	buf_puts(to, key);
	if (emit_literal(&literal, text) == 0)
		emit_scalar(to, literal.data ? literal.data : "");
	else
		to->failed = literal.failed;
	buf_free(&literal);
	return to->failed;
}

static void add_body(struct buf *to, const struct finding *f)
{
	char header[256];

	if (!f->body || !*f->body)
		return;
	if (f->content_type) {
		snprintf(header, sizeof(header), "Content-Type: %s", f->content_type);
		if (workload_check_header(header, NULL) == 0) {
			add_literal(to, "    headers: [", header);
			buf_puts(to, "]\n");
		}
	}
	add_literal(to, "    body: ", f->body);
	buf_puts(to, "\n");
}

static void add_endpoint(struct buf *to, const struct finding *f, const char *path)
{
	char sources[64], found_at[200];

	site_sources_text(f, sources, sizeof(sources));
	text_clean(found_at, sizeof(found_at), f->found_at);
	buf_printf(to, "  # %s: %s\n  - path: ", sources, found_at);
	emit_scalar(to, path);
	buf_puts(to, "\n");
	if (strcmp(f->method, "GET") != 0)
		buf_printf(to, "    method: %s\n", f->method);
	if (strcmp(path, f->tmpl) != 0) {
		struct buf name = buf_init((size_t)2 * TEMPLATE_LEN_MAX);

		buf_printf(&name, "%s %s", f->method, f->tmpl);
		buf_puts(to, "    name: ");
		emit_scalar(to, name.data ? name.data : "");
		buf_puts(to, "\n");
		buf_free(&name);
	}
	add_body(to, f);
}

/* Ends @b where it was at @len when it is full; anything else is an error. */
static int undo(struct buf *b, size_t len)
{
	if (b->failed != -E2BIG)
		return b->failed;
	b->failed = 0;
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
	return -E2BIG;
}

static int emit_finding(struct emission *e, const struct finding *f)
{
	struct buf path = buf_init((size_t)4 * CRAWL_URL_MAX);
	size_t len = e->endpoints.len;
	int status = make_path(e, f, &path);

	if (!status) {
		add_endpoint(&e->endpoints, f, path.data);
		status = undo(&e->endpoints, len);
	}
	buf_free(&path);
	if (status == -E2BIG) {
		e->result->too_big++;
		return 0;
	}
	e->result->endpoints += status == 0;
	return status;
}

static int emit_comment(struct emission *e, const struct finding *f, enum fate fate)
{
	char tmpl[TEMPLATE_LEN_MAX + 1], why[120];
	size_t len = e->comments.len;
	int status;

	text_clean(tmpl, sizeof(tmpl), f->tmpl);
	fate_text(f, fate, why, sizeof(why));
	buf_printf(&e->comments, "#   %s %s: %s\n", f->method, tmpl, why);
	status = undo(&e->comments, len);
	return status == -E2BIG ? 0 : status;
}

static void add_variables(struct buf *out, const struct emission *e)
{
	size_t i, k;

	if (e->nr_variables)
		buf_puts(out, "vars:\n");
	for (i = 0; i < e->nr_variables; i++) {
		const struct emit_variable *variable = &e->variables[i];

		buf_printf(out, "  - {name: %s, values: [", variable->name);
		for (k = 0; k < variable->values.nr; k++) {
			buf_puts(out, k ? ", " : "");
			emit_scalar(out, variable->values.value[k]);
		}
		buf_puts(out, "]}\n");
	}
}

static int put_together(const struct emission *e, const char *origin, const char *url,
			struct buf *out)
{
	char clean[CRAWL_URL_MAX + 1];

	text_clean(clean, sizeof(clean), url);
	buf_printf(out, "# What situ crawl found at %s\n", clean);
	buf_puts(out, "base: ");
	emit_scalar(out, origin);
	buf_puts(out, "\n");
	add_variables(out, e);
	buf_puts(out, "endpoints:\n");
	buf_puts(out, e->endpoints.data ? e->endpoints.data : "");
	if (e->comments.len)
		buf_printf(out, "# Left out:\n%s", e->comments.data);
	return out->failed;
}

int emit_workload(const struct site *site, const char *origin, const char *url, bool write_methods,
		  struct buf *out, struct emitted *emitted)
{
	struct emission *e = calloc(1, sizeof(*e));
	int status = e ? 0 : -ENOMEM;
	size_t i;

	*emitted = (struct emitted){ 0 };
	if (!e)
		return status;
	e->endpoints = buf_init(ENDPOINTS_BYTES_MAX);
	e->comments = buf_init(COMMENTS_BYTES_MAX);
	e->result = emitted;
	for (i = 0; !status && i < site->nr; i++) {
		const struct finding *f = &site->findings[i];
		enum fate fate = fate_of(f, write_methods);

		status = fate == FATE_USED ? emit_finding(e, f) : emit_comment(e, f, fate);
	}
	emitted->variables = e->nr_variables;
	if (!status)
		status = put_together(e, origin, url, out);
	for (i = 0; i < e->nr_variables; i++)
		free_column(&e->variables[i].values);
	buf_free(&e->endpoints);
	buf_free(&e->comments);
	free(e);
	return status;
}
