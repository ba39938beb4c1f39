/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a crawl under way, shared by the parts of it. */
#ifndef SITU_CRAWL_WALK_H
#define SITU_CRAWL_WALK_H

#include "loadgen/crawl/crawl.h"
#include "loadgen/crawl/frontier.h"
#include "loadgen/crawl/robots.h"

struct walk {
	const struct crawl_config *config;
	struct site *site;
	struct crawl_stats *stats;
	struct frontier frontier;
	struct frontier probes; /* addresses made of templates: they go first */
	struct robots robots;
	u64 fallback_hash; /* of the body of the page for every address */
	u64 started_ns, due_ns, progress_due_ns;
	bool bare;	 /* without the site's cookies */
	u64 pages;	 /* requests that count against config->pages */
	char **sitemaps; /* targets that wait */
	size_t nr_sitemaps;
};

/* Where something was found. */
struct place_found {
	enum site_source source;
	const char *page; /* target that references are relative to */
	const char *name; /* what to call it: the target or the file */
	unsigned int depth;
};

/*
 * Takes the reference @ref into the site, and into the frontier when it may be asked for. All of
 * these return 0, also for what is left out, or -ENOMEM.
 */
int walk_reference(struct walk *w, const char *method, const char *ref,
		   const struct place_found *at);

/* What a template was found with, beside its method and text. */
struct extras {
	const char *body, *content_type, *guess;
};

/* Takes the template @ref ("{name}"), relative to @at, or the address when it has no slots. */
int walk_template(struct walk *w, const char *method, const char *ref, const struct place_found *at,
		  const struct extras *extras);

/* Takes the address @target, which @hops redirects in a row led to. */
int walk_target(struct walk *w, const char *method, const char *target,
		const struct place_found *at, unsigned int hops);

/* Reads the answer @page to @asked for further references. */
int walk_read(struct walk *w, const struct waiting *asked, const struct page *page);

/* Takes what an OpenAPI or HAR document says. -EINVAL: it is none. */
int walk_openapi(struct walk *w, const json_t *doc, const struct place_found *at);
int walk_har(struct walk *w, const json_t *doc, const char *name);

/* Reads the script @text[@len]. */
int walk_script(struct walk *w, const char *text, size_t len, const struct place_found *at);

/*
 * Gives every template that lacks answers addresses made of known values, and queues them.
 * *@nr is how many.
 */
int walk_probe(struct walk *w, size_t *nr);

/*
 * Asks for combinations of values that were not seen together; where one fails, the finding's
 * values are kept as they came. After site_finish().
 */
int walk_combinations(struct walk *w);

/*
 * Asks for one address of each endpoint that was asked for with cookies once more without: what
 * then answers otherwise is marked. After site_finish().
 */
int walk_without_cookies(struct walk *w);

/*
 * Asks for @target when its time has come. 0 with @page filled (page_free() it), -EINTR when the
 * time is over or a signal asked to stop, with stats->end set, or -ENOMEM.
 */
int walk_fetch(struct walk *w, const char *method, const char *target, struct page *page);

/* Whether @page is what the site answers to anything. */
bool walk_is_fallback(const struct walk *w, const struct page *page);

/* Whether @method may be sent. */
bool walk_is_safe(const char *method);

/* 0 or the status to keep @target away with: SITE_DENIED, SITE_ROBOTS. */
int walk_forbidden(const struct walk *w, const char *target);

/* FNV-1a of @data[@len]. */
u64 walk_hash(const void *data, size_t len);

#endif
