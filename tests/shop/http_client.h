/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls from one shop service to another: one libcurl handle per worker keeps its connections. */
#ifndef SHOP_HTTP_CLIENT_H
#define SHOP_HTTP_CLIENT_H

#include <curl/curl.h>
#include <jansson.h>

#include "tests/shop/endpoint.h"

struct http_client {
	CURL *curl;
	struct curl_slist *headers;
};

/* 0 or -ENOMEM; http_client_close() is allowed after both. */
int http_client_open(struct http_client *client);
void http_client_close(struct http_client *client);

/*
 * Sends @method with @body (NULL: none; not taken over) to the path @fmt of @to. Returns 0 with
 * *@status the HTTP status and, if @json is not NULL, *@json the answer, which the caller
 * releases (NULL when it is no JSON). A peer that cannot be reached, does not answer in time or
 * answers 5xx gives -EHOSTDOWN; else a negative errno. The arguments of @fmt must be words
 * (route_word()).
 */
int http_client_call(struct http_client *client, const struct endpoint *to, const char *method,
		     const json_t *body, int *status, json_t **json, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

#endif
