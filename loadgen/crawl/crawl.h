/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk over a site: pages, scripts and descriptions are read for endpoints, and templates are
 * tried with the values that the site itself showed. Only GET and HEAD are ever sent.
 */
#ifndef SITU_CRAWL_CRAWL_H
#define SITU_CRAWL_CRAWL_H

#include <jansson.h>

#include "loadgen/crawl/deny.h"
#include "loadgen/crawl/fetch.h"
#include "loadgen/crawl/site.h"

#define CRAWL_AGENT "situ" /* product token that robots.txt may name */

struct crawl_progress {
	u64 elapsed_ns;
	unsigned long long asked;
	size_t endpoints;
	size_t waiting;
};

struct crawl_config {
	const char *origin;
	const char *start;  /* target */
	u64 pages;	    /* requests for addresses, at most */
	u64 depth;	    /* links away from the start, at most */
	u64 variants;	    /* addresses that are asked for of each template */
	u64 duration_ns;    /* in all */
	double rate;	    /* requests per second, at most; 0: no limit */
	bool write_methods; /* keep POST and the like too; they are never sent */
	bool no_robots;	    /* do not read robots.txt */
	struct deny deny;
	json_t *const *openapi; /* descriptions that were given */
	const char *const *openapi_names;
	size_t nr_openapi;
	json_t *const *har;
	const char *const *har_names;
	size_t nr_har;
	int (*fetch)(void *arg, const char *method, const char *target, struct page *page);
	void *fetch_arg;
	void *bare_arg; /* for fetch() without the site's cookies; NULL: it never sends any */
	void (*progress)(const struct crawl_progress *now, void *arg); /* NULL: none */
	void *progress_arg;
	u64 progress_ns;
};

enum crawl_end { CRAWL_DONE, CRAWL_PAGES, CRAWL_TIME, CRAWL_STOPPED };

struct crawl_stats {
	enum crawl_end end;
	u64 elapsed_ns;
	unsigned long long asked;	  /* requests, those for robots.txt and the like too */
	unsigned long long no_answer;	  /* requests without an HTTP answer */
	unsigned long long truncated;	  /* answers longer than FETCH_BODY_MAX */
	unsigned long long other_origin;  /* references that lead elsewhere */
	unsigned long long too_deep;	  /* addresses beyond config.depth */
	unsigned long long not_urls;	  /* references that could not be read as a URL */
	unsigned long long dropped;	  /* addresses beyond FRONTIER_MAX */
	unsigned long long har_elsewhere; /* requests of HAR files to other origins */
	double delay_s;			  /* between requests, when robots.txt asked for more */
	bool fallback;			  /* the site has a page for every address */
	char first_error[160];		  /* the first answer that did not come */
	char redirect[160];		  /* where the start leads to, when that is elsewhere */
};

/*
 * Fills the empty @site. Ends early, but in order, at a limit or a signal to stop. 0 also when
 * nothing was found, or -1 with @err set: out of memory, a file that is not what it should be.
 */
int crawl_run(const struct crawl_config *config, struct site *site, struct crawl_stats *stats,
	      struct err *err);

#endif
