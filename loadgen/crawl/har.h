/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests from a HAR file, as browsers save what they sent (HTTP Archive 1.2). */
#ifndef SITU_CRAWL_HAR_H
#define SITU_CRAWL_HAR_H

#include <jansson.h>

struct har_request {
	const char *method; /* upper-case letters */
	const char *url;
	const char *body; /* NULL: none */
	const char *content_type;
};

/*
 * Gives each request of @doc to @found; what is malformed is skipped. Neither cookies nor other
 * headers are taken: they belong to who recorded it. 0, -EINVAL when @doc is no HAR, or what
 * @found returned.
 */
int har_scan(const json_t *doc, int (*found)(void *arg, const struct har_request *request),
	     void *arg);

#endif
