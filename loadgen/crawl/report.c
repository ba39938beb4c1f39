// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>

#include "loadgen/crawl/report.h"
#include "loadgen/crawl/fate.h"

#define SCHEMA 1

const char *report_end(enum crawl_end end)
{
	static const char *const names[] = { "done", "pages", "time", "stopped" };

	return names[end];
}

static json_t *sources_of(const struct finding *f)
{
	json_t *list = json_array();
	unsigned int source;

	for (source = 0; list && source < SITE_SOURCES; source++) {
		if (f->sources & 1U << source)
			json_array_append_new(list, json_string(site_source_name(source)));
	}
	return list;
}

static json_t *status_of(int status)
{
	return status > 0 ? json_integer(status) : json_null();
}

static json_t *addresses_of(const struct finding *f)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < f->nr_instances; i++)
		json_array_append_new(list, json_pack("{ss so}", "target", f->instances[i].target,
						      "status", status_of(f->instances[i].status)));
	return list;
}

static json_t *endpoint_of(const struct finding *f, bool write_methods)
{
	enum fate fate = fate_of(f, write_methods);
	char why[120], status[32];

	fate_text(f, fate, why, sizeof(why));
	fate_status(f, status, sizeof(status));
	/* The name of a file that was given need not be UTF-8: what JSON cannot hold is null. */
	return json_pack("{ss ss so ss* ss sb ss ss so}", "method", f->method, "path", f->tmpl,
			 "sources", sources_of(f), "found_at", f->found_at, "status", status,
			 "used", fate == FATE_USED, "reason", fate_name(fate), "why", why,
			 "addresses", addresses_of(f));
}

static json_t *left_out(const struct site *site, const struct crawl_stats *stats,
			const struct emitted *emitted)
{
	return json_pack("{sI sI sI sI sI sI sI sI}", "other_origin",
			 (json_int_t)stats->other_origin, "too_deep", (json_int_t)stats->too_deep,
			 "not_urls", (json_int_t)stats->not_urls, "too_long",
			 (json_int_t)site->too_long, "too_many",
			 (json_int_t)(site->too_many + stats->dropped), "truncated_answers",
			 (json_int_t)stats->truncated, "har_other_origin",
			 (json_int_t)stats->har_elsewhere, "too_big", (json_int_t)emitted->too_big);
}

int report_json(const struct site *site, const struct crawl_stats *stats,
		const struct emitted *emitted, const char *url, const char *workload,
		bool write_methods, FILE *out)
{
	json_t *endpoints = json_array(), *document;
	size_t i;
	int status = -ENOMEM;

	for (i = 0; endpoints && i < site->nr; i++)
		json_array_append_new(endpoints, endpoint_of(&site->findings[i], write_methods));
	document = json_pack("{si ss ss ss? ss sI sI sI sI sI sb so so}", "schema", SCHEMA,
			     "situ_version", SITU_VERSION, "url", url, "workload", workload, "end",
			     report_end(stats->end), "elapsed_ns", (json_int_t)stats->elapsed_ns,
			     "requests", (json_int_t)stats->asked, "no_answer",
			     (json_int_t)stats->no_answer, "workload_endpoints",
			     (json_int_t)emitted->endpoints, "workload_variables",
			     (json_int_t)emitted->variables, "fallback", stats->fallback,
			     "left_out", left_out(site, stats, emitted), "endpoints", endpoints);
	if (document && json_array_size(json_object_get(document, "endpoints")) == site->nr)
		status = json_dumpf(document, out, JSON_INDENT(2)) || fputc('\n', out) == EOF ? -EIO
											      : 0;
	json_decref(document);
	return status;
}
