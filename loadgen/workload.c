// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/workload_check.h"
#include "user/base/buf.h"

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
		return check_no_memory(err);
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

	if (config_load(&source, workload_yaml(), &data, err))
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
	if (!base || asprintf(&w->endpoints->path, "%s%s", *rest == '/' ? "" : "/", rest) < 0) {
		free(base);
		w->endpoints->path = NULL;
		return check_no_memory(err);
	}
	status = workload_set_base(w, base, err);
	free(base);
	return status;
}

struct workload *workload_from_url(const char *url, const char *method, const char *body,
				   struct err *err)
{
	struct workload *w = calloc(1, sizeof(*w));

	if (!w || !(w->endpoints = calloc(1, sizeof(*w->endpoints)))) {
		free(w);
		check_no_memory(err);
		return NULL;
	}
	w->nr_endpoints = 1;
	w->literal = true;
	w->endpoints->method = dup_or_null(method ? method : body ? "POST" : NULL);
	w->endpoints->body = dup_or_null(body);
	if (((method || body) && !w->endpoints->method) || (body && !w->endpoints->body))
		check_no_memory(err);
	else if (split_url(w, url, err) == 0 && workload_check(w, NULL, err) == 0)
		return w;
	workload_free(w);
	return NULL;
}

const struct user_session *workload_session(const struct workload *w, size_t item)
{
	return item < w->nr_endpoints ? NULL : &w->sessions[item - w->nr_endpoints];
}

unsigned int workload_first_target(const struct workload *w, size_t item)
{
	const struct user_session *session = workload_session(w, item);

	return session ? session->steps[0].target : (unsigned int)item;
}

static void free_target(struct target *t)
{
	unsigned int i;

	for (i = 0; t->header_templates && i < t->nr_headers; i++)
		vartext_free(&t->header_templates[i]);
	free(t->header_templates);
	vartext_free(&t->path_template);
	vartext_free(&t->body_template);
	if (t->expect)
		free(t->expect->fallback);
	for (i = 0; i < t->nr_extract; i++)
		regex_free(t->extract[i].regex);
	free(t->title);
}

static void free_data(struct data *data)
{
	size_t i;

	for (i = 0; data->names && i < data->csv.nr_columns; i++)
		free(data->names[i]);
	free(data->names);
	csv_free(&data->csv);
}

void workload_free(struct workload *w)
{
	unsigned int i;

	if (!w)
		return;
	for (i = 0; i < w->nr_targets; i++)
		free_target(&w->targets[i]);
	for (i = 0; i < w->nr_sessions; i++) {
		free(w->sessions[i].blocks);
		free(w->sessions[i].steps);
		free(w->sessions[i].symbols);
	}
	for (i = 0; i < w->nr_data; i++)
		free_data(&w->data[i]);
	free(w->targets);
	free(w->symbols);
	free(w->cumulated);
	/* Members that the schema names came from malloc, here as there. */
	config_free(workload_yaml(), w);
}
