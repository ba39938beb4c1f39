/* SPDX-License-Identifier: GPL-2.0-only */
/* YAML as JSON values, for descriptions that come in either. */
#ifndef SITU_CRAWL_YAMLDOC_H
#define SITU_CRAWL_YAMLDOC_H

#include <jansson.h>
#include <stddef.h>

#define YAMLDOC_DEPTH_MAX 64
#define YAMLDOC_NODES_MAX 200000 /* aliases counted as often as they are used */

struct yamldoc_error {
	size_t line, column; /* from 1 */
	const char *text;    /* static */
};

/*
 * The first document of @text[@len] as JSON. Plain scalars that the core schema of YAML 1.2 takes
 * for null, true, false or a number are that, all others texts; a key that is no text is left out.
 * The caller's reference, or NULL with @error set.
 */
json_t *yamldoc_parse(const char *text, size_t len, struct yamldoc_error *error);

#endif
