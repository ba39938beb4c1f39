// SPDX-License-Identifier: GPL-2.0-only
/* Kept traces in the formats of viewers: what their readers need holds, whatever the trace. */
#include "tests/unit/unit.h"

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
	assert_int_equal(json_array_size(events), 3 + 3 + 1);
	/* Slices of a row lie within each other, or Perfetto drops them. */
	json_array_foreach (events, i, event) {
		double ts = json_number_value(json_object_get(event, "ts"));
		double dur = json_number_value(json_object_get(event, "dur"));
		json_int_t tid = json_integer_value(json_object_get(event, "tid"));

		if (strcmp(text_at(event, "ph"), "X") != 0 || tid != 1)
			continue;
		assert_true(from < 0 || (ts >= from && ts + dur <= to + 1e-9));
		from = ts;
		to = ts + dur;
	}
	assert_true(from > 1.4 && from < 1.6); /* the socket's queue: us since the connect */
	json_decref(document);
	run_free(&run);
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
		cmocka_unit_test(chrome_has_what_perfetto_reads),
		cmocka_unit_test(any_trace_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
