/* SPDX-License-Identifier: GPL-2.0-only */
/* What a JSON answer says about its site: values by name, and links to further answers. */
#ifndef SITU_CRAWL_HARVEST_H
#define SITU_CRAWL_HARVEST_H

#include <jansson.h>

#include "loadgen/crawl/values.h"

/*
 * Takes the scalars of @doc, the answer to the target @target, into @values under their keys; the
 * key of an item of /products (id, name, code...) also as "product", and a list of plain texts
 * under what it is a list of. Calls @link with each text under href, url, next and the like that
 * looks like a reference. Bounded in depth and in the number of nodes. 0 or -ENOMEM.
 */
int harvest_json(const json_t *doc, const char *target, struct values *values,
		 int (*link)(void *arg, const char *ref), void *arg);

#endif
