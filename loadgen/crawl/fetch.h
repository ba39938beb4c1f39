/* SPDX-License-Identifier: GPL-2.0-only */
/* One request at a time, by libcurl: the network's edge of a crawl. */
#ifndef SITU_CRAWL_FETCH_H
#define SITU_CRAWL_FETCH_H

#include "user/base/buf.h"
#include "user/base/err.h"
#include "user/base/types.h"

#define FETCH_BODY_MAX (4U << 20) /* read of an answer, after decompression */

/* An answer. */
struct page {
	long status;	    /* HTTP status; 0: none came, and */
	char error[128];    /* why */
	char *content_type; /* NULL: not said */
	char *redirect;	    /* absolute URL that it sends to; NULL: none */
	struct buf body;
	bool truncated; /* the body goes on */
	bool cookies;	/* the site had set some before, which may have gone out with the request */
};

struct fetch_config {
	const char *origin;
	const char *const *headers; /* "Name: value", added to every request */
	size_t nr_headers;
	u64 timeout_ns; /* of one request */
	bool insecure;	/* take any TLS certificate */
	bool cookies;	/* keep what the site sets, and send it back */
};

struct fetcher;

/* NULL with @err set. @config is not needed afterwards. */
struct fetcher *fetcher_new(const struct fetch_config *config, struct err *err);
void fetcher_free(struct fetcher *f);

/*
 * Asks for @target of the origin by @method, "GET" or "HEAD", following nothing, through no proxy;
 * a signal to stop ends it. 0 with @page filled, which the caller frees with page_free() in any
 * case, or -ENOMEM. The crawl takes it as a function pointer, so that @arg is the fetcher.
 */
int fetch(void *arg, const char *method, const char *target, struct page *page);
void page_free(struct page *page);

#endif
