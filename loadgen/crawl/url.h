/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * URLs of one site. Inside the crawl an address is its origin-form target, "/path?query": same
 * origin by construction, percent-encoded so that only bytes 0x21..0x7e without braces are in it,
 * dot segments gone, query parameters in the order of their names, no fragment.
 */
#ifndef SITU_CRAWL_URL_H
#define SITU_CRAWL_URL_H

#include <stddef.h>

#include "user/base/err.h"

#define CRAWL_URL_MAX 2000 /* longest target and longest reference that is looked at */

/*
 * Splits the start @url into *@origin ("http://host[:port]", the port only when it is not the
 * scheme's own) and *@target; the caller frees both. 0, or -1 with @err set (EXIT_USAGE).
 */
int url_split(const char *url, char **origin, char **target, struct err *err);

/*
 * Resolves the reference @ref as it stands in the page @page (a target) of @origin (RFC 3986
 * section 5.2, by libcurl). 0 with *@target set for the caller to free; -EXDEV when it leaves the
 * origin or is of another scheme, -ENOENT when it is empty or only a fragment, -E2BIG when it is
 * too long, -EINVAL when it is no URL, -ENOMEM.
 */
int url_resolve(const char *origin, const char *page, const char *ref, char **target);

/*
 * The same for a template, whose "{name}" are kept; a name's characters other than letters,
 * digits and '_' become '_'. At most TEMPLATE_SLOTS_MAX of them, else -E2BIG.
 */
int url_resolve_template(const char *origin, const char *page, const char *ref, char **tmpl);

/* Percent-encodes all of @value but RFC 3986 "unreserved". The caller frees it; NULL: memory. */
char *url_encode(const char *value);

#endif
