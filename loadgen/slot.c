// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"
#include "loadgen/slot.h"
#include "user/base/clock.h"

#define CURL_CONNECTS_NS   (300 * NSEC_PER_SEC) /* libcurl gives up so long after, unasked */
#define CONNECT_TIMEOUT_MS (2 * 86400 * 1000L)	/* longer than any timeout: never */

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct slot *slot = arg;
	const struct target *t = slot->plan->target;

	(void)one;
	slot->body_bytes += len;
	if (t->expect && t->expect->fallback)
		slot->match_state = match_feed(t->expect->contains, t->expect->fallback,
					       slot->match_state, data, len);
	/* A body beyond its limit stays incomplete, and the buffer says so. */
	if (t->keeps_body)
		buf_add(&slot->body, data, len);
	return len;
}

/*
 * Ends the connection behind the last request that it may carry. libcurl has no such limit; the
 * local port tells which connection it is.
 */
static void count_on_connection(struct slot *slot, int local_port, bool opened)
{
	u32 *served = &slot->served[(uint16_t)local_port];

	if (opened)
		*served = 0;
	curl_easy_setopt(slot->easy, CURLOPT_FORBID_REUSE, (long)(++*served >= slot->served_max));
}

/*
 * libcurl calls this right before it sends. It comes here a second time for one request when a
 * kept connection broke before the first byte of the answer and libcurl tries a new one: refused,
 * because what the server gets must be what is counted.
 */
// NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type
static int on_send(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct slot *slot = arg;
	long opened = 0;

	(void)remote, (void)local, (void)remote_port;
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &opened);
	if (!opened)
		slot->started_ns = clock_mono_ns();
	if (slot->served)
		count_on_connection(slot, local_port, opened);
	if (slot->marks)
		slot->marks[(uint16_t)local_port] =
			slot->counts ? (u64)(slot->plan - slot->plans) + 1 : 0;
	return slot->sent++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Options that hold for every request. Each fails only without memory, or unsupported. */
static int set_constants(struct slot *slot, const struct engine_config *config,
			 curl_opensocket_callback open, curl_closesocket_callback close,
			 void *sockets)
{
	CURL *e = slot->easy;
	CURLcode c = CURLE_OK;

	c |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	c |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	c |= curl_easy_setopt(e, CURLOPT_NOPROXY, "*"); /* or each request searches environ */
	c |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	c |= curl_easy_setopt(e, CURLOPT_USERAGENT, "situ/" SITU_VERSION);
	c |= curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	/* The worker times requests out: libcurl's own timers cost each of them six clock reads. */
	if (config->timeout_ns > CURL_CONNECTS_NS)
		c |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	c |= curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	/* A name server that is silent must not hold the thread beyond a request's own timeout. */
	c |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	c |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	c |= curl_easy_setopt(e, CURLOPT_WRITEDATA, slot);
	c |= curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send);
	c |= curl_easy_setopt(e, CURLOPT_PREREQDATA, slot);
	c |= curl_easy_setopt(e, CURLOPT_PRIVATE, slot);
	c |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, slot->error);
	c |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open);
	c |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, sockets);
	c |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, close);
	c |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, sockets);
	if (!config->keepalive) {
		c |= curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
		c |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	}
	return c == CURLE_OK ? 0 : -ENOMEM;
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is kept, to be written to
int slot_make(struct slot *slot, const struct plans *plans, size_t number, u32 *served,
	      curl_opensocket_callback open, curl_closesocket_callback close, void *sockets)
{
	const struct engine_config *config = plans->config;

	*slot = (struct slot){ .easy = curl_easy_init(),
			       .body = buf_init(EXTRACT_BODY_MAX),
			       .served = served,
			       .marks = config->transport.http == TRANSPORT_HTTP1 ? config->marks
										  : NULL,
			       .plans = plans->plan,
			       .served_max = config->requests_per_connection };
	slot->text = malloc(plans->text_max);
	slot->text_room = plans->text_max;
	slot->varying = calloc(plans->varying_max + 1, sizeof(*slot->varying));
	if (!slot->easy || !slot->text || !slot->varying)
		return -ENOMEM;
	if (transport_apply(&config->transport, config->workload->base, number, slot->easy))
		return -ENOMEM;
	return set_constants(slot, config, open, close, sockets);
}

void slot_free(struct slot *slot)
{
	curl_easy_cleanup(slot->easy);
	free(slot->text);
	free(slot->varying);
	session_end(&slot->run);
	buf_free(&slot->body);
	*slot = (struct slot){ 0 };
}

size_t slot_target(const struct plans *plans, const struct schedule *schedule, u64 index)
{
	const struct workload *w = plans->config->workload;

	return workload_first_target(w, schedule_pick(schedule, index, w->cumulated, w->nr_items));
}

/* The method, the headers and the body's presence: what only changes with the target. */
static int set_target(struct slot *slot)
{
	const struct target *t = slot->plan->target;
	bool with_body = t->body || strcmp(t->verb, "POST") == 0 || strcmp(t->verb, "PUT") == 0 ||
			 strcmp(t->verb, "PATCH") == 0;
	bool head = strcmp(t->verb, "HEAD") == 0;
	CURL *e = slot->easy;
	CURLcode c = CURLE_OK;

	/* NOBODY 0 leaves a HEAD behind as GET, HTTPGET forgets a POST: the order matters. */
	c |= curl_easy_setopt(e, CURLOPT_NOBODY, 0L);
	c |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	if (with_body) {
		c |= curl_easy_setopt(e, CURLOPT_POST, 1L);
		c |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, "");
		c |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
	}
	if (head)
		c |= curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	c |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, head ? NULL : t->verb);
	c |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, slot->plan->headers);
	return c == CURLE_OK ? 0 : -ENOMEM;
}

/* Expands the varying headers to @to and chains them before the constant ones. */
static char *expand_headers(struct slot *slot, const struct vartext_values *values, char *to)
{
	const struct target *t = slot->plan->target;
	struct curl_slist *node = slot->varying;
	unsigned int i;

	for (i = 0; i < t->nr_headers; i++) {
		if (!t->header_templates[i].varies)
			continue;
		node->data = to;
		node->next = node + 1;
		node++;
		to += vartext_expand(&t->header_templates[i], values, to) + 1;
	}
	if (node > slot->varying)
		node[-1].next = slot->plan->headers;
	return to;
}

/* Room for texts with values that are as long as they happen to be. */
static int make_text_room(struct slot *slot, size_t base_len, const struct vartext_values *values)
{
	const struct target *t = slot->plan->target;
	size_t need = base_len + vartext_length(&t->path_template, values) + 1 +
		      vartext_length(&t->body_template, values) + 1;
	unsigned int i;
	char *text;

	for (i = 0; i < t->nr_headers; i++)
		need += vartext_length(&t->header_templates[i], values) + 1;
	if (need <= slot->text_room)
		return 0;
	text = realloc(slot->text, need);
	if (!text)
		return -ENOMEM;
	slot->text = text;
	slot->text_room = need;
	return 0;
}

static int set_texts(struct slot *slot, const struct workload *w,
		     const struct vartext_values *values)
{
	const struct target *t = slot->plan->target;
	size_t len = strlen(w->base);
	CURL *e = slot->easy;
	CURLcode c = CURLE_OK;
	char *to;

	if (slot->plan->given && make_text_room(slot, len, values))
		return -ENOMEM;
	to = slot->text;
	memcpy(to, w->base, len);
	len += vartext_expand(&t->path_template, values, to + len);
	/* The parsed one, where there is one, comes before the text. */
	c |= curl_easy_setopt(e, CURLOPT_CURLU, slot->plan->url);
	if (!slot->plan->url)
		c |= curl_easy_setopt(e, CURLOPT_URL, to);
	to = expand_headers(slot, values, to + len + 1);
	if (slot->plan->nr_varying)
		c |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, slot->varying);
	if (t->body) {
		len = vartext_expand(&t->body_template, values, to);
		c |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, to);
		c |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	}
	return c == CURLE_OK ? 0 : -ENOMEM;
}

/* An empty cookie jar for the user of a session; none for a request by itself. */
static int set_jar(struct slot *slot, bool wanted)
{
	CURLcode c = CURLE_OK;

	if (slot->jar)
		c |= curl_easy_setopt(slot->easy, CURLOPT_COOKIEFILE, NULL);
	if (wanted)
		c |= curl_easy_setopt(slot->easy, CURLOPT_COOKIEFILE, "");
	slot->jar = wanted;
	return c == CURLE_OK ? 0 : -ENOMEM;
}

/* Makes @slot carry a request by @plan, of arrival @index or of the session that it has. */
static int load_plan(struct slot *slot, const struct plans *plans, const struct plan *plan,
		     const struct schedule *schedule, u64 index)
{
	const struct workload *w = plans->config->workload;
	struct session_values drawn;
	const struct vartext_values values = { drawn.choice, drawn.given };
	bool same = plan == slot->plan;

	slot->plan = plan;
	slot->body_bytes = 0;
	slot->match_state = 0;
	slot->sent = 0;
	slot->error[0] = '\0';
	slot->body.len = 0;
	slot->body.failed = 0;
	if (same && !plan->varies)
		return 0;
	if (plan->varies)
		session_values(w, &slot->run, schedule, index, &drawn);
	if (!same && set_target(slot))
		return -ENOMEM;
	return set_texts(slot, w, &values);
}

int slot_load(struct slot *slot, const struct plans *plans, const struct schedule *schedule,
	      u64 index)
{
	const struct workload *w = plans->config->workload;
	size_t item = schedule_pick(schedule, index, w->cumulated, w->nr_items);
	const struct user_session *session = workload_session(w, item);

	if (session && session_begin(&slot->run, session, schedule, index))
		return -ENOMEM;
	if ((session || slot->jar) && set_jar(slot, session))
		return -ENOMEM;
	return load_plan(slot, plans, &plans->plan[workload_first_target(w, item)], schedule,
			 index);
}

int slot_load_step(struct slot *slot, const struct plans *plans)
{
	const struct session_run *run = &slot->run;

	return load_plan(slot, plans, &plans->plan[session_step(run)->target], run->schedule,
			 run->index);
}

/* Whether what the answer holds is as expected, and what the session needs is in it. */
static bool has_values(struct slot *slot)
{
	const struct target *t = slot->plan->target;
	struct answer answer = { .body = slot->body.data ? slot->body.data : "",
				 .len = slot->body.len };
	int status = slot->body.failed;

	if (status)
		snprintf(slot->error, sizeof(slot->error), "it %s", extract_reason(status));
	if (!status)
		status = expect_check_json(t->expect, &answer, slot->error, sizeof(slot->error));
	if (!status && slot->run.session)
		status = session_extract(&slot->run, t, &answer, slot->easy, slot->error,
					 sizeof(slot->error));
	answer_free(&answer);
	return status == 0;
}

/* Whether the whole answer with status @code is the one that was expected. */
static bool as_expected(struct slot *slot, long code)
{
	const struct target *t = slot->plan->target;

	if (!expect_status(t->expect, code))
		return false;
	if (t->expect && t->expect->contains && t->expect->contains[slot->match_state]) {
		snprintf(slot->error, sizeof(slot->error), "it lacks '%.80s'", t->expect->contains);
		return false;
	}
	return (!t->keeps_body && !t->nr_extract) || has_values(slot);
}

static u64 info_ns(const struct slot *slot, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(slot->easy, info, &us);
	return us > 0 ? (u64)us * NSEC_PER_USEC : 0;
}

/* From one point of a request to a later one; libcurl says 0 for a point that was not passed. */
static u64 span(u64 from_ns, u64 to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static void note_connecting(const struct slot *slot, struct outcome *outcome)
{
	u64 found_ns = info_ns(slot, CURLINFO_NAMELOOKUP_TIME_T);
	u64 connected_ns = info_ns(slot, CURLINFO_CONNECT_TIME_T);

	outcome->phase_ns[PHASE_DNS] = found_ns;
	outcome->phase_ns[PHASE_CONNECT] = span(found_ns, connected_ns);
	outcome->phase_ns[PHASE_TLS] =
		span(connected_ns, info_ns(slot, CURLINFO_APPCONNECT_TIME_T));
	outcome->first_phase = PHASE_DNS;
}

static void note_phases(const struct slot *slot, struct outcome *outcome)
{
	u64 ready_ns = info_ns(slot, CURLINFO_PRETRANSFER_TIME_T);
	u64 first_ns = info_ns(slot, CURLINFO_STARTTRANSFER_TIME_T);

	outcome->phase_ns[PHASE_FIRST_BYTE] = span(ready_ns, first_ns);
	outcome->phase_ns[PHASE_TRANSFER] = span(first_ns, info_ns(slot, CURLINFO_TOTAL_TIME_T));
	outcome->first_phase = PHASE_FIRST_BYTE;
	if (outcome->connections > 0)
		note_connecting(slot, outcome);
}

bool slot_is_resolving(const struct slot *slot)
{
	return !slot->sent && !info_ns(slot, CURLINFO_NAMELOOKUP_TIME_T);
}

/*
 * Whether a connection that ended without a byte of an answer was one to a server that does not
 * speak HTTP/2: without TLS nothing was negotiated, and no answer has told yet that it does.
 */
static bool lacks_http2(const struct slot *slot, const struct transport *transport)
{
	long header_bytes = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_HEADER_SIZE, &header_bytes);
	return transport->http == TRANSPORT_HTTP2 && !slot->spoke_http2 && slot->sent &&
	       !header_bytes && !info_ns(slot, CURLINFO_APPCONNECT_TIME_T);
}

static enum error_class judge_failure(struct slot *slot, const struct transport *transport,
				      CURLcode result)
{
	enum error_class class = ERROR_RESET;
	long os_errno = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (slot->sent <= 1)
		class = error_class_of(result, os_errno, slot->sent > 0);
	if (class != ERROR_RESET || !lacks_http2(slot, transport))
		return class;
	snprintf(slot->error, sizeof(slot->error),
		 "the connection ended without an answer: does the server speak HTTP/2?");
	return ERROR_HTTP2;
}

static enum error_class judge(struct slot *slot, const struct transport *transport, CURLcode result,
			      long *code)
{
	*code = 0;
	if (result != CURLE_OK)
		return judge_failure(slot, transport, result);
	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, code);
	if (transport_differs(transport, slot->easy))
		return ERROR_HTTP2;
	slot->spoke_http2 = transport->http == TRANSPORT_HTTP2;
	return as_expected(slot, *code) ? ERROR_NONE : ERROR_WRONG_ANSWER;
}

void slot_judge(struct slot *slot, const struct transport *transport, CURLcode result,
		struct outcome *outcome)
{
	curl_off_t body = 0;
	long request = 0;

	outcome->class = judge(slot, transport, result, &outcome->code);
	outcome->bytes_rx = slot->body_bytes;
	if (transport->compressed &&
	    curl_easy_getinfo(slot->easy, CURLINFO_SIZE_DOWNLOAD_T, &body) == CURLE_OK)
		outcome->bytes_rx = (u64)body;
	body = 0;
	outcome->first_phase = RECORD_PHASES;
	outcome->connections = 0;
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &outcome->connections);
	/* Both count what went out of a body with the headers; the second, what followed them. */
	curl_easy_getinfo(slot->easy, CURLINFO_REQUEST_SIZE, &request);
	if (slot->plan->target->body)
		curl_easy_getinfo(slot->easy, CURLINFO_SIZE_UPLOAD_T, &body);
	outcome->bytes_tx = (u64)(request > body ? request : body);
	if (outcome->class == ERROR_NONE)
		note_phases(slot, outcome);
}
