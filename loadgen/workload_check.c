// SPDX-License-Identifier: GPL-2.0-only
/* What a workload must satisfy before one request is sent; and its templates, made on the way. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"
#include "loadgen/workload_check.h"
#include "user/base/text.h"

#define WEIGHT_MAX 1000000
#define TITLE_MAX  512

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for the workload: make it smaller");
}

/* A place in a file by its path there, or in no file. */
static struct place place_of(const struct config_source *source, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static struct place place_of(const struct config_source *source, const char *fmt, ...)
{
	struct place at = { .source = source };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at.path, sizeof(at.path), fmt, ap);
	va_end(ap);
	return at;
}

static int mistake(struct place at, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int mistake(struct place at, struct err *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (at.source)
		return config_error(at.source, err, at.path, "%s", text);
	return err_set(err, EXIT_USAGE, "%s", text);
}

/* Bytes that end a line, or a request line: they would smuggle a header or a request. */
static bool has_control(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

static bool fits_url(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return false;
	}
	return true;
}

/* RFC 9110 token. */
static bool is_token(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
			return false;
	}
	return len > 0;
}

static int check_variable(const struct config_source *source, const struct workload *w,
			  unsigned int i, struct err *err)
{
	const struct variable *var = &w->vars[i];
	struct place at = place_of(source, "vars/%u/name", i);
	unsigned int k;

	for (k = 0; var->name[k]; k++) {
		if (!isalnum((unsigned char)var->name[k]) && var->name[k] != '_')
			break;
	}
	if (var->name[k] || isdigit((unsigned char)var->name[0]))
		return mistake(at, err, "variable name '%s': use letters, digits and '_'",
			       var->name);
	for (k = 0; k < i; k++) {
		if (strcmp(w->vars[k].name, var->name) == 0)
			return mistake(at, err, "variable '%s' is there twice: rename one",
				       var->name);
	}
	if (var->nr_values ? var->from || var->to : !var->from || !var->to)
		return mistake(at, err, "variable '%s' needs either values: or both from: and to:",
			       var->name);
	if (!var->nr_values && (*var->from > *var->to || !variable_range(var)))
		return mistake(place_of(source, "vars/%u/from", i), err,
			       "variable '%s' runs from %lld to %lld: put the smaller one first",
			       var->name, (long long)*var->from, (long long)*var->to);
	return 0;
}

/* Compiles one text of a target; @fits is what the values of its variables must satisfy too. */
static int compile(const struct workload *w, struct place at, struct vartext *t, const char *source,
		   bool (*fits)(const char *), struct err *err)
{
	char unknown[VARTEXT_NAME_MAX];
	size_t i;
	u64 k;

	if (w->literal)
		return vartext_literal(t, source) ? no_memory(err) : 0;
	switch (vartext_compile(t, source, w->vars, w->nr_vars, unknown)) {
	case 0:
		break;
	case -ENOENT:
		return mistake(at, err,
			       "unknown variable {%s}: add it to vars, or write {{%s}} for "
			       "the text itself",
			       unknown, unknown);
	default:
		return no_memory(err);
	}
	for (i = 0; fits && i < t->nr_parts; i++) {
		const struct variable *var;

		if (t->parts[i].var < 0)
			continue;
		var = &w->vars[t->parts[i].var];
		for (k = 0; k < var->nr_values; k++) {
			if (!fits(var->values[k]))
				return mistake(at, err,
					       "value '%s' of {%s} cannot stand here: "
					       "percent-encode it",
					       var->values[k], var->name);
		}
	}
	return 0;
}

static bool fits_header(const char *s)
{
	return !has_control(s);
}

static int check_method(struct place at, struct target *t, struct err *err)
{
	const char *c;

	t->verb = t->method ? t->method : "GET";
	for (c = t->verb; *c; c++) {
		if (*c < 'A' || *c > 'Z')
			return mistake(at, err,
				       "method '%s': methods are upper-case words "
				       "such as GET and POST",
				       t->verb);
	}
	if (strcmp(t->verb, "CONNECT") == 0 || strcmp(t->verb, "TRACE") == 0)
		return mistake(at, err, "method %s is not possible here: use another", t->verb);
	if (t->body && (strcmp(t->verb, "GET") == 0 || strcmp(t->verb, "HEAD") == 0))
		return mistake(at, err, "a body does not go with %s: say 'method: POST'", t->verb);
	return 0;
}

static int check_header(struct place at, const char *header, struct err *err)
{
	/* Framing and the connection are the generator's own: what it says of them must be true. */
	static const char *const ours[] = { "content-length", "transfer-encoding", "connection",
					    "expect" };
	size_t len = strcspn(header, ":"), i;

	if (has_control(header))
		return mistake(at, err,
			       "header '%.60s' has a line break or control byte: "
			       "take it out",
			       header);
	/* Without a value libcurl would take a header of its own out, or send nothing. */
	if (!header[len] || !is_token(header, len) ||
	    !header[len + 1 + strspn(header + len + 1, " ")])
		return mistake(at, err, "header '%.60s' is not 'Name: value': write it so", header);
	for (i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strlen(ours[i]) == len && strncasecmp(header, ours[i], len) == 0)
			return mistake(at, err, "header '%s' is set by situ: leave it out",
				       ours[i]);
	}
	return 0;
}

int workload_check_header(const char *header, struct err *err)
{
	return check_header((struct place){ 0 }, header, err);
}

static int check_headers(const struct workload *w, const struct config_source *source,
			 unsigned int i, struct err *err)
{
	struct target *t = &w->targets[i];
	unsigned int k;

	t->header_templates = calloc(t->nr_headers + 1, sizeof(*t->header_templates));
	if (!t->header_templates)
		return no_memory(err);
	for (k = 0; k < t->nr_headers; k++) {
		struct place at = place_of(source, "endpoints/%u/headers/%u", i, k);

		if (check_header(at, t->headers[k], err) ||
		    compile(w, at, &t->header_templates[k], t->headers[k], fits_header, err))
			return -1;
	}
	return 0;
}

static int check_path(const struct workload *w, const struct config_source *source, unsigned int i,
		      struct err *err)
{
	struct target *t = &w->targets[i];
	struct place at = place_of(source, "endpoints/%u/path", i);

	if (t->path[0] != '/')
		return mistake(at, err,
			       "path '%.60s' must begin with '/': the host goes "
			       "into base",
			       t->path);
	if (!fits_url(t->path) || strchr(t->path, '#'))
		return mistake(at, err,
			       "path '%.60s' has a blank, '#' or a byte that no URL "
			       "has: percent-encode it",
			       t->path);
	return compile(w, at, &t->path_template, t->path, fits_url, err);
}

static int check_expect(const struct config_source *source, unsigned int i, struct target *t,
			struct err *err)
{
	const struct expect *expect = t->expect;

	if (!expect)
		return 0;
	if (expect->status && (*expect->status < 200 || *expect->status > 599))
		return mistake(place_of(source, "endpoints/%u/expect/status", i), err,
			       "status %u cannot be an answer: give one from 200 to 599",
			       *expect->status);
	if (!expect->contains)
		return 0;
	t->fallback = match_compile(expect->contains);
	return t->fallback ? 0 : no_memory(err);
}

static int check_title(const struct workload *w, const struct config_source *source, unsigned int i,
		       struct err *err)
{
	struct target *t = &w->targets[i];
	char title[TITLE_MAX];
	unsigned int k;
	struct place at = place_of(source, t->name ? "endpoints/%u/name" : "endpoints/%u/path", i);

	if (t->name)
		snprintf(title, sizeof(title), "%s", t->name);
	else
		snprintf(title, sizeof(title), "%s %s", t->verb, t->path);
	t->title = text_dup(title);
	if (!t->title)
		return no_memory(err);
	if (strcmp(t->title, "all") == 0)
		return mistake(at, err, "the name 'all' stands for the sum: take another");
	for (k = 0; k < i; k++) {
		if (strcmp(w->targets[k].title, t->title) == 0)
			return mistake(at, err,
				       "endpoint '%s' is there twice: give one of "
				       "them another name",
				       t->title);
	}
	return 0;
}

static int check_weights(struct workload *w, const struct config_source *source, struct err *err)
{
	unsigned int i;
	u64 sum = 0;

	if (!w->nr_targets)
		return err_set(err, EXIT_USAGE, "no endpoints: name at least one");
	w->cumulated = calloc(w->nr_targets, sizeof(*w->cumulated));
	if (!w->cumulated)
		return no_memory(err);
	for (i = 0; i < w->nr_targets; i++) {
		u32 weight = w->targets[i].weight ? *w->targets[i].weight : 1;

		if (weight < 1 || weight > WEIGHT_MAX)
			return mistake(place_of(source, "endpoints/%u/weight", i), err,
				       "weight %u: give one from 1 to %d", weight, WEIGHT_MAX);
		w->cumulated[i] = sum += weight;
	}
	return 0;
}

static int check_target(const struct workload *w, const struct config_source *source,
			unsigned int i, struct err *err)
{
	struct target *t = &w->targets[i];

	if (check_method(place_of(source, "endpoints/%u/method", i), t, err) ||
	    check_path(w, source, i, err) || check_headers(w, source, i, err) ||
	    check_expect(source, i, t, err) || check_title(w, source, i, err))
		return -1;
	if (!t->body)
		return 0;
	return compile(w, place_of(source, "endpoints/%u/body", i), &t->body_template, t->body,
		       NULL, err);
}

int workload_check(struct workload *w, const struct config_source *source, struct err *err)
{
	unsigned int i;

	for (i = 0; i < w->nr_vars; i++) {
		if (check_variable(source, w, i, err))
			return -1;
	}
	for (i = 0; i < w->nr_targets; i++) {
		if (check_target(w, source, i, err))
			return -1;
	}
	return check_weights(w, source, err);
}

/* A URL of http or https with a host and without a password or fragment, parsed by libcurl. */
CURLU *workload_parse_url(struct place at, const char *url, struct err *err)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *user = NULL;
	const char *bad = NULL;

	if (!parts) {
		no_memory(err);
		return NULL;
	}
	if (!fits_url(url) || strchr(url, '#'))
		bad = "it has a blank, '#' or a byte that no URL has: percent-encode it";
	else if (!strstr(url, "://") ||
		 curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME))
		bad = "write it as http://host:port/path";
	else if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ||
		 (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		bad = "only http:// and https:// are possible";
	else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		bad = "a user name in it: use a header 'Authorization: ...'";
	curl_free(scheme);
	curl_free(user);
	if (!bad)
		return parts;
	mistake(at, err, "URL '%.200s': %s", url, bad);
	curl_url_cleanup(parts);
	return NULL;
}
