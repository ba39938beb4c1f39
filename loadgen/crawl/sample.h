/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON Schema as OpenAPI uses it: references, and a sample that fits a schema. */
#ifndef SITU_CRAWL_SAMPLE_H
#define SITU_CRAWL_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>

#define SAMPLE_SCALAR_MAX 128

/*
 * @node, or what its "$ref" ("#/components/schemas/Pet") leads to inside of @doc. NULL when @node
 * is NULL or no object, or the reference leads nowhere, outside or in circles.
 */
const json_t *sample_resolve(const json_t *doc, const json_t *node);

/*
 * A value that fits @schema as far as its example, default, enum, type, properties, items, allOf,
 * oneOf and anyOf tell; bounded in depth and size. The caller json_decref()s it; NULL when
 * nothing is known or memory is out.
 */
json_t *sample_make(const json_t *doc, const json_t *schema);

/* Writes a string, whole number or boolean to @text[@size]. False for anything else. */
bool sample_scalar(const json_t *value, char *text, size_t size);

#endif
