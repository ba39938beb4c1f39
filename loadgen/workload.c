// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"
#include "loadgen/workload_check.h"
#include "user/base/buf.h"

#define URL_MAX	   8192
#define BODY_MAX   (1U << 20)
#define VALUES_MAX 100000
#define OPTIONAL   (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t value_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, URL_MAX),
};
static const cyaml_schema_value_t header_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, URL_MAX),
};
static const cyaml_schema_field_t variable_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct variable, name, 1,
			       VARTEXT_NAME_MAX - 1),
	CYAML_FIELD_SEQUENCE_COUNT("values", OPTIONAL, struct variable, values, nr_values,
				   &value_schema, 1, VALUES_MAX),
	CYAML_FIELD_INT_PTR("from", OPTIONAL, struct variable, from),
	CYAML_FIELD_INT_PTR("to", OPTIONAL, struct variable, to),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t variable_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct variable, variable_fields),
};
static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_UINT_PTR("status", OPTIONAL, struct expect, status),
	CYAML_FIELD_STRING_PTR("contains", OPTIONAL, struct expect, contains, 1, MATCH_LEN_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t target_fields[] = {
	CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct target, name, 1, 256),
	CYAML_FIELD_STRING_PTR("method", OPTIONAL, struct target, method, 1, 32),
	CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_POINTER, struct target, path, 1, URL_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("headers", OPTIONAL, struct target, headers, nr_headers,
				   &header_schema, 0, WORKLOAD_HEADERS_MAX),
	CYAML_FIELD_STRING_PTR("body", OPTIONAL, struct target, body, 0, BODY_MAX),
	CYAML_FIELD_MAPPING_PTR("expect", OPTIONAL, struct target, expect, expect_fields),
	CYAML_FIELD_UINT_PTR("weight", OPTIONAL, struct target, weight),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t target_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct target, target_fields),
};
static const cyaml_schema_field_t workload_fields[] = {
	CYAML_FIELD_STRING_PTR("base", OPTIONAL, struct workload, base, 1, URL_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("vars", OPTIONAL, struct workload, vars, nr_vars,
				   &variable_schema, 0, VARTEXT_VARS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("endpoints", CYAML_FLAG_POINTER, struct workload, targets,
				   nr_targets, &target_schema, 1, WORKLOAD_ENDPOINTS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t workload_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct workload, workload_fields),
};

const cyaml_schema_value_t *workload_yaml(void)
{
	return &workload_schema;
}

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for the workload: make it smaller");
}

/* The base as it is sent: without a '/' at its end, because every path begins with one. */
static int set_base(struct workload *w, struct place at, const char *url, struct err *err)
{
	CURLU *parts = workload_parse_url(at, url, err);
	char *copy;

	if (!parts)
		return -1;
	curl_url_cleanup(parts);
	copy = strdup(url);
	if (!copy)
		return no_memory(err);
	while (copy[0] && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	free(w->base);
	w->base = copy;
	return 0;
}

int workload_set_base(struct workload *w, const char *url, struct err *err)
{
	if (strchr(url, '?'))
		return err_set(err, EXIT_USAGE,
			       "URL '%.200s': beside a workload file it is a base: "
			       "leave off the '?' and what follows",
			       url);
	return set_base(w, (struct place){ 0 }, url, err);
}

/* Replaces the base as the file has it by the one that is sent. */
static int adopt_base(struct workload *w, const struct config_source *source, struct err *err)
{
	struct place at = { .source = source, .path = "base" };
	char *base = w->base;
	int status = 0;

	w->base = NULL;
	if (base && strchr(base, '?'))
		status = config_error(source, err, at.path,
				      "a base has no query: put it into the paths");
	else if (base)
		status = set_base(w, at, base, err);
	free(base);
	return status;
}

struct workload *workload_parse(const char *file, const char *text, size_t len, struct err *err)
{
	struct config_source source = { .name = file, .text = text, .len = len };
	struct workload *w;
	void *data;

	if (config_load(&source, &workload_schema, &data, err))
		return NULL;
	w = data;
	if (adopt_base(w, &source, err) == 0 && workload_check(w, &source, err) == 0)
		return w;
	workload_free(w);
	return NULL;
}

struct workload *workload_load(const char *path, struct err *err)
{
	struct workload *w = NULL;
	struct buf text;
	int status = buf_read_file(&text, path, CONFIG_BYTES_MAX);

	if (status == -E2BIG)
		err_set(err, EXIT_USAGE, "%s: larger than %u bytes: make it shorter", path,
			CONFIG_BYTES_MAX);
	else if (status)
		err_set(err, EXIT_USAGE, "cannot read the workload %s (%s): check the name", path,
			strerror(-status));
	else
		w = workload_parse(path, text.data, text.len, err);
	buf_free(&text);
	return w;
}

static char *dup_or_null(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* Splits @url behind its host into w->base and the only target's path. */
static int split_url(struct workload *w, const char *url, struct err *err)
{
	CURLU *parts = workload_parse_url((struct place){ 0 }, url, err);
	const char *host, *rest;
	char *base;
	int status;

	if (!parts)
		return -1;
	curl_url_cleanup(parts);
	host = strstr(url, "://");
	host = host ? host + 3 : url;
	rest = host + strcspn(host, "/?");
	base = strndup(url, (size_t)(rest - url));
	if (!base || asprintf(&w->targets->path, "%s%s", *rest == '/' ? "" : "/", rest) < 0) {
		free(base);
		w->targets->path = NULL;
		return no_memory(err);
	}
	status = workload_set_base(w, base, err);
	free(base);
	return status;
}

struct workload *workload_from_url(const char *url, const char *method, const char *body,
				   struct err *err)
{
	struct workload *w = calloc(1, sizeof(*w));

	if (!w || !(w->targets = calloc(1, sizeof(*w->targets)))) {
		free(w);
		no_memory(err);
		return NULL;
	}
	w->nr_targets = 1;
	w->literal = true;
	w->targets->method = dup_or_null(method ? method : body ? "POST" : NULL);
	w->targets->body = dup_or_null(body);
	if (((method || body) && !w->targets->method) || (body && !w->targets->body))
		no_memory(err);
	else if (split_url(w, url, err) == 0 && workload_check(w, NULL, err) == 0)
		return w;
	workload_free(w);
	return NULL;
}

void workload_free(struct workload *w)
{
	unsigned int i, k;

	if (!w)
		return;
	for (i = 0; i < w->nr_targets; i++) {
		struct target *t = &w->targets[i];

		for (k = 0; t->header_templates && k < t->nr_headers; k++)
			vartext_free(&t->header_templates[k]);
		free(t->header_templates);
		vartext_free(&t->path_template);
		vartext_free(&t->body_template);
		free(t->fallback);
		free(t->title);
	}
	free(w->cumulated);
	/* Members that the schema names came from malloc, here as there. */
	config_free(&workload_schema, w);
}
