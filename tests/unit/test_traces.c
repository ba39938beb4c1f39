// SPDX-License-Identifier: GPL-2.0-only
/* Kept traces in the formats of viewers: what their readers need holds, whatever the trace. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "user/export/export.h"
#include "tests/unit/random_run.h"

static json_t *export_with(int (*write)(const struct run *, FILE *, struct err *),
			   const struct run *run)
{
	struct err err = { 0 };
	json_error_t at;
	json_t *json;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(write(run, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &at);
	if (!json)
		fail_msg("%d: %s", at.line, at.text);
	free(text);
	return json;
}

/* web calls "cart", which calls an address. */
static void add_trace(struct run *run)
{
	struct phase *phase = run_add_phase(run, "packed", 2, "measure");
	struct kept_trace *trace = phase_add_trace(phase, "GET \"/\"", "lost");
	struct kept_span *span = kept_add_span(trace, "load", "web", "10.0.0.1:80");
	u64 t = 1790000000000000000ULL;

	run_set_text(&run->uuid, "7c9e6679-7425-40de-944b-e07fc1f90ae7");
	trace->weight = 5;
	span->sent_ns = t + 1001;
	span->connect_ns = 501;
	span->arrived_ns = t + 2000;
	span->begun_ns = t + 3000;
	span->answered_ns = t + 90000;
	span->returned_ns = t + 91000;
	span->read_ns = t + 92000;
	span->cpu_ns = 4000;
	span = kept_add_span(trace, "web", "10.0.0.9:5432", "10.0.0.9:5432");
	span->parent = 0;
	span->sent_ns = t + 10000;
	span->returned_ns = t + 20000;
	span->read_ns = t + 21000;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static json_t *otlp_span(json_t *document, size_t index, const char *service)
{
	json_t *resource = json_array_get(json_object_get(document, "resourceSpans"), index);
	json_t *attribute =
		json_array_get(json_object_get(json_object_get(resource, "resource"), "attributes"),
			       0);
	json_t *scope = json_array_get(json_object_get(resource, "scopeSpans"), 0);

	assert_string_equal(text_at(attribute, "key"), "service.name");
	assert_string_equal(text_at(json_object_get(attribute, "value"), "stringValue"), service);
	return json_array_get(json_object_get(scope, "spans"), 0);
}

static void otlp_has_what_jaeger_reads(void **state)
{
	struct run run = { 0 };
	json_t *document, *client, *server, *call;

	(void)state;
	add_trace(&run);
	document = export_with(export_otlp, &run);
	assert_int_equal(json_array_size(json_object_get(document, "resourceSpans")), 3);
	client = otlp_span(document, 0, "load");
	server = otlp_span(document, 1, "web");
	call = otlp_span(document, 2, "web");
	assert_int_equal(strlen(text_at(client, "traceId")), 32);
	assert_int_equal(strlen(text_at(client, "spanId")), 16);
	assert_string_equal(text_at(client, "parentSpanId"), "");
	assert_string_equal(text_at(client, "name"), "GET \"/\"");
	assert_string_equal(text_at(client, "startTimeUnixNano"), "1790000000000000500");
	assert_string_equal(text_at(client, "endTimeUnixNano"), "1790000000000092000");
	assert_int_equal(json_integer_value(json_object_get(client, "kind")), 3);
	assert_string_equal(text_at(server, "parentSpanId"), text_at(client, "spanId"));
	assert_string_equal(text_at(server, "startTimeUnixNano"), "1790000000000002000");
	assert_int_equal(json_integer_value(json_object_get(server, "kind")), 2);
	assert_string_equal(text_at(call, "parentSpanId"), text_at(server, "spanId"));
	assert_string_equal(text_at(call, "traceId"), text_at(client, "traceId"));
	assert_string_equal(text_at(call, "name"), "10.0.0.9:5432");
	json_decref(document);
	run_free(&run);
}

/* The value of @span's attribute @key; NULL if it has none. */
static const char *otlp_attribute(const json_t *span, const char *key)
{
	const json_t *attribute, *value;
	size_t i;

	json_array_foreach (json_object_get(span, "attributes"), i, attribute) {
		value = json_object_get(attribute, "value");
		if (strcmp(text_at(attribute, "key"), key) == 0)
			return text_at(value, json_object_get(value, "intValue") ? "intValue"
										 : "stringValue");
	}
	return NULL;
}

/* OpenTelemetry's semantic conventions: an address without a port, and a number. */
static void a_server_has_an_address_and_a_port(void **state)
{
	static const struct {
		const char *dialled, *address, *port;
	} cases[] = {
		{ "10.83.0.2:8080", "10.83.0.2", "8080" },
		{ "[fe80::1]:80", "fe80::1", "80" },
		{ "", NULL, NULL }, /* a unix-domain socket */
		{ "cart", "cart", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { 0 };
		struct phase *phase = run_add_phase(&run, "packed", 2, "measure");
		struct kept_trace *trace = phase_add_trace(phase, "GET /", "");
		json_t *document, *span;
		const char *address, *port;

		kept_add_span(trace, "load", "web", cases[i].dialled)->sent_ns = 1;
		document = export_with(export_otlp, &run);
		span = otlp_span(document, 0, "load");
		address = otlp_attribute(span, "server.address");
		port = otlp_attribute(span, "server.port");
		assert_int_equal(!address, !cases[i].address);
		assert_int_equal(!port, !cases[i].port);
		assert_true(!address || strcmp(address, cases[i].address) == 0);
		assert_true(!port || strcmp(port, cases[i].port) == 0);
		json_decref(document);
		run_free(&run);
	}
}

static void chrome_has_what_perfetto_reads(void **state)
{
	struct run run = { 0 };
	json_t *document, *events, *event;
	double from = -1, to = -1;
	size_t i;

	(void)state;
	add_trace(&run);
	document = export_with(export_chrome, &run);
	events = json_object_get(document, "traceEvents");
	assert_int_equal(json_array_size(events), 2 + 2 * 2 + 3 + 1);
	/* Slices of a row lie within each other, or Perfetto drops them. */
	json_array_foreach (events, i, event) {
		double ts = json_number_value(json_object_get(event, "ts"));
		double dur = json_number_value(json_object_get(event, "dur"));
		json_int_t tid = json_integer_value(json_object_get(event, "tid"));

		if (strcmp(text_at(event, "ph"), "X") != 0 || tid != 2)
			continue;
		assert_true(from < 0 || (ts >= from && ts + dur <= to + 1e-9));
		from = ts;
		to = ts + dur;
	}
	assert_true(from > 1.4 && from < 1.6); /* the socket's queue: us since the connect */
	json_decref(document);
	run_free(&run);
}

/* Microseconds since 1970 leave a double a quarter of one: so all count from the first instant. */
static void an_unknown_instant_is_not_the_first(void **state)
{
	struct run run = { 0 };
	json_t *document, *events, *event;
	size_t i;

	(void)state;
	add_trace(&run);
	kept_add_span(&run.phases[0].traces[0], "web", "lost", "10.0.0.9:80")->parent = 0;
	document = export_with(export_chrome, &run);
	events = json_object_get(document, "traceEvents");
	json_array_foreach (events, i, event) {
		if (strcmp(text_at(event, "ph"), "X") == 0)
			assert_true(json_number_value(json_object_get(event, "ts")) < 100);
	}
	assert_true(i > 0);
	json_decref(document);
	run_free(&run);
}

/* @digits of lower-case hexadecimal, not all of them 0. */
static void check_id(const char *text, size_t digits)
{
	assert_int_equal(strlen(text), digits);
	assert_int_equal(strspn(text, "0123456789abcdef"), digits);
	assert_true(strspn(text, "0") < digits);
}

/* A 64-bit number is a text of decimal digits: a double, as a number of JSON's is, has 53 bits. */
static u64 check_u64(const json_t *object, const char *key)
{
	const char *text = text_at(object, key);

	assert_true(*text && strlen(text) == strspn(text, "0123456789"));
	return strtoull(text, NULL, 10);
}

/* KeyValues: no key twice, and of a value's kinds exactly one. */
static void check_attributes(const json_t *list)
{
	json_t *attribute, *seen = json_object();
	size_t i;

	json_array_foreach (list, i, attribute) {
		const char *key = text_at(attribute, "key");
		const json_t *value = json_object_get(attribute, "value");

		assert_int_equal(json_object_size(attribute), 2);
		assert_null(json_object_get(seen, key));
		json_object_set_new(seen, key, json_true());
		assert_int_equal(json_object_size(value), 1);
		if (json_object_get(value, "intValue"))
			assert_true(check_u64(value, "intValue") <= INT64_MAX);
		else
			text_at(value, "stringValue");
	}
	assert_true(i > 0);
	json_decref(seen);
}

/* The one span of element @index of resourceSpans, whose wrapping is as the format has it. */
static json_t *unwrap(json_t *document, size_t index)
{
	json_t *resource = json_array_get(json_object_get(document, "resourceSpans"), index);
	json_t *scope = json_array_get(json_object_get(resource, "scopeSpans"), 0);

	assert_int_equal(json_object_size(resource), 2);
	assert_int_equal(json_array_size(json_object_get(resource, "scopeSpans")), 1);
	assert_int_equal(json_array_size(json_object_get(scope, "spans")), 1);
	assert_string_equal(text_at(json_object_get(scope, "scope"), "name"), "situ");
	check_attributes(json_object_get(json_object_get(resource, "resource"), "attributes"));
	return json_array_get(json_object_get(scope, "spans"), 0);
}

/* trace.proto and the JSON encoding of the OTLP specification, 1.x; returns how many spans. */
static size_t check_otlp(json_t *document)
{
	size_t i, nr = json_array_size(json_object_get(document, "resourceSpans"));
	json_t *seen = json_object();
	char key[64];

	assert_int_equal(json_object_size(document), 1);
	for (i = 0; i < nr; i++) {
		json_t *span = unwrap(document, i);
		const char *trace = text_at(span, "traceId"), *id = text_at(span, "spanId");
		const char *parent = text_at(span, "parentSpanId");
		json_int_t kind = json_integer_value(json_object_get(span, "kind"));

		assert_int_equal(json_object_size(span), 8);
		check_id(trace, 32);
		check_id(id, 16);
		assert_true(kind == 2 || kind == 3);
		text_at(span, "name");
		assert_true(check_u64(span, "startTimeUnixNano") <=
			    check_u64(span, "endTimeUnixNano"));
		check_attributes(json_object_get(span, "attributes"));
		/* A parent is a span of the same trace, which stands before its children. */
		snprintf(key, sizeof(key), "%s/%s", trace, parent);
		assert_true(!*parent || json_object_get(seen, key));
		snprintf(key, sizeof(key), "%s/%s", trace, id);
		assert_null(json_object_get(seen, key));
		json_object_set_new(seen, key, json_true());
	}
	json_decref(seen);
	return nr;
}

/* A name or a place of the process or the thread of @event, for later ones. */
static void take_fact(json_t *seen, const json_t *event)
{
	const char *what = text_at(event, "name");
	bool process = strncmp(what, "process_", 8) == 0;
	const json_t *args = json_object_get(event, "args");
	char key[64];

	assert_true(process || strncmp(what, "thread_", 7) == 0);
	what = strchr(what, '_');
	if (strcmp(what, "_name") == 0) {
		text_at(args, "name");
	} else {
		assert_string_equal(what, "_sort_index");
		assert_true(json_is_integer(json_object_get(args, "sort_index")));
	}
	snprintf(key, sizeof(key), "%lld%s",
		 (long long)json_integer_value(json_object_get(event, process ? "pid" : "tid")),
		 what);
	assert_null(json_object_get(seen, key)); /* no number of two processes or threads */
	json_object_set_new(seen, key, json_true());
}

static void check_slice(const json_t *named, const json_t *event)
{
	json_int_t pid = json_integer_value(json_object_get(event, "pid"));
	json_int_t tid = json_integer_value(json_object_get(event, "tid"));
	char key[64];

	assert_string_equal(text_at(event, "ph"), "X");
	text_at(event, "cat");
	text_at(event, "name");
	assert_true(json_is_number(json_object_get(event, "ts")));
	assert_true(json_is_number(json_object_get(event, "dur")));
	assert_true(json_number_value(json_object_get(event, "ts")) >= 0);
	assert_true(json_number_value(json_object_get(event, "dur")) >= 0);
	assert_true(json_is_object(json_object_get(event, "args")));
	assert_true(pid != tid);
	snprintf(key, sizeof(key), "%lld_sort_index", (long long)pid);
	assert_non_null(json_object_get(named, key));
	snprintf(key, sizeof(key), "%lld_sort_index", (long long)tid);
	assert_non_null(json_object_get(named, key));
}

/*
 * The slices of a row stand one behind the other, each within the one before it, in nanoseconds as
 * Perfetto rounds to: it cannot draw what overlaps. @row has the row's last slice so far.
 */
static void check_nesting(json_int_t row[3], const json_t *event)
{
	double ts = json_number_value(json_object_get(event, "ts"));
	double dur = json_number_value(json_object_get(event, "dur"));
	json_int_t tid = json_integer_value(json_object_get(event, "tid"));
	json_int_t from = llround(ts * 1000), to = from + llround(dur * 1000);

	assert_true(ts < 1e13); /* beyond, a double is too coarse */
	assert_true(row[0] != tid || (from >= row[1] && to <= row[2]));
	row[0] = tid;
	row[1] = from;
	row[2] = to;
}

/* The Trace Event Format: complete events in microseconds, metadata events with names. */
static size_t check_chrome(const json_t *document)
{
	const json_t *events = json_object_get(document, "traceEvents");
	json_t *named = json_object(), *event;
	json_int_t row[3] = { 0 };
	size_t i, slices = 0;

	assert_string_equal(text_at(document, "displayTimeUnit"), "ns");
	assert_true(json_is_array(events));
	json_array_foreach (events, i, event) {
		assert_true(json_integer_value(json_object_get(event, "pid")) > 0);
		assert_true(json_is_integer(json_object_get(event, "tid")));
		if (strcmp(text_at(event, "ph"), "M") == 0) {
			take_fact(named, event);
			row[0] = 0;
			continue;
		}
		check_slice(named, event);
		check_nesting(row, event);
		slices++;
	}
	json_decref(named);
	return slices;
}

/* Halves that were not measured, single instants that are not known, and texts at their limits. */
static void lose_some(struct kept_trace *trace, u64 *random)
{
	char name[4096];
	size_t i;

	memset(name, 'x', sizeof(name));
	for (i = random_u64(random) % 2; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa4", 2);
	name[sizeof(name) - 1] = '\0';
	run_set_text(&trace->endpoint, name);
	for (i = 0; i < trace->nr_spans; i++) {
		struct kept_span *span = &trace->spans[i];
		u64 *const at[] = { &span->sent_ns,	&span->arrived_ns,  &span->begun_ns,
				    &span->answered_ns, &span->returned_ns, &span->read_ns };
		size_t k;

		for (k = 0; k < ARRAY_SIZE(at); k++)
			*at[k] = random_u64(random) % 3 ? *at[k] : 0;
		if (random_u64(random) % 4 == 0)
			*at[0] = *at[4] = *at[5] = 0;
		if (random_u64(random) % 4 == 0)
			*at[1] = *at[2] = *at[3] = 0;
	}
}

static void each_document_is_as_its_format_says(void **state)
{
	u64 seed, random = 7;
	size_t i, k, spans = 0, slices = 0;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		struct run run = random_run(seed);
		json_t *otlp, *chrome;

		for (i = 0; i < run.nr_phases; i++) {
			for (k = 0; k < run.phases[i].nr_traces; k++)
				lose_some(&run.phases[i].traces[k], &random);
		}
		otlp = export_with(export_otlp, &run);
		chrome = export_with(export_chrome, &run);
		spans += check_otlp(otlp);
		slices += check_chrome(chrome);
		json_decref(otlp);
		json_decref(chrome);
		run_free(&run);
	}
	assert_true(spans > 500 && slices > 500);
}

static void any_trace_is_written(void **state)
{
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		struct run run = random_run(seed);
		json_t *otlp = export_with(export_otlp, &run);
		json_t *chrome = export_with(export_chrome, &run);

		/* The first trial does not count. */
		assert_int_equal(json_array_size(json_object_get(otlp, "resourceSpans")),
				 (run.nr_phases - 1) * 2 * 4 * 2);
		assert_true(json_array_size(json_object_get(chrome, "traceEvents")) >=
			    (run.nr_phases - 1) * 2 * (1 + 4 * 3));
		json_decref(otlp);
		json_decref(chrome);
		run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(otlp_has_what_jaeger_reads),
		cmocka_unit_test(a_server_has_an_address_and_a_port),
		cmocka_unit_test(chrome_has_what_perfetto_reads),
		cmocka_unit_test(an_unknown_instant_is_not_the_first),
		cmocka_unit_test(any_trace_is_written),
		cmocka_unit_test(each_document_is_as_its_format_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
