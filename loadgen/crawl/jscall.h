/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SITU_CRAWL_JSCALL_H
#define SITU_CRAWL_JSCALL_H

#include "loadgen/crawl/jslex.h"

/*
 * The HTTP method of the call or object around the expression @from..@to: x.post(E),
 * f("PUT", E), f(E, {method: "DELETE"}), {url: E, type: "POST"}. "GET" when nothing says.
 */
const char *js_call_method(const struct js_tokens *tokens, size_t from, size_t to);

#endif
