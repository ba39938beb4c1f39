/* SPDX-License-Identifier: GPL-2.0-only */
/* Endpoints from a description in OpenAPI 3 or Swagger 2. */
#ifndef SITU_CRAWL_OPENAPI_H
#define SITU_CRAWL_OPENAPI_H

#include <jansson.h>
#include <stdbool.h>

struct api_operation {
	const char *method; /* upper case: GET, HEAD, POST, PUT, PATCH, DELETE */
	const char *tmpl;   /* base path, path and required query parameters: "/api/pet/{petId}" */
	const char *body;   /* an example, or one made up from the schema; NULL: none known */
	const char *content_type;
	const char *guess; /* a value for slots without one: "1" when they are numbers, else NULL */
};

struct api_sink {
	int (*operation)(void *arg, const struct api_operation *operation);
	int (*value)(void *arg, const char *name, const char *value);
	void *arg;
};

/* Whether @doc says that it is such a description. */
bool openapi_is(const json_t *doc);

/*
 * Gives each operation of @doc, and each example value of a parameter, to @sink. References are
 * followed inside of @doc only, to a bounded depth; what is malformed is skipped. 0, -ENOMEM, or
 * what a sink returned.
 */
int openapi_scan(const json_t *doc, const struct api_sink *sink);

#endif
