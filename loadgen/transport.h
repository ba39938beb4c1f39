/* SPDX-License-Identifier: GPL-2.0-only */
/* How requests travel: protocol version, TLS, addresses. The same for all requests of a load. */
#ifndef SITU_LOADGEN_TRANSPORT_H
#define SITU_LOADGEN_TRANSPORT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/base/err.h"

enum transport_http { TRANSPORT_HTTP1, TRANSPORT_HTTP2, TRANSPORT_HTTP3 };

struct transport {
	enum transport_http http;
	bool insecure;		 /* take any TLS certificate */
	const char *cacert;	 /* file of CA certificates; NULL: the system's */
	const char *cert, *key;	 /* PEM files of the client's certificate; NULL: none */
	const char *unix_socket; /* connect to this path, whatever the URL's host; NULL: do not */
	const char *const *resolve; /* "HOST:PORT:ADDRESS" */
	size_t nr_resolve;
	const char *const *sources; /* addresses or interfaces that connections start at, in turn */
	size_t nr_sources;
	bool compressed; /* ask for compressed bodies, and unpack them */
};

/*
 * Says whether libcurl has what @t asks for, files can be read and addresses are some, for URLs
 * that start with @base; @reuse: connections carry more than one request. 0, or -1 with @err set.
 */
int transport_check(const struct transport *t, const char *base, bool reuse, struct err *err);

/*
 * Sets @easy, which is connection @number of a thread, up for it. @base tells https from http. 0
 * or -ENOMEM.
 */
int transport_apply(const struct transport *t, const char *base, size_t number, CURL *easy);

/* Whether the answer on @easy came in another version of HTTP than the one asked for. */
bool transport_differs(const struct transport *t, CURL *easy);

/* Writes "HTTP/1.1, HTTP/2, TLS (OpenSSL/3.0)": what the libcurl in use has. Returns @text. */
const char *transport_describe(char *text, size_t size);

#endif
