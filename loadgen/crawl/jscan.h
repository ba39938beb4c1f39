/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths in JavaScript: string literals, template literals and concatenations that look like one.
 * '/api/cart/add/' + id + '/' + item.sku is found as "/api/cart/add/{id}/{sku}".
 */
#ifndef SITU_CRAWL_JSCAN_H
#define SITU_CRAWL_JSCAN_H

#include <stddef.h>

#define JSCAN_PATH_MAX 400 /* longest path that is looked at */

/*
 * Calls @found with each path of @text[@len], as it stands there with "{name}" for what is joined
 * in, and the method that the call around it names ("GET" when none does). 0, -ENOMEM, or what
 * @found returned.
 */
int jscan(const char *text, size_t len,
	  int (*found)(void *arg, const char *method, const char *path), void *arg);

#endif
