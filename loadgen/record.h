/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one thread counts for one endpoint, in dense arrays: no lookup and no allocation per
 * request. Turned into the run model once, at the end.
 */
#ifndef SITU_LOADGEN_RECORD_H
#define SITU_LOADGEN_RECORD_H

#include <curl/curl.h>
#include <stdbool.h>

#include "user/model/run.h"

#define RECORD_PHASES 5
#define RECORD_CODES  1000 /* libcurl takes any three digits for a status */

enum error_class {
	ERROR_NONE,
	ERROR_DNS,
	ERROR_CONNECT_REFUSED,
	ERROR_CONNECT_TIMEOUT,
	ERROR_TLS,
	ERROR_RESET,	    /* the connection ended before the answer did */
	ERROR_TIMEOUT,	    /* connected, and no whole answer in time */
	ERROR_HTTP2,	    /* the server broke the protocol of HTTP/2 */
	ERROR_WRONG_ANSWER, /* a whole answer that is not the expected one */
	ERROR_NOT_SENT,	    /* due, and never begun: every connection was busy to the end */
	ERROR_OTHER,
	ERROR_NR,
};

/* "connect_refused": the class in tallies. */
const char *error_class_name(enum error_class class);

/*
 * The class of a transfer that libcurl ended with @result. @os_errno is CURLINFO_OS_ERRNO, @sent
 * whether the request left: a timeout before that is one of the connection.
 */
enum error_class error_class_of(CURLcode result, long os_errno, bool sent);

struct record {
	u64 attempted;
	u64 answered;
	u64 bytes_rx;
	u64 bytes_tx;
	u64 connections;
	u64 codes[RECORD_CODES];
	u64 errors[ERROR_NR];
	struct hist latency;	 /* of good answers, from the intended start */
	struct hist uncorrected; /* of good answers, from the actual start */
	struct hist failure;	 /* of every other request begun, from the intended start */
	struct hist send_lag;	 /* of every request begun, open loop only */
	struct hist phases[RECORD_PHASES]; /* of good answers */
};

/* Parts of a request's time, in their order; the first three of one that opened a connection. */
enum record_phase { PHASE_DNS, PHASE_CONNECT, PHASE_TLS, PHASE_FIRST_BYTE, PHASE_TRANSFER };

/* Adds @src to @dst. 0 or -ENOMEM. */
int record_merge(struct record *dst, const struct record *src);

/* Adds @record to the metrics of @endpoint; its rate is over @duration_ns. 0 or -ENOMEM. */
int record_publish(const struct record *record, u64 duration_ns, struct endpoint *endpoint);

void record_free(struct record *record);

#endif
