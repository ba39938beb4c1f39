// SPDX-License-Identifier: GPL-2.0-only
/* What a workload must satisfy before one request is sent; and its templates, made on the way. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/workload_check.h"
#include "user/base/text.h"

#define WEIGHT_MAX 1000000
#define TITLE_MAX  512

int check_no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for the workload: make it smaller");
}

struct place check_place(const struct check *c, const char *fmt, ...)
{
	struct place at = { .source = c->source };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at.path, sizeof(at.path), fmt, ap);
	va_end(ap);
	return at;
}

int check_mistake(struct place at, struct err *err, const char *fmt, ...)
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

int check_word(struct place at, const char *what, const char *name, struct err *err)
{
	const char *c = name;

	while (isalnum((unsigned char)*c) || *c == '_')
		c++;
	if (!*c && !isdigit((unsigned char)*name))
		return 0;
	return check_mistake(at, err, "%s name '%s': use letters, digits and '_'", what, name);
}

int check_choice(struct place at, const char *text, const char *const *words, size_t nr,
		 unsigned int *index, struct err *err)
{
	char known[200] = "";
	size_t i, len = 0;

	*index = 0;
	for (i = 0; text && i < nr; i++) {
		if (strcmp(text, words[i]) == 0) {
			*index = (unsigned int)i;
			return 0;
		}
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "",
					words[i]);
	}
	if (!text)
		return 0;
	return check_mistake(at, err, "'%.60s' is none of %s: write one of them", text, known);
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

static int check_variable(const struct check *c, unsigned int i)
{
	static const char *const pers[] = { "request", "session" };
	const struct variable *var = &c->w->vars[i];
	struct place at = check_place(c, "vars/%u/name", i);
	unsigned int k;

	if (check_word(at, "variable", var->name, c->err))
		return -1;
	for (k = 0; k < i; k++) {
		if (strcmp(c->w->vars[k].name, var->name) == 0)
			return check_mistake(at, c->err, "variable '%s' is there twice: rename one",
					     var->name);
	}
	if (var->nr_values ? var->from || var->to : !var->from || !var->to)
		return check_mistake(at, c->err,
				     "variable '%s' needs either values: or both from: and to:",
				     var->name);
	if (!var->nr_values && (*var->from > *var->to || !variable_range(var)))
		return check_mistake(check_place(c, "vars/%u/from", i), c->err,
				     "variable '%s' runs from %lld to %lld: put the smaller one "
				     "first",
				     var->name, (long long)*var->from, (long long)*var->to);
	return check_choice(check_place(c, "vars/%u/per", i), var->per, pers, ARRAY_SIZE(pers), &k,
			    c->err);
}

/* What may be named in a text, and where the text stands. */
struct text_site {
	const struct check *c;
	const struct symbol *symbols;
	unsigned int nr_symbols;
	const char *prefix; /* of the request */
	struct place at;
};

static int unknown_name(const struct text_site *site, const char *name)
{
	unsigned int i;

	for (i = 0; i < site->nr_symbols; i++) {
		if (strcmp(site->symbols[i].name, name) == 0)
			return check_mistake(site->at, site->c->err,
					     "{%s} may have no value here: extract it in a step "
					     "before, without a chance",
					     name);
	}
	return check_mistake(site->at, site->c->err,
			     "unknown variable {%s}: add it to vars, or write {{%s}} for the text "
			     "itself",
			     name, name);
}

/* Compiles one text of a target; @fits is what drawn values in it must satisfy too. */
static int compile(const struct text_site *site, struct vartext *t, const char *source,
		   enum vartext_place place, bool (*fits)(const char *))
{
	struct err *err = site->c->err;
	char unknown[VARTEXT_NAME_MAX];
	size_t i, k;

	if (site->c->w->literal)
		return vartext_literal(t, source) ? check_no_memory(err) : 0;
	switch (vartext_compile(t, source, site->symbols, site->nr_symbols, place, unknown)) {
	case 0:
		break;
	case -ENOENT:
		return unknown_name(site, unknown);
	default:
		return check_no_memory(err);
	}
	for (i = 0; fits && i < t->nr_parts; i++) {
		const struct variable *var = t->parts[i].drawn;

		for (k = 0; var && k < var->nr_values; k++) {
			if (!fits(var->values[k]))
				return check_mistake(site->at, err,
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
			return check_mistake(at, err,
					     "method '%s': methods are upper-case words "
					     "such as GET and POST",
					     t->verb);
	}
	if (strcmp(t->verb, "CONNECT") == 0 || strcmp(t->verb, "TRACE") == 0)
		return check_mistake(at, err, "method %s is not possible here: use another",
				     t->verb);
	if (t->body && (strcmp(t->verb, "GET") == 0 || strcmp(t->verb, "HEAD") == 0))
		return check_mistake(at, err, "a body does not go with %s: say 'method: POST'",
				     t->verb);
	return 0;
}

static int check_header(struct place at, const char *header, struct err *err)
{
	/* Framing and the connection are the generator's own: what it says of them must be true. */
	static const char *const ours[] = { "content-length", "transfer-encoding", "connection",
					    "expect" };
	size_t len = strcspn(header, ":"), i;

	if (has_control(header))
		return check_mistake(at, err,
				     "header '%.60s' has a line break or control byte: "
				     "take it out",
				     header);
	/* Without a value libcurl would take a header of its own out, or send nothing. */
	if (!header[len] || !is_token(header, len) ||
	    !header[len + 1 + strspn(header + len + 1, " ")])
		return check_mistake(at, err, "header '%.60s' is not 'Name: value': write it so",
				     header);
	for (i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strlen(ours[i]) == len && strncasecmp(header, ours[i], len) == 0)
			return check_mistake(at, err, "header '%s' is set by situ: leave it out",
					     ours[i]);
	}
	return 0;
}

int workload_check_header(const char *header, struct err *err)
{
	return check_header((struct place){ 0 }, header, err);
}

static int check_headers(struct text_site *site, struct target *t)
{
	unsigned int k;

	t->header_templates = calloc(t->nr_headers + 1, sizeof(*t->header_templates));
	if (!t->header_templates)
		return check_no_memory(site->c->err);
	for (k = 0; k < t->nr_headers; k++) {
		site->at = check_place(site->c, "%s/headers/%u", site->prefix, k);
		if (check_header(site->at, t->headers[k], site->c->err) ||
		    compile(site, &t->header_templates[k], t->headers[k], VARTEXT_HEADER,
			    fits_header))
			return -1;
	}
	return 0;
}

static int check_path(struct text_site *site, struct target *t)
{
	site->at = check_place(site->c, "%s/path", site->prefix);
	if (t->path[0] != '/')
		return check_mistake(site->at, site->c->err,
				     "path '%.60s' must begin with '/': the host goes into base",
				     t->path);
	if (!fits_url(t->path) || strchr(t->path, '#'))
		return check_mistake(site->at, site->c->err,
				     "path '%.60s' has a blank, '#' or a byte that no URL has: "
				     "percent-encode it",
				     t->path);
	return compile(site, &t->path_template, t->path, VARTEXT_URL, fits_url);
}

/* How given values are escaped in the body: as its header Content-Type says. */
static enum vartext_place body_place(const struct target *t)
{
	static const char name[] = "content-type:", form[] = "application/x-www-form-urlencoded";
	const char *type;
	unsigned int i;

	for (i = 0; i < t->nr_headers; i++) {
		if (strncasecmp(t->headers[i], name, sizeof(name) - 1) != 0)
			continue;
		type = t->headers[i] + sizeof(name) - 1;
		type += strspn(type, " ");
		if (strncasecmp(type, form, sizeof(form) - 1) == 0)
			return VARTEXT_FORM;
		return strcasestr(type, "json") ? VARTEXT_JSON : VARTEXT_PLAIN;
	}
	return VARTEXT_PLAIN;
}

static int check_title(const struct check *c, const char *prefix, struct target *t)
{
	const struct workload *w = c->w;
	struct place at = check_place(c, t->name ? "%s/name" : "%s/path", prefix);
	char title[TITLE_MAX];
	const struct target *other;

	if (t->name)
		snprintf(title, sizeof(title), "%s", t->name);
	else
		snprintf(title, sizeof(title), "%s %s", t->verb, t->path);
	t->title = text_dup(title);
	if (!t->title)
		return check_no_memory(c->err);
	if (strcmp(t->title, "all") == 0)
		return check_mistake(at, c->err, "the name 'all' stands for the sum: take another");
	for (other = w->targets; other < t; other++) {
		if (strcmp(other->title, t->title) == 0)
			return check_mistake(at, c->err,
					     "endpoint '%s' is there twice: give one of them "
					     "another name",
					     t->title);
	}
	return 0;
}

int check_request(const struct check *c, const char *prefix, const struct target *raw,
		  const struct symbol *symbols, unsigned int nr_symbols)
{
	struct target *t = &c->w->targets[c->w->nr_targets++];
	struct text_site site = {
		.c = c, .symbols = symbols, .nr_symbols = nr_symbols, .prefix = prefix
	};

	*t = *raw;
	if (check_method(check_place(c, "%s/method", prefix), t, c->err) || check_path(&site, t) ||
	    check_headers(&site, t) || check_expect(c, prefix, t) || check_title(c, prefix, t))
		return -1;
	if (!t->body)
		return 0;
	site.at = check_place(c, "%s/body", prefix);
	return compile(&site, &t->body_template, t->body, body_place(t), NULL);
}

/* Adds item @i of the list called @list with @weight to what arrivals are drawn from. */
static int add_item(const struct check *c, const char *list, unsigned int i, const u32 *given,
		    double mean_requests)
{
	struct workload *w = c->w;
	u32 weight = given ? *given : 1;
	u64 before = w->nr_items ? w->cumulated[w->nr_items - 1] : 0;

	if (weight < 1 || weight > WEIGHT_MAX)
		return check_mistake(check_place(c, "%s/%u/weight", list, i), c->err,
				     "weight %u: give one from 1 to %d", weight, WEIGHT_MAX);
	w->cumulated[w->nr_items++] = before + weight;
	w->mean_requests += weight * mean_requests;
	return 0;
}

static int check_weights(const struct check *c)
{
	struct workload *w = c->w;
	unsigned int i;

	w->cumulated = calloc(w->nr_endpoints + w->nr_sessions + 1, sizeof(*w->cumulated));
	if (!w->cumulated)
		return check_no_memory(c->err);
	for (i = 0; i < w->nr_endpoints; i++) {
		if (add_item(c, "endpoints", i, w->endpoints[i].weight, 1))
			return -1;
	}
	for (i = 0; i < w->nr_sessions; i++) {
		if (add_item(c, "sessions", i, w->sessions[i].weight,
			     session_mean_requests(&w->sessions[i])))
			return -1;
	}
	w->mean_requests /= (double)w->cumulated[w->nr_items - 1];
	return 0;
}

/* Room for all requests, because texts and steps point at them. */
static int make_targets(const struct check *c)
{
	struct workload *w = c->w;
	size_t nr = w->nr_endpoints;
	unsigned int i, k;

	for (i = 0; i < w->nr_sessions; i++) {
		for (k = 0; k < w->sessions[i].nr_items; k++)
			nr += w->sessions[i].items[k].nr_steps ? w->sessions[i].items[k].nr_steps
							       : 1;
	}
	if (!nr)
		return check_mistake(check_place(c, "%s", ""), c->err,
				     "nothing to send: add endpoints or sessions");
	if (nr > WORKLOAD_ENDPOINTS_MAX)
		return check_mistake(check_place(c, "sessions"), c->err,
				     "%zu endpoints and steps are more than %d: take some out", nr,
				     WORKLOAD_ENDPOINTS_MAX);
	w->targets = calloc(nr, sizeof(*w->targets));
	return w->targets ? 0 : check_no_memory(c->err);
}

int workload_check(struct workload *w, const struct config_source *source, struct err *err)
{
	const struct check c = { .w = w, .source = source, .err = err };
	char prefix[32];
	unsigned int i;

	for (i = 0; i < w->nr_vars; i++) {
		if (check_variable(&c, i))
			return -1;
	}
	if (check_data(&c) || make_targets(&c))
		return -1;
	for (i = 0; i < w->nr_endpoints; i++) {
		snprintf(prefix, sizeof(prefix), "endpoints/%u", i);
		if (check_request(&c, prefix, &w->endpoints[i], w->symbols, w->nr_symbols))
			return -1;
	}
	for (i = 0; i < w->nr_sessions; i++) {
		if (check_session(&c, i))
			return -1;
	}
	return check_weights(&c);
}

/* A URL of http or https with a host and without a password or fragment, parsed by libcurl. */
CURLU *workload_parse_url(struct place at, const char *url, struct err *err)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *user = NULL;
	const char *bad = NULL;

	if (!parts) {
		check_no_memory(err);
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
	check_mistake(at, err, "URL '%.200s': %s", url, bad);
	curl_url_cleanup(parts);
	return NULL;
}
