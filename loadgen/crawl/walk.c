// SPDX-License-Identifier: GPL-2.0-only
/* What is done with a reference: into the site, into the queue, or nowhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/url.h"
#include "loadgen/crawl/walk.h"

bool walk_is_safe(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

int walk_forbidden(const struct walk *w, const char *target)
{
	if (deny_match(&w->config->deny, target))
		return SITE_DENIED;
	return robots_allow(&w->robots, target) ? 0 : SITE_ROBOTS;
}

bool walk_is_fallback(const struct walk *w, const struct page *page)
{
	return w->stats->fallback && page->body.len &&
	       walk_hash(page->body.data, page->body.len) == w->fallback_hash;
}

u64 walk_hash(const void *data, size_t len)
{
	const unsigned char *byte = data;
	u64 hash = 0xcbf29ce484222325ULL;

	for (; len; len--, byte++)
		hash = (hash ^ *byte) * 0x100000001b3ULL;
	return hash;
}

/* Counts what did not become an address. 0, or @status when that is none of the reference's. */
static int count_unusable(struct walk *w, int status)
{
	switch (status) {
	case -EXDEV:
		w->stats->other_origin++;
		return 0;
	case -E2BIG:
		w->site->too_long++;
		return 0;
	case -EINVAL:
		w->stats->not_urls++;
		return 0;
	case -ENOENT:
	case -ENOSPC: /* counted by who found no room */
		return 0;
	default:
		return status;
	}
}

static int queue(struct walk *w, struct finding *f, const char *target,
		 const struct place_found *at, unsigned int hops)
{
	int status;

	if (at->depth > w->config->depth) {
		w->stats->too_deep++;
		return 0;
	}
	/* The start is always asked for; else a few of a kind are enough. */
	if (f->nr_queued >= w->config->variants)
		return 0;
	status = frontier_add(&w->frontier, f->method, target, at->page, at->depth, hops);
	if (status == -ENOSPC)
		w->stats->dropped++;
	if (status == -EEXIST || status == -ENOSPC)
		return 0;
	f->nr_queued += status == 0;
	return status;
}

int walk_target(struct walk *w, const char *method, const char *target,
		const struct place_found *at, unsigned int hops)
{
	struct instance *instance = NULL;
	struct finding *f = NULL;
	int status, forbidden = walk_forbidden(w, target);

	status = site_add_target(w->site, method, target, at->source, at->name, &f, &instance);
	if (status)
		return count_unusable(w, status);
	if (instance && forbidden)
		instance->status = forbidden;
	if (!instance || forbidden || !walk_is_safe(method))
		return 0;
	return queue(w, f, target, at, hops);
}

/* The last name in an expression of a template language: "prod.sku | upper" is not looked into. */
static struct span last_name(const char *text, size_t len)
{
	struct span name = { text, 0 };
	size_t i = 0;

	len = strcspn(text, "|}") < len ? strcspn(text, "|}") : len;
	while (i < len) {
		size_t run =
			strspn(text + i, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
					 "0123456789");

		if (run > len - i)
			run = len - i;
		if (run)
			name = (struct span){ text + i, run };
		i += run ? run : 1;
	}
	return name;
}

/* "/p/{{ prod.sku }}", "/p/${id}" and "/p/{id}" as "/p/{sku}", "/p/{id}" and "/p/{id}". */
static void plain_slots(const char *ref, struct buf *plain)
{
	while (*ref) {
		size_t open = strspn(ref, "{"), len;
		struct span name;

		if (ref[0] == '$' && ref[1] == '{') {
			ref++;
			continue;
		}
		if (!open) {
			buf_add(plain, ref++, 1);
			continue;
		}
		len = strcspn(ref + open, "}");
		name = last_name(ref + open, len);
		buf_puts(plain, "{");
		buf_add(plain, name.text, name.len);
		buf_puts(plain, "}");
		ref += open + len;
		ref += strspn(ref, "}");
	}
}

int walk_reference(struct walk *w, const char *method, const char *ref,
		   const struct place_found *at)
{
	char *target = NULL;
	int status;

	if (strnlen(ref, CRAWL_URL_MAX + 1) > CRAWL_URL_MAX)
		return count_unusable(w, -E2BIG);
	if (strchr(ref, '{') && strchr(ref, '}')) {
		struct buf plain = buf_init((size_t)2 * CRAWL_URL_MAX);

		plain_slots(ref, &plain);
		status = plain.failed
				 ? plain.failed
				 : walk_template(w, method, plain.data, at, &(struct extras){ 0 });
		buf_free(&plain);
		return status;
	}
	status = url_resolve(w->config->origin, at->page, ref, &target);
	if (status)
		return count_unusable(w, status);
	status = walk_target(w, method, target, at, 0);
	free(target);
	return status;
}

/* Takes the resolved @tmpl. */
static int take_template(struct walk *w, const char *method, const char *tmpl,
			 const struct place_found *at, const struct extras *extras)
{
	struct instance *instance = NULL;
	struct finding *f;
	int status;

	if (!strchr(tmpl, '{') && walk_is_safe(method))
		return walk_target(w, method, tmpl, at, 0);
	if (strchr(tmpl, '{'))
		status = site_add_template(w->site, method, tmpl, at->source, at->name, &f);
	else
		status =
			site_add_target(w->site, method, tmpl, at->source, at->name, &f, &instance);
	if (status)
		return count_unusable(w, status);
	if (instance)
		instance->status = walk_forbidden(w, tmpl);
	if (extras->guess)
		f->guess = extras->guess;
	return site_set_body(f, extras->body, extras->content_type);
}

int walk_template(struct walk *w, const char *method, const char *ref, const struct place_found *at,
		  const struct extras *extras)
{
	char *tmpl = NULL;
	int status = url_resolve_template(w->config->origin, at->page, ref, &tmpl);

	if (status)
		return count_unusable(w, status);
	/* "/" + x in a script is any address at all: no endpoint, unless a description says so. */
	if (tmpl[1] != '{' || at->source == SITE_OPENAPI)
		status = take_template(w, method, tmpl, at, extras);
	free(tmpl);
	return status;
}
