/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request to the agent is answered with: a decision, without a socket. */
#ifndef SITU_AGENT_ROUTE_H
#define SITU_AGENT_ROUTE_H

#include "user/export/export.h"

enum route_page { ROUTE_ROOT, ROUTE_HEALTH, ROUTE_METRICS, ROUTE_NOT_FOUND, ROUTE_BAD_METHOD };

#define ROUTE_ALLOWED "GET, HEAD" /* what a 405 says of every path that is there */

/* The page for @method and @path, which is without a query. */
enum route_page route_page(const char *method, const char *path);

/* Its HTTP status. */
unsigned int route_status(enum route_page page);

/* The body of every page but ROUTE_METRICS, with a line's end. */
const char *route_body(enum route_page page);

/*
 * The text that the Accept header @accept (RFC 9110, 12.5.1; NULL: none came) asks for: OpenMetrics
 * where it is named with a weight that is no lower than plain text's, else the older one, which
 * every scraper reads.
 */
enum openmetrics_text route_text(const char *accept);

/* The Content-Type of a text of metrics. */
const char *route_content_type(enum openmetrics_text text);

#endif
