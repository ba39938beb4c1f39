// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "loadgen/record.h"

const char *error_class_name(enum error_class class)
{
	static const char *const names[ERROR_NR] = {
		[ERROR_NONE] = "none",
		[ERROR_DNS] = "dns",
		[ERROR_CONNECT_REFUSED] = "connect_refused",
		[ERROR_CONNECT_TIMEOUT] = "connect_timeout",
		[ERROR_TLS] = "tls",
		[ERROR_RESET] = "reset",
		[ERROR_TIMEOUT] = "timeout",
		[ERROR_HTTP2] = "http2",
		[ERROR_WRONG_ANSWER] = "wrong_answer",
		[ERROR_NOT_SENT] = "not_sent",
		[ERROR_OTHER] = "other",
	};

	return names[class];
}

enum error_class error_class_of(CURLcode result, long os_errno, bool sent)
{
	switch (result) {
	case CURLE_OK:
		return ERROR_NONE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return ERROR_DNS;
	case CURLE_COULDNT_CONNECT:
		if (os_errno == ETIMEDOUT)
			return ERROR_CONNECT_TIMEOUT;
		return os_errno == ECONNREFUSED ? ERROR_CONNECT_REFUSED : ERROR_OTHER;
	case CURLE_OPERATION_TIMEDOUT:
		return sent ? ERROR_TIMEOUT : ERROR_CONNECT_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return ERROR_TLS;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return ERROR_RESET;
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_HTTP3:
		return ERROR_HTTP2;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* an answer without a status line */
	case CURLE_BAD_CONTENT_ENCODING:
		return ERROR_WRONG_ANSWER;
	default:
		return ERROR_OTHER;
	}
}

int record_merge(struct record *dst, const struct record *src)
{
	size_t i;

	dst->attempted += src->attempted;
	dst->answered += src->answered;
	dst->bytes_rx += src->bytes_rx;
	dst->bytes_tx += src->bytes_tx;
	dst->connections += src->connections;
	for (i = 0; i < RECORD_CODES; i++)
		dst->codes[i] += src->codes[i];
	for (i = 0; i < ERROR_NR; i++)
		dst->errors[i] += src->errors[i];
	if (hist_merge(&dst->latency, &src->latency) ||
	    hist_merge(&dst->uncorrected, &src->uncorrected) ||
	    hist_merge(&dst->failure, &src->failure) || hist_merge(&dst->send_lag, &src->send_lag))
		return -ENOMEM;
	for (i = 0; i < RECORD_PHASES; i++) {
		if (hist_merge(&dst->phases[i], &src->phases[i]))
			return -ENOMEM;
	}
	return 0;
}

static int publish_tallies(const struct record *record, struct endpoint *endpoint)
{
	char code[8];
	size_t i;

	for (i = 0; i < RECORD_CODES; i++) {
		snprintf(code, sizeof(code), "%zu", i);
		if (record->codes[i] && tally_add(&endpoint->codes, code, record->codes[i]))
			return -ENOMEM;
	}
	for (i = ERROR_NONE + 1; i < ERROR_NR; i++) {
		if (record->errors[i] &&
		    tally_add(&endpoint->errors, error_class_name(i), record->errors[i]))
			return -ENOMEM;
	}
	return 0;
}

static int publish_phases(const struct record *record, struct endpoint *endpoint)
{
	const struct hist *from = record->phases;

	if (hist_merge(&endpoint->dns_ns, &from[PHASE_DNS]) ||
	    hist_merge(&endpoint->connect_ns, &from[PHASE_CONNECT]) ||
	    hist_merge(&endpoint->tls_ns, &from[PHASE_TLS]) ||
	    hist_merge(&endpoint->first_byte_ns, &from[PHASE_FIRST_BYTE]) ||
	    hist_merge(&endpoint->transfer_ns, &from[PHASE_TRANSFER]))
		return -ENOMEM;
	return 0;
}

int record_publish(const struct record *record, u64 duration_ns, struct endpoint *endpoint)
{
	endpoint->attempted += record->attempted;
	endpoint->answered += record->answered;
	endpoint->bytes_rx += record->bytes_rx;
	endpoint->bytes_tx += record->bytes_tx;
	endpoint->connections += record->connections;
	if (duration_ns)
		endpoint->rate +=
			(double)record->answered * (double)NSEC_PER_SEC / (double)duration_ns;
	if (publish_tallies(record, endpoint) || publish_phases(record, endpoint) ||
	    hist_merge(&endpoint->failure_latency_ns, &record->failure) ||
	    hist_merge(&endpoint->latency_ns, &record->latency) ||
	    hist_merge(&endpoint->latency_uncorrected_ns, &record->uncorrected) ||
	    hist_merge(&endpoint->send_lag_ns, &record->send_lag))
		return -ENOMEM;
	return 0;
}

void record_free(struct record *record)
{
	size_t i;

	hist_free(&record->latency);
	hist_free(&record->uncorrected);
	hist_free(&record->failure);
	hist_free(&record->send_lag);
	for (i = 0; i < RECORD_PHASES; i++)
		hist_free(&record->phases[i]);
}
