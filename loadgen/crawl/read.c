// SPDX-License-Identifier: GPL-2.0-only
/* Answers and documents are read for references: each kind by its parser. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/har.h"
#include "loadgen/crawl/harvest.h"
#include "loadgen/crawl/html.h"
#include "loadgen/crawl/jscan.h"
#include "loadgen/crawl/openapi.h"
#include "loadgen/crawl/url.h"
#include "loadgen/crawl/walk.h"

/* What the sinks below need to know. */
struct reading {
	struct walk *walk;
	struct place_found at;
	char *base;   /* of a <base>; NULL: none */
	bool foreign; /* the <base> is elsewhere: relative references are too */
};

static bool is_absolute(const char *ref)
{
	return *ref == '/' || strstr(ref, "://");
}

static int on_base(void *arg, const char *href)
{
	struct reading *r = arg;
	int status;

	if (r->base || r->foreign)
		return 0;
	status = url_resolve(r->walk->config->origin, r->at.page, href, &r->base);
	r->foreign = status == -EXDEV;
	if (r->base)
		r->at.page = r->base;
	return status == -ENOMEM ? status : 0;
}

static int on_link(void *arg, const char *ref)
{
	struct reading *r = arg;

	if (r->foreign && !strstr(ref, "://")) {
		r->walk->stats->other_origin++;
		return 0;
	}
	return walk_reference(r->walk, "GET", ref, &r->at);
}

/* A script belongs to its page: it is as near to the start. */
static int on_script(void *arg, const char *src)
{
	struct reading *r = arg;
	int status;

	r->at.depth--;
	status = on_link(arg, src);
	r->at.depth++;
	return status;
}

static int on_path(void *arg, const char *method, const char *path)
{
	struct reading *r = arg;

	if (r->foreign && !is_absolute(path))
		return 0;
	return walk_template(r->walk, method, path, &r->at, &(struct extras){ 0 });
}

int walk_script(struct walk *w, const char *text, size_t len, const struct place_found *at)
{
	struct reading r = { .walk = w, .at = *at };

	r.at.source = SITE_SCRIPT;
	return jscan(text, len, on_path, &r);
}

static int on_code(void *arg, const char *text)
{
	struct reading *r = arg;
	struct reading script = *r;

	script.at.source = SITE_SCRIPT;
	return jscan(text, strlen(text), on_path, &script);
}

/* "a=1&b=2" of the fields; of several options of one name the first. Options become values. */
static int encode_fields(struct reading *r, const struct html_form *form, bool slots,
			 struct buf *to)
{
	size_t i;

	for (i = 0; i < form->nr_fields; i++) {
		const struct html_field *field = &form->field[i];
		char *name, *value;

		if (values_add(&r->walk->site->values, field->name, strlen(field->name),
			       field->value))
			return -ENOMEM;
		if (field->choice && i && strcmp(field[-1].name, field->name) == 0)
			continue;
		name = url_encode(field->name);
		value = url_encode(field->value);
		if (name && value)
			buf_printf(to, "%s%s=", to->len ? "&" : "", name);
		/* What the visitor chooses or writes is a slot of the address. */
		if (name && value && slots && (field->choice || !*field->value))
			buf_printf(to, "{%s}", field->name);
		else if (name && value)
			buf_puts(to, value);
		else
			to->failed = -ENOMEM;
		free(name);
		free(value);
	}
	return to->failed;
}

static int on_get_form(struct reading *r, const struct html_form *form, const char *fields)
{
	struct place_found at = r->at;
	struct buf ref = buf_init(CRAWL_URL_MAX);
	int status;

	/* The query of the action is replaced by the fields (HTML standard, "mutate action URL").
	 */
	buf_printf(&ref, "%.*s?%s", (int)strcspn(form->action, "?#"), form->action, fields);
	at.source = SITE_FORM;
	status = ref.failed == -E2BIG ? 0 : ref.failed;
	if (!ref.failed)
		status = walk_template(r->walk, "GET", ref.data, &at,
				       &(struct extras){ .guess = "a" });
	buf_free(&ref);
	return status;
}

static int on_form(void *arg, const struct html_form *form)
{
	struct reading *r = arg;
	struct place_found at = r->at;
	bool get = strcmp(form->method, "GET") == 0;
	const struct extras extras = { .content_type = "application/x-www-form-urlencoded" };
	struct buf fields = buf_init(CRAWL_URL_MAX);
	struct extras filled = extras;
	int status;

	if (r->foreign && !is_absolute(form->action))
		return 0;
	/* A password never goes into an address: a script sends this one. */
	if (strpbrk(form->action, "{}") || (get && form->secret))
		return 0;
	status = encode_fields(r, form, get, &fields);
	at.source = SITE_FORM;
	filled.body = form->encodable ? (fields.data ? fields.data : "") : NULL;
	if (status == -E2BIG)
		status = 0;
	else if (!status && get && fields.len)
		status = on_get_form(r, form, fields.data);
	else if (!status)
		status = walk_template(r->walk, form->method,
				       *form->action ? form->action : r->at.page, &at, &filled);
	buf_free(&fields);
	return status;
}

static int read_html(struct walk *w, const struct page *page, const struct place_found *at)
{
	struct reading r = { .walk = w, .at = *at };
	const struct html_sink sink = { on_base, on_link, on_script, on_code, on_form, &r };
	const char *charset =
		page->content_type ? strcasestr(page->content_type, "charset=") : NULL;
	char name[32] = "";
	int status;

	if (charset) {
		charset += strlen("charset=");
		charset += *charset == '"';
		strncat(name, charset,
			strcspn(charset, "\"; ") < sizeof(name) - 1 ? strcspn(charset, "\"; ")
								    : sizeof(name) - 1);
	}
	status = html_scan(page->body.data, page->body.len, *name ? name : NULL, &sink);
	free(r.base);
	return status;
}

static int on_json_link(void *arg, const char *ref)
{
	struct reading *r = arg;

	return walk_reference(r->walk, "GET", ref, &r->at);
}

static int read_json(struct walk *w, const struct waiting *asked, const struct page *page,
		     const struct place_found *at)
{
	struct reading r = { .walk = w, .at = *at };
	json_t *doc =
		json_loadb(page->body.data, page->body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	int status;

	/* An answer that says to be JSON and is not is the server's mistake: nothing in it. */
	if (!doc)
		return 0;
	if (openapi_is(doc))
		status = walk_openapi(w, doc, at);
	else
		status = harvest_json(doc, asked->target, &w->site->values, on_json_link, &r);
	json_decref(doc);
	return status;
}

static bool has_type(const struct page *page, const char *type)
{
	return page->content_type && strcasestr(page->content_type, type);
}

static bool has_extension(const char *target, const char *extension)
{
	size_t len = strcspn(target, "?"), end = strlen(extension);

	return len > end && strncasecmp(target + len - end, extension, end) == 0;
}

int walk_read(struct walk *w, const struct waiting *asked, const struct page *page)
{
	struct place_found at = {
		.source = SITE_LINK,
		.page = asked->target,
		.name = asked->target,
		.depth = asked->depth + 1,
	};

	if (!page->body.len)
		return 0;
	if (has_type(page, "html"))
		return read_html(w, page, &at);
	if (has_type(page, "json"))
		return read_json(w, asked, page, &at);
	if (has_type(page, "javascript") || has_type(page, "ecmascript") ||
	    has_extension(asked->target, ".js") || has_extension(asked->target, ".mjs")) {
		/* Its relative paths refer to the page that has it. */
		at.page = asked->from;
		return walk_script(w, page->body.data, page->body.len, &at);
	}
	return 0;
}

static int on_operation(void *arg, const struct api_operation *operation)
{
	struct reading *r = arg;
	const struct extras extras = { operation->body, operation->content_type, operation->guess };

	return walk_template(r->walk, operation->method, operation->tmpl, &r->at, &extras);
}

static int on_value(void *arg, const char *name, const char *value)
{
	struct reading *r = arg;

	return values_add(&r->walk->site->values, name, strlen(name), value);
}

int walk_openapi(struct walk *w, const json_t *doc, const struct place_found *at)
{
	struct reading r = { .walk = w, .at = *at };
	const struct api_sink sink = { on_operation, on_value, &r };

	if (!openapi_is(doc))
		return -EINVAL;
	r.at.source = SITE_OPENAPI;
	return openapi_scan(doc, &sink);
}

static int on_request(void *arg, const struct har_request *request)
{
	struct reading *r = arg;
	struct walk *w = r->walk;
	struct instance *instance;
	struct finding *f;
	char *target = NULL;
	int status = url_resolve(w->config->origin, "/", request->url, &target);

	if (status) {
		w->stats->har_elsewhere += status == -EXDEV;
		return status == -ENOMEM ? status : 0;
	}
	status = walk_target(w, request->method, target, &r->at, 0);
	if (!status && !walk_is_safe(request->method) &&
	    site_add_target(w->site, request->method, target, SITE_HAR, r->at.name, &f,
			    &instance) == 0)
		status =
			site_set_body(f, request->body ? request->body : "", request->content_type);
	free(target);
	return status;
}

int walk_har(struct walk *w, const json_t *doc, const char *name)
{
	struct reading r = {
		.walk = w,
		.at = { .source = SITE_HAR, .page = "/", .name = name },
	};

	return har_scan(doc, on_request, &r);
}
