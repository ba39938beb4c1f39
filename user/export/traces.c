// SPDX-License-Identifier: GPL-2.0-only
/* Kept traces for the viewers that there are. Element by element, as the other exports. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "user/base/buf.h"
#include "user/base/units.h"
#include "user/export/export.h"
#include "bpf/instants.h"

#define KIND_SERVER  2 /* enum SpanKind of OTLP */
#define KIND_CLIENT  3
#define FNV_BASIS    0xcbf29ce484222325ULL
#define FNV_PRIME    0x100000001b3ULL
#define ID_TEXT	     33
#define DECIMAL_TEXT 32

struct writer {
	FILE *out;
	const struct run *run;
	const struct phase *phase;
	const struct kept_trace *trace;
	u64 number;   /* of the trace in the document, from 1 */
	u64 pid, tid; /* of the process and of the thread of the picture */
	u64 first_ns; /* of all that is known of all traces */
	bool first;   /* nothing is in the list yet */
	int failed;
};

/* Adds @value to the list that is open, and frees it; NULL is a lack of memory. */
static void put(struct writer *w, json_t *value)
{
	if (!value) {
		w->failed = -ENOMEM;
		return;
	}
	fputs(w->first ? "\n" : ",\n", w->out);
	w->first = false;
	if (json_dumpf(value, w->out, JSON_COMPACT) && !ferror(w->out))
		w->failed = -ENOMEM;
	json_decref(value);
}

static void instants_of(const struct kept_span *span, u64 t[INSTANTS])
{
	const u64 stamp[INSTANTS] = {
		[SENT] = span->sent_ns,		[ARRIVED] = span->arrived_ns,
		[BEGUN] = span->begun_ns,	[ANSWERED] = span->answered_ns,
		[RETURNED] = span->returned_ns, [READ] = span->read_ns
	};

	memcpy(t, stamp, sizeof(stamp));
	instants_order(t, span->connect_ns);
}

/* Calls @each for every kept trace that counts. */
static void for_each_trace(struct writer *w, void (*each)(struct writer *))
{
	size_t i, k;

	w->number = 0;
	for (i = 0; i < w->run->nr_phases; i++) {
		w->phase = &w->run->phases[i];
		for (k = 0; k < w->phase->nr_traces && phase_counts(w->phase); k++) {
			w->trace = &w->phase->traces[k];
			w->number++;
			each(w);
		}
	}
}

static u64 mix(u64 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (u8)*text) * FNV_PRIME;
	return hash;
}

/* 128 bits that tell the trace from those of other runs: an id of all zeros is none. */
static void trace_id(const struct writer *w, char text[ID_TEXT])
{
	u64 run = mix(FNV_BASIS, w->run->uuid ? w->run->uuid : "");

	snprintf(text, ID_TEXT, "%016" PRIx64 "%016" PRIx64, run, w->number);
}

static void span_id(char text[ID_TEXT], size_t index, int kind)
{
	snprintf(text, ID_TEXT, "%016zx", 2 * (index + 1) + (kind == KIND_SERVER));
}

static json_t *otlp_text(const char *key, const char *value)
{
	return json_pack("{s:s,s:{s:s}}", "key", key, "value", "stringValue", value);
}

/* OTLP's JSON has 64-bit numbers as texts. */
static json_t *otlp_number(const char *key, u64 value)
{
	char text[DECIMAL_TEXT];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return json_pack("{s:s,s:{s:s}}", "key", key, "value", "intValue", text);
}

/*
 * What the client dialled, "10.83.0.2:8080" or "[::1]:80", in the two attributes that OpenTelemetry
 * has for it. Nothing is known of a unix-domain socket, "".
 */
static int add_server(json_t *list, const char *dialled)
{
	const char *colon = strrchr(dialled, ':');
	size_t length = colon ? (size_t)(colon - dialled) : strlen(dialled);
	u64 port = colon ? strtoull(colon + 1, NULL, 10) : 0;
	int failed = 0;

	if (length > 2 && *dialled == '[' && dialled[length - 1] == ']') {
		dialled++;
		length -= 2;
	}
	if (length)
		failed |= json_array_append_new(list,
						json_pack("{s:s,s:{s:s%}}", "key", "server.address",
							  "value", "stringValue", dialled, length));
	if (port)
		failed |= json_array_append_new(list, otlp_number("server.port", port));
	return failed;
}

static json_t *otlp_attributes(const struct writer *w, const struct kept_span *span,
			       const u64 t[INSTANTS], int kind)
{
	json_t *list = json_array();
	int failed = 0;

	if (kind == KIND_SERVER) {
		failed |= json_array_append_new(list, otlp_number("situ.cpu_ns", span->cpu_ns));
		failed |= json_array_append_new(list, otlp_number("situ.runq_ns", span->runq_ns));
		failed |= json_array_append_new(list, otlp_number("situ.throttled_ns",
								  span->throttled_ns));
		failed |= json_array_append_new(list, otlp_number("situ.disk_ns", span->disk_ns));
		failed |= json_array_append_new(list, otlp_number("situ.socket_queue_ns",
								  t[BEGUN] - t[ARRIVED]));
	} else {
		failed |= json_array_append_new(list, otlp_number("situ.connect_ns",
								  t[SENT] - t[CONNECTS]));
		failed |=
			json_array_append_new(list, otlp_number("situ.network_ns",
								t[ARRIVED] - t[SENT] + t[RETURNED] -
									t[ANSWERED]));
		failed |= add_server(list, span->server_addr);
	}
	if (span->parent == KEPT_ROOT) {
		failed |= json_array_append_new(list,
						otlp_text("situ.placement", w->phase->placement));
		failed |= json_array_append_new(list, otlp_number("situ.trial", w->phase->trial));
		failed |= json_array_append_new(list, otlp_number("situ.weight", w->trace->weight));
		failed |= json_array_append_new(list, otlp_text("situ.flaws", w->trace->flaws));
	}
	if (!failed)
		return list;
	json_decref(list);
	return NULL;
}

/* Whether the half of @span on the side of @kind was measured, and is written. */
static bool has_half(const struct kept_span *span, int kind)
{
	if (kind == KIND_CLIENT)
		return span->sent_ns || span->returned_ns || span->read_ns;
	return span->arrived_ns || span->begun_ns || span->answered_ns;
}

/*
 * The id of what the half @kind of span @index lies in, "" for that of the root: the client's half
 * for a server's, else the server's half of the parent. Halves that are not written are passed by.
 */
static void parent_id(const struct kept_trace *trace, u32 index, int kind, char text[ID_TEXT])
{
	*text = '\0';
	while (!*text && (kind == KIND_SERVER || trace->spans[index].parent != KEPT_ROOT)) {
		if (kind == KIND_CLIENT)
			index = trace->spans[index].parent;
		kind = kind == KIND_SERVER ? KIND_CLIENT : KIND_SERVER;
		if (has_half(&trace->spans[index], kind))
			span_id(text, index, kind);
	}
}

/* One half of a request, from @from to @to, as its service's. */
static void put_otlp_span(struct writer *w, size_t index, int kind, u64 from, u64 to,
			  const u64 t[INSTANTS])
{
	const struct kept_span *span = &w->trace->spans[index];
	const char *service = kind == KIND_SERVER ? span->server : span->client;
	bool root = span->parent == KEPT_ROOT;
	char trace[ID_TEXT], id[ID_TEXT], parent[ID_TEXT], start[DECIMAL_TEXT], end[DECIMAL_TEXT];
	json_t *body;

	trace_id(w, trace);
	span_id(id, index, kind);
	parent_id(w->trace, (u32)index, kind, parent);
	snprintf(start, sizeof(start), "%" PRIu64, from);
	snprintf(end, sizeof(end), "%" PRIu64, to);
	body = json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:o}", "traceId", trace, "spanId", id,
			 "parentSpanId", parent, "name",
			 root		       ? w->trace->endpoint
			 : kind == KIND_SERVER ? "serve"
					       : span->server,
			 "kind", kind, "startTimeUnixNano", start, "endTimeUnixNano", end,
			 "attributes", otlp_attributes(w, span, t, kind));
	put(w, json_pack("{s:{s:[o]},s:[{s:{s:s,s:s},s:[o]}]}", "resource", "attributes",
			 otlp_text("service.name", service), "scopeSpans", "scope", "name", "situ",
			 "version", SITU_VERSION, "spans", body));
}

static void put_otlp(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->trace->nr_spans; i++) {
		u64 t[INSTANTS];

		instants_of(&w->trace->spans[i], t);
		if (has_half(&w->trace->spans[i], KIND_CLIENT))
			put_otlp_span(w, i, KIND_CLIENT, t[CONNECTS], t[READ], t);
		if (has_half(&w->trace->spans[i], KIND_SERVER))
			put_otlp_span(w, i, KIND_SERVER, t[ARRIVED], t[ANSWERED], t);
	}
}

static int finish(const struct writer *w, struct err *err)
{
	if (w->failed)
		return err_set(err, EXIT_FAILED, "out of memory for the export: free some");
	if (fflush(w->out) != 0 || ferror(w->out))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return 0;
}

int export_otlp(const struct run *run, FILE *out, struct err *err)
{
	struct writer w = { .out = out, .run = run, .first = true };

	fputs("{\"resourceSpans\": [", out);
	for_each_trace(&w, put_otlp);
	fputs("\n]}\n", out);
	return finish(&w, err);
}

/* What the viewers are to know of the open process or thread; takes over @args. */
static void put_fact(struct writer *w, const char *what, json_t *args)
{
	put(w, json_pack("{s:s,s:s,s:I,s:I,s:o}", "ph", "M", "name", what, "pid",
			 (json_int_t)w->pid, "tid", (json_int_t)w->tid, "args", args));
}

/* Without a place of its own, Catapult sorts rows by name, and Perfetto traces by their slices. */
static void put_process(struct writer *w, const char *name)
{
	w->pid = w->tid = w->tid + 1;
	put_fact(w, "process_name", json_pack("{s:s}", "name", name));
	put_fact(w, "process_sort_index", json_pack("{s:I}", "sort_index", (json_int_t)w->pid));
}

/* As in a kernel, no number is there twice: the thread of its process' number is the main one. */
static void put_thread(struct writer *w, const char *name)
{
	w->tid++;
	put_fact(w, "thread_name", json_pack("{s:s}", "name", name));
	put_fact(w, "thread_sort_index", json_pack("{s:I}", "sort_index", (json_int_t)w->tid));
}

/* Microseconds to the nanosecond, which a double of the time since 1970 could not hold. */
static json_t *microseconds(u64 ns)
{
	return json_real((double)ns / NSEC_PER_USEC);
}

static void put_slice(struct writer *w, const char *name, u64 from, u64 to, json_t *args)
{
	put(w, json_pack("{s:s,s:s,s:s,s:o,s:o,s:I,s:I,s:o}", "ph", "X", "cat", "situ", "name",
			 name, "ts", microseconds(ns_minus(from, w->first_ns)), "dur",
			 microseconds(to - from), "pid", (json_int_t)w->pid, "tid",
			 (json_int_t)w->tid, "args", args));
}

static json_t *server_args(const struct kept_span *span)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "cpu_ns", (json_int_t)span->cpu_ns, "runq_ns",
			 (json_int_t)span->runq_ns, "throttled_ns", (json_int_t)span->throttled_ns,
			 "disk_ns", (json_int_t)span->disk_ns);
}

/* A row: the call as its caller sees it, in it the server's part, in that the socket's queue. */
static void put_chrome_span(struct writer *w, size_t index)
{
	const struct kept_span *span = &w->trace->spans[index];
	u64 t[INSTANTS];

	instants_of(span, t);
	put_thread(w, span->server);
	if (has_half(span, KIND_CLIENT))
		put_slice(w, index ? "call" : w->trace->endpoint, t[CONNECTS], t[READ],
			  json_pack("{s:s,s:s}", "from", span->client, "to", span->server_addr));
	if (!has_half(span, KIND_SERVER))
		return;
	put_slice(w, span->server, t[ARRIVED], t[ANSWERED], server_args(span));
	if (t[BEGUN] > t[ARRIVED])
		put_slice(w, "socket queue", t[ARRIVED], t[BEGUN], json_object());
}

static void put_chrome(struct writer *w)
{
	struct buf title = buf_init(1 << 16);
	char took[UNITS_TEXT];
	u64 t[INSTANTS];
	size_t i;

	if (!w->trace->nr_spans)
		return;
	instants_of(&w->trace->spans[0], t);
	units_duration(took, sizeof(took), t[READ] - t[CONNECTS]);
	buf_printf(&title, "%s %s%s%s", w->trace->endpoint, took, *w->phase->placement ? ", " : "",
		   w->phase->placement);
	put_process(w, title.failed ? NULL : title.data);
	buf_free(&title);
	for (i = 0; i < w->trace->nr_spans; i++)
		put_chrome_span(w, i);
}

static void find_first(struct writer *w)
{
	u64 t[INSTANTS];
	size_t i;

	for (i = 0; i < w->trace->nr_spans; i++) {
		instants_of(&w->trace->spans[i], t);
		if (t[CONNECTS] && (!w->first_ns || t[CONNECTS] < w->first_ns))
			w->first_ns = t[CONNECTS];
	}
}

int export_chrome(const struct run *run, FILE *out, struct err *err)
{
	struct writer w = { .out = out, .run = run, .first = true };

	for_each_trace(&w, find_first);
	fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", out);
	for_each_trace(&w, put_chrome);
	fputs("\n]}\n", out);
	return finish(&w, err);
}
