/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML files by schema, with one-line errors "file:line:column: what is wrong: what to do".
 *
 * libcyaml fills the structs. Before it does, the document is walked by the same schema, because
 * only libyaml's nodes know where a wrong key stands.
 */
#ifndef SITU_BASE_CONFIG_H
#define SITU_BASE_CONFIG_H

#include <cyaml/cyaml.h>

#include "user/base/err.h"
#include "user/base/types.h"

#define CONFIG_BYTES_MAX (1U << 20) /* longest file that is read */

struct config_source {
	const char *name; /* what errors call it: the path as the user gave it */
	const char *text;
	size_t len;
};

/*
 * Parses @source by @schema, a pointer to a mapping, into *@data. Returns 0, or -1 with @err set
 * (EXIT_USAGE) and *@data NULL. Aliases are refused: a small file could unfold to a large one.
 */
int config_load(const struct config_source *source, const cyaml_schema_value_t *schema, void **data,
		struct err *err);

/* Frees what config_load() filled; NULL is fine. */
void config_free(const cyaml_schema_value_t *schema, void *data);

/*
 * Sets @err to EXIT_USAGE and "file:line:column: ..." for the node at @path, keys and indices
 * from 0 joined by '/' ("services/2/port"), or the last node on that way that exists. Returns -1.
 */
int config_error(const struct config_source *source, struct err *err, const char *path,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
