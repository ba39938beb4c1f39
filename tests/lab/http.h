/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of HTTP/1.1 as actors need of each other, nginx and the load generator. */
#ifndef LAB_HTTP_H
#define LAB_HTTP_H

#include <stdbool.h>

#include "tests/lab/truth.h"

#define HTTP_TEXT_MAX 8192

struct http_request {
	char script[HTTP_TEXT_MAX]; /* the path without its first slash */
	char id[TRUTH_ID_MAX];	    /* of the header X-Id; empty without */
	bool close;
	int64_t begun_ns;   /* its first read has returned */
	struct usage begun; /* ... and loop_usage() then */
};

/* Reads a request without a body: 1, 0 at the end of the connection, or a negative errno. */
int http_read_request(int fd, struct http_request *request);

/* Sends @part, from 0, of an answer that has @parts. 0 or a negative errno. */
int http_answer_part(int fd, int status, long parts, long part);

/* Sends a request with the script of @len bytes. 0 or a negative errno. */
int http_send_request(int fd, const char *script, int len, const char *id, bool close);

/* Reads an answer: 0, -EBADMSG when it is not a 200, or another negative errno. */
int http_read_answer(int fd);

#endif
