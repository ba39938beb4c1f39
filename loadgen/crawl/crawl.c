// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/openapi.h"
#include "loadgen/crawl/yamldoc.h"
#include "loadgen/crawl/sitemap.h"
#include "loadgen/crawl/url.h"
#include "loadgen/crawl/walk.h"
#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/base/text.h"

#define HOPS_MAX	10 /* redirects in a row */
#define SITEMAPS_MAX	50
#define DELAY_MAX_S	10.0 /* of a Crawl-delay that is kept */
#define NO_SUCH_ADDRESS "/situ-asks-for-what-is-not-there-4b1d"

/* Where descriptions of an interface use to be. */
static const char *const openapi_places[] = {
	"/openapi.json", "/swagger.json",     "/v3/api-docs",	   "/v2/api-docs",
	"/api-docs",	 "/api/openapi.json", "/api/swagger.json", "/swagger/v1/swagger.json",
	"/openapi.yaml", "/openapi.yml",      "/swagger.yaml",	   "/api/openapi.yaml",
};

static void report(struct walk *w)
{
	const struct crawl_config *config = w->config;
	u64 now_ns = clock_mono_ns();
	const struct crawl_progress progress = {
		.elapsed_ns = now_ns - w->started_ns,
		.asked = w->stats->asked,
		.endpoints = w->site->nr,
		.waiting = frontier_left(&w->frontier) + frontier_left(&w->probes),
	};

	if (!config->progress || now_ns < w->progress_due_ns)
		return;
	config->progress(&progress, config->progress_arg);
	w->progress_due_ns = now_ns + config->progress_ns;
}

/* Waits for the next request's turn. 0, or -EINTR with stats->end set. */
static int wait_for_turn(struct walk *w)
{
	u64 end_ns = w->started_ns + w->config->duration_ns;
	double interval_s = w->config->rate > 0 ? 1 / w->config->rate : 0;

	if (w->stats->delay_s > interval_s)
		interval_s = w->stats->delay_s;
	while (!stop_signal() && clock_mono_ns() < w->due_ns && clock_mono_ns() < end_ns)
		clock_sleep_until(w->due_ns < end_ns ? w->due_ns : end_ns);
	if (stop_signal())
		w->stats->end = CRAWL_STOPPED;
	else if (clock_mono_ns() >= end_ns)
		w->stats->end = CRAWL_TIME;
	else
		w->due_ns = clock_mono_ns() + (u64)(interval_s * (double)NSEC_PER_SEC);
	return w->stats->end == CRAWL_STOPPED || w->stats->end == CRAWL_TIME ? -EINTR : 0;
}

int walk_fetch(struct walk *w, const char *method, const char *target, struct page *page)
{
	struct crawl_stats *stats = w->stats;
	int status = wait_for_turn(w);

	if (status)
		return status;
	status = w->config->fetch(w->bare ? w->config->bare_arg : w->config->fetch_arg, method,
				  target, page);
	if (status) {
		page_free(page);
		return status;
	}
	stats->asked++;
	stats->truncated += page->truncated;
	if (!page->status && stop_signal()) {
		stats->end = CRAWL_STOPPED;
		page_free(page);
		return -EINTR;
	}
	if (!page->status) {
		if (!stats->no_answer++)
			snprintf(stats->first_error, sizeof(stats->first_error), "%s", page->error);
	}
	report(w);
	return 0;
}

/* Where @page sends to: an address of this site joins the queue as near to the start as before. */
static int follow(struct walk *w, const struct waiting *asked, const struct page *page)
{
	const struct place_found at = { SITE_LINK, asked->target, asked->target, asked->depth };
	unsigned int hops = asked->hops + 1;
	char *target = NULL;
	int status;

	if (hops > HOPS_MAX)
		return 0;
	status = url_resolve(w->config->origin, asked->target, page->redirect, &target);
	if (status == -EXDEV) {
		w->stats->other_origin++;
		if (strcmp(asked->target, w->config->start) == 0)
			text_clean(w->stats->redirect, sizeof(w->stats->redirect), page->redirect);
	}
	if (!status)
		status = walk_target(w, asked->method, target, &at, hops);
	free(target);
	return status == -ENOMEM ? status : 0;
}

/* Keeps what became of the request for @asked, which @page answered. */
static void note(struct walk *w, const struct waiting *asked, const struct page *page, int status)
{
	struct finding *f = site_find_target(w->site, asked->method, asked->target);
	struct instance *instance = f ? site_instance(f, asked->target) : NULL;

	if (f)
		f->cookies |= page->cookies;
	if (instance)
		instance->status = status;
}

static int visit(struct walk *w, const struct waiting *asked)
{
	/* frontier_add() may move the queue. */
	const struct waiting here = *asked;
	struct page page;
	int status = walk_fetch(w, here.method, here.target, &page);

	if (status)
		return status;
	w->pages++;
	if (walk_is_fallback(w, &page) && strcmp(here.target, w->config->start) != 0) {
		note(w, &here, &page, SITE_FALLBACK);
	} else {
		note(w, &here, &page, page.status ? (int)page.status : SITE_NO_ANSWER);
		if (page.redirect)
			status = follow(w, &here, &page);
		else if (page.status >= 200 && page.status < 300)
			status = walk_read(w, &here, &page);
	}
	page_free(&page);
	return status;
}

/* Visits what waits until @pages requests were made. 0, -EINTR or -ENOMEM. */
static int drain(struct walk *w, u64 pages)
{
	int status = 0;

	while (!status && w->pages < pages) {
		const struct waiting *next = frontier_take(&w->probes);

		if (!next)
			next = frontier_take(&w->frontier);
		if (!next)
			return 0;
		status = visit(w, next);
	}
	return status;
}

/* A text of the site that is no endpoint: robots.txt, a sitemap. Redirects within it are kept to.
 */
static int fetch_text(struct walk *w, const char *target, struct page *page)
{
	char *at = strdup(target);
	unsigned int hops;
	int status = at ? 0 : -ENOMEM;

	*page = (struct page){ 0 };
	for (hops = 0; !status && hops <= HOPS_MAX; hops++) {
		char *next = NULL;

		status = walk_fetch(w, "GET", at, page);
		if (status || !page->redirect ||
		    url_resolve(w->config->origin, at, page->redirect, &next))
			break;
		free(at);
		at = next;
		page_free(page);
		*page = (struct page){ 0 };
	}
	free(at);
	return status;
}

static int add_sitemap(struct walk *w, const char *page, const char *url)
{
	char *target = NULL, **grown;
	size_t i;
	int status = url_resolve(w->config->origin, page, url, &target);

	if (status)
		return status == -ENOMEM ? status : 0;
	for (i = 0; i < w->nr_sitemaps && strcmp(w->sitemaps[i], target) != 0; i++)
		;
	if (i < w->nr_sitemaps || i == SITEMAPS_MAX) {
		free(target);
		return 0;
	}
	grown = realloc(w->sitemaps, (w->nr_sitemaps + 1) * sizeof(*grown));
	if (!grown) {
		free(target);
		return -ENOMEM;
	}
	w->sitemaps = grown;
	w->sitemaps[w->nr_sitemaps++] = target;
	return 0;
}

static int read_robots(struct walk *w)
{
	struct page page;
	size_t i;
	int status = fetch_text(w, "/robots.txt", &page);

	if (status)
		return status;
	if (page.status >= 200 && page.status < 300 && page.body.len)
		status = robots_parse(&w->robots, page.body.data, page.body.len, CRAWL_AGENT);
	/* RFC 9309 section 2.3.1.4: a server that cannot say forbids everything. */
	else if (page.status >= 500)
		status = robots_parse(&w->robots, "User-agent: *\nDisallow: /\n", 27, CRAWL_AGENT);
	page_free(&page);
	w->stats->delay_s = w->robots.delay_s < DELAY_MAX_S ? w->robots.delay_s : DELAY_MAX_S;
	for (i = 0; !status && i < w->robots.nr_sitemaps; i++)
		status = add_sitemap(w, "/robots.txt", w->robots.sitemaps[i]);
	return status;
}

struct sitemap_reading {
	struct walk *walk;
	const char *target;
};

static int on_loc(void *arg, const char *url, bool index)
{
	const struct sitemap_reading *r = arg;
	const struct place_found at = { SITE_SITEMAP, r->target, r->target, 1 };

	if (index)
		return add_sitemap(r->walk, r->target, url);
	return walk_reference(r->walk, "GET", url, &at);
}

static int read_sitemaps(struct walk *w)
{
	int status = add_sitemap(w, "/", "/sitemap.xml");
	size_t i;

	for (i = 0; !status && i < w->nr_sitemaps; i++) {
		struct sitemap_reading reading = { w, w->sitemaps[i] };
		struct page page;

		if (walk_forbidden(w, w->sitemaps[i]))
			continue;
		status = fetch_text(w, w->sitemaps[i], &page);
		if (!status && page.status == 200 && page.body.len && !walk_is_fallback(w, &page))
			status = sitemap_scan(page.body.data, page.body.len, on_loc, &reading);
		page_free(&page);
	}
	return status;
}

/* JSON or YAML; NULL: neither. */
static json_t *parse_description(const char *text, size_t len)
{
	json_t *doc = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	struct yamldoc_error error;

	return doc || *text == '<' ? doc : yamldoc_parse(text, len, &error);
}

/* Descriptions at the usual places. */
static int find_openapi(struct walk *w)
{
	size_t i;
	int status = 0;

	for (i = 0; !status && i < ARRAY_SIZE(openapi_places); i++) {
		const char *place = openapi_places[i];
		const struct place_found at = { SITE_OPENAPI, place, place, 1 };
		struct page page;
		json_t *doc = NULL;

		if (walk_forbidden(w, place))
			continue;
		status = fetch_text(w, place, &page);
		if (!status && page.status == 200 && page.body.len)
			doc = parse_description(page.body.data, page.body.len);
		if (doc && openapi_is(doc))
			status = walk_openapi(w, doc, &at);
		json_decref(doc);
		page_free(&page);
	}
	return status;
}

/* A site that answers to any address with one page would make every guess look right. */
static int find_fallback(struct walk *w)
{
	struct page page;
	int status = fetch_text(w, NO_SUCH_ADDRESS, &page);

	if (!status && page.status >= 200 && page.status < 300 && page.body.len) {
		w->stats->fallback = true;
		w->fallback_hash = walk_hash(page.body.data, page.body.len);
	}
	page_free(&page);
	return status;
}

static int read_files(struct walk *w, struct err *err)
{
	const struct crawl_config *config = w->config;
	int status = 0;
	size_t i;

	for (i = 0; !status && i < config->nr_openapi; i++) {
		const char *name = config->openapi_names[i];

		status = walk_openapi(w, config->openapi[i],
				      &(struct place_found){ SITE_OPENAPI, "/", name, 1 });
		if (status == -EINVAL)
			err_set(err, EXIT_USAGE,
				"%s is no OpenAPI 3 or Swagger 2 description in JSON: check the "
				"name",
				name);
	}
	for (i = 0; !status && i < config->nr_har; i++) {
		status = walk_har(w, config->har[i], config->har_names[i]);
		if (status == -EINVAL)
			err_set(err, EXIT_USAGE, "%s is no HAR file: check the name",
				config->har_names[i]);
	}
	return status;
}

/* From the start on, and then from what the templates give, until nothing new comes. */
static int explore(struct walk *w)
{
	const struct place_found at = { SITE_LINK, "/", "the command line", 0 };
	/* Links must not take all: what scripts describe is where the services are. */
	u64 pages = w->config->pages - w->config->pages / 4;
	size_t nr = 1;
	int status = walk_target(w, "GET", w->config->start, &at, 0);

	while (!status && nr) {
		status = drain(w, pages);
		if (!status)
			status = walk_probe(w, &nr);
		pages = w->config->pages;
	}
	if (!status)
		status = drain(w, pages);
	if (frontier_left(&w->frontier) + frontier_left(&w->probes) &&
	    w->pages >= w->config->pages && w->stats->end == CRAWL_DONE)
		w->stats->end = CRAWL_PAGES;
	return status;
}

/* What the site and the user say of it before the first page. */
static int read_descriptions(struct walk *w, struct err *err)
{
	int status = read_files(w, err);

	if (!status)
		status = find_fallback(w);
	if (!status)
		status = find_openapi(w);
	return status ? status : read_sitemaps(w);
}

static int walk_all(struct walk *w, struct err *err)
{
	int status = w->config->no_robots ? 0 : read_robots(w);

	/* With nobody there, the start says so as well as ten other addresses. */
	if (!status && !w->stats->no_answer)
		status = read_descriptions(w, err);
	if (!status)
		status = explore(w);
	/* What was found until the time was over counts. */
	if (!status || status == -EINTR)
		status = site_finish(w->site);
	if (!status)
		status = walk_combinations(w);
	return status ? status : walk_without_cookies(w);
}

int crawl_run(const struct crawl_config *config, struct site *site, struct crawl_stats *stats,
	      struct err *err)
{
	struct walk w = { .config = config, .site = site, .stats = stats };
	size_t i;
	int status;

	*stats = (struct crawl_stats){ 0 };
	w.started_ns = w.due_ns = w.progress_due_ns = clock_mono_ns();
	status = walk_all(&w, err);
	stats->elapsed_ns = clock_mono_ns() - w.started_ns;
	frontier_free(&w.frontier);
	frontier_free(&w.probes);
	robots_free(&w.robots);
	for (i = 0; i < w.nr_sitemaps; i++)
		free(w.sitemaps[i]);
	free(w.sitemaps);
	if (status == -ENOMEM)
		err_set(err, EXIT_FAILED, "out of memory: free some, or lower --pages");
	return status ? -1 : 0;
}
