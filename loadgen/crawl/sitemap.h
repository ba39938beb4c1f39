/* SPDX-License-Identifier: GPL-2.0-only */
/* sitemap.xml (sitemaps.org): URLs of pages and of further sitemaps, by libxml2. */
#ifndef SITU_CRAWL_SITEMAP_H
#define SITU_CRAWL_SITEMAP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Calls @found with each <loc> of the sitemap or sitemap index @text[@len] (or each line, when it
 * is a plain text of URLs); @index tells that it names another sitemap. Entities other than XML's
 * own are not expanded. 0, or what @found returned; a broken file gives what stands before the
 * break.
 */
int sitemap_scan(const char *text, size_t len, int (*found)(void *arg, const char *url, bool index),
		 void *arg);

#endif
