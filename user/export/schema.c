// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON Schema of an export, made of the metric table as the export itself is, so that neither
 * can have a member that the other lacks. Other members are allowed: fields are added over time.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/export/export.h"
#include "user/export/jsonhist.h"
#include "user/model/metrics.h"

#define DIALECT	    "https://json-schema.org/draft/2020-12/schema"
#define SELF_PREFIX "self_"

/* What a member of an object may be, as JSON text, and why it is there. */
struct member {
	const char *name, *schema, *description;
};

#define TEXT	 "{\"type\": \"string\"}"
#define COUNT	 "{\"type\": \"integer\", \"minimum\": 0}"
#define ORDINAL	 "{\"type\": \"integer\", \"minimum\": 1}"
#define NS	 "{\"type\": [\"integer\", \"null\"], \"minimum\": 0}"
#define NUMBER	 "{\"type\": [\"number\", \"null\"]}"
#define DURATION "{\"type\": \"number\", \"minimum\": 0}"
#define WHEN	 "{\"type\": [\"string\", \"null\"], \"format\": \"date-time\"}"
#define LIST(of) "{\"type\": \"array\", \"items\": " of "}"
#define REF(def) "{\"$ref\": \"#/$defs/" def "\"}"

static const struct member hist[] = {
	{ "sub_bits", "{\"type\": [\"integer\", \"null\"], \"minimum\": 0, \"maximum\": 6}",
	  "each octave has 2^sub_bits buckets; null without buckets" },
	{ "count", COUNT, "values" },
	{ "sum", COUNT, "of all values, in nanoseconds" },
	{ "min", NS, "null when unknown, as the figures below" },
	{ "max", NS, NULL },
	{ "buckets",
	  "{\"type\": [\"array\", \"null\"], \"items\": {\"type\": \"array\", \"minItems\": 2, "
	  "\"maxItems\": 2, \"items\": " NS "}}",
	  "[upper bound, count] of each bucket in use, in order; the last bound may be null: open" },
};

static const struct member phase_key[] = {
	{ "placement", TEXT, "empty when the run has no placements" },
	{ "trial", COUNT, "block of the experiment, from 1" },
	{ "attempt", ORDINAL, "above 1 for a trial that was repeated" },
};

static const struct member in_phase[] = { { "phase", TEXT, "name of its phase" } };

static const struct member run[] = {
	{ "id", COUNT, "in the store it was exported from" },
	{ "uuid", TEXT, "the same in every store" },
	{ "name", TEXT, NULL },
	{ "state", "{\"enum\": [\"unfinished\", \"finished\", \"interrupted\", \"failed\", \"\"]}",
	  NULL },
	{ "started_at", WHEN, NULL },
	{ "duration_s", DURATION, NULL },
	{ "kernel", TEXT, "uname -r" },
	{ "situ_version", TEXT, "that measured it" },
	{ "cpus", TEXT, NULL },
	{ "clock_source", TEXT, NULL },
	{ "plan", TEXT, "the experiment file" },
	{ "plan_hash", TEXT, "SHA-256 of plan" },
	{ "workload_hash", TEXT, "SHA-256 of all workload files, one behind the other" },
	{ "seed", COUNT, "of the order of placements" },
	{ "trials", COUNT, "of each placement that were asked for" },
	{ "hosts", LIST(TEXT), NULL },
};

static const struct member phase[] = {
	{ "name", TEXT, NULL },
	{ "invalid", TEXT, "why the trial does not count; empty: it does" },
	{ "started_at", WHEN, NULL },
	{ "duration_s", DURATION, NULL },
};

static const struct member service[] = {
	{ "name", TEXT, NULL },
	{ "host", TEXT, NULL },
	{ "disk", LIST(REF("disk")), "what it read and wrote" },
};

static const struct member disk[] = { { "device", TEXT, NULL }, { "op", TEXT, NULL } };

static const struct member edge[] = {
	{ "client", TEXT, "service, or the peer's address when it was not measured here" },
	{ "server", TEXT, NULL },
	{ "server_addr", TEXT, "as the client dialled it" },
	{ "client_host", TEXT, NULL },
	{ "server_host", TEXT, NULL },
};

#define PATH LIST(TEXT)

static const struct member attribution[] = {
	{ "endpoint", TEXT,
	  "the load's, or \"all\" of them; else the entry edge: client -> server" },
	{ "band", "{\"enum\": [\"all\", \"p90\", \"p99\"]}",
	  "all requests, the slowest tenth, the slowest hundredth" },
	{ "path", PATH, "services from the entry on; empty: the client" },
};

static const struct member coverage[] = { { "endpoint", TEXT, NULL } };

static const struct member hop[] = {
	{ "endpoint", TEXT, "of the requests that the calls are made for" },
	{ "client", TEXT, "service; (remote) when it was not measured here" },
	{ "server", TEXT, "service, or the address when it was not measured here" },
	{ "server_addr", TEXT, "as the client dialled it; empty: over a unix-domain socket" },
	{ "entry", "{\"type\": \"boolean\"}", "the calls are the requests themselves" },
};

static const struct member profile[] = {
	{ "endpoint", TEXT, NULL },
	{ "places",
	  "{\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"path\", "
	  "\"slices\"], \"properties\": {\"path\": " PATH ", \"scope\": "
	  "{\"enum\": [\"mean\", \"tail\"]}, \"slices\": {\"type\": \"array\", "
	  "\"items\": {\"type\": \"array\", \"minItems\": 3, \"maxItems\": 3, \"prefixItems\": [" COUNT
	  ", " COUNT ", {\"type\": \"object\"}]}}}}}",
	  "the sums that attribution is made of: of each path, slices [lower bound of the "
	  "requests' latency in ns, calls, {component: [ns, sum_ns]}]; with a scope, only of band "
	  "all (whatever the latency), or of all others" },
};

static const struct member named[] = { { "name", TEXT, NULL } };
static const struct member self[] = { { "programs", LIST(REF("program")), "BPF programs" } };

static const struct member document[] = {
	{ "schema", "{\"const\": 1}", "fields are added, never renamed" },
	{ "situ_version", TEXT, "that wrote the document" },
	{ "run", REF("run"), NULL },
	{ "phases", LIST(REF("phase")), NULL },
	{ "services", LIST(REF("service")), NULL },
	{ "edges", LIST(REF("edge")), NULL },
	{ "endpoints", LIST(REF("endpoint")), NULL },
	{ "attribution", LIST(REF("attribution")), "where the time of requests went" },
	{ "coverage", LIST(REF("coverage")), "how much of it is known" },
	{ "hops", LIST(REF("hop")),
	  "sums over all calls of each endpoint and edge, made in the kernel, beside what the traces "
	  "make of them" },
	{ "profiles", LIST(REF("profile")), NULL },
};

/* What "situ load" alone has: the member "load" of the document. */
static const struct member load[] = {
	{ "due_rate", NUMBER, "requests/s by the schedule; null in a closed loop" },
	{ "sent_rate", NUMBER, "requests/s that were begun" },
	{ "send_lag_p99_ns", NS, "from when a request was due to when it went out" },
	{ "cpu_share", NUMBER, "of a CPU: what the busiest thread took for the load" },
	{ "polling_share", NUMBER, "of a CPU: what a thread took besides to be awake on time" },
	{ "wait_share", NUMBER, "of the time: what a thread was ready without a CPU" },
	{ "steal_share", NUMBER, "of all CPUs: what the machine's host took; null when unknown" },
	{ "backlog_max", COUNT, "requests that were due and waited for a connection" },
	{ "not_sent", COUNT, "requests that were due and never begun" },
	{ "findings", LIST(TEXT), "what speaks against the result; empty: nothing" },
	{ "thresholds",
	  LIST("{\"type\": \"object\", \"required\": [\"goal\", \"value\", \"met\"], "
	       "\"properties\": {\"goal\": " TEXT ", \"value\": " NUMBER
	       ", \"met\": {\"type\": \"boolean\"}}}"),
	  "the goals asked for, with what was reached: ns, requests, a share or requests/s" },
	{ "sessions",
	  "{\"type\": \"object\", \"required\": [\"begun\", \"finished\", \"failed\"], "
	  "\"properties\": {\"begun\": " COUNT ", \"finished\": " COUNT ", \"failed\": " COUNT "}}",
	  NULL },
	{ "first_failure", TEXT, "what was said of it; empty without one" },
};

/* Adds @members to @object, an object's schema, and requires each. 0 or -1. */
static int add_members(json_t *object, const struct member *members, size_t nr)
{
	json_t *properties = json_object_get(object, "properties");
	json_t *required = json_object_get(object, "required");
	size_t i;

	for (i = 0; i < nr; i++) {
		json_t *value = json_loads(members[i].schema, 0, NULL);

		if (members[i].description && value &&
		    json_object_set_new(value, "description",
					json_string(members[i].description))) {
			json_decref(value);
			return -1;
		}
		if (json_object_set_new(properties, members[i].name, value) ||
		    json_array_append_new(required, json_string(members[i].name)))
			return -1;
	}
	return 0;
}

static const char *schema_of(const struct metric *metric)
{
	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		return COUNT;
	case METRIC_REAL:
		return NUMBER;
	case METRIC_HIST:
		return REF("hist");
	case METRIC_TALLY:
		return REF("tally");
	}
	return "true";
}

/*
 * Adds the metrics of @entity whose ids start with @prefix, without it; those of a phase that
 * start with SELF_PREFIX only when that is asked for.
 */
static int add_metrics(json_t *object, enum metric_entity entity, const char *prefix)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		char text[1024];
		struct member member = { metric->id + strlen(prefix), schema_of(metric), text };

		if (!text_starts(metric->id, prefix) ||
		    (entity == ENTITY_PHASE && !*prefix && text_starts(metric->id, SELF_PREFIX)))
			continue;
		snprintf(text, sizeof(text), "%s [%s; %s]", metric->definition, metric->unit,
			 metric->error);
		if (add_members(object, &member, 1))
			return -1;
	}
	return 0;
}

/* An object's schema without members; the caller's. */
static json_t *new_object(void)
{
	return json_pack("{ss so so}", "type", "object", "properties", json_object(), "required",
			 json_array());
}

/* Adds the schema of a new object to @defs as @name and returns it, borrowed; NULL without memory.
 */
static json_t *define(json_t *defs, const char *name)
{
	json_t *object = new_object();

	return json_object_set_new(defs, name, object) ? NULL : object;
}

static int define_entity(json_t *defs, enum metric_entity entity, const struct member *members,
			 size_t nr, bool has_phase)
{
	json_t *object = define(defs, entity_name(entity));

	if (!object || add_members(object, members, nr) || add_metrics(object, entity, ""))
		return -1;
	if (!has_phase)
		return 0;
	return add_members(object, phase_key, ARRAY_SIZE(phase_key)) ||
	       add_members(object, in_phase, ARRAY_SIZE(in_phase));
}

static int define_hist(json_t *defs)
{
	json_t *object = define(defs, "hist");
	size_t i;

	if (!object || add_members(object, hist, ARRAY_SIZE(hist)))
		return -1;
	for (i = 0; i < EXPORT_QUANTILES; i++) {
		const struct member member = { export_quantiles[i].name, NS, NULL };

		if (add_members(object, &member, 1))
			return -1;
	}
	return json_object_set_new(defs, "tally",
				   json_pack("{ss s{ss si} ss}", "type", "object",
					     "additionalProperties", "type", "integer", "minimum",
					     0, "description", "label: count"));
}

static int define_phase(json_t *defs)
{
	static const struct member own[] = { { "self", REF("self"), "what situ itself took" } };
	json_t *object = define(defs, "self");

	if (!object || add_metrics(object, ENTITY_PHASE, SELF_PREFIX) ||
	    add_members(object, self, ARRAY_SIZE(self)))
		return -1;
	object = define(defs, "phase");
	return !object || add_members(object, phase_key, ARRAY_SIZE(phase_key)) ||
	       add_members(object, phase, ARRAY_SIZE(phase)) ||
	       add_metrics(object, ENTITY_PHASE, "") || add_members(object, own, ARRAY_SIZE(own));
}

/* Where a request's time went; the components by name, with what they mean. */
static int define_attribution(json_t *defs)
{
	json_t *object, *known = json_array(), *property;
	struct buf text = buf_init(1 << 16);
	enum component c;
	int failed = 0;

	for (c = 0; c < COMPONENT_NR; c++) {
		const struct component_info *info = component_info(c);

		failed |= json_array_append_new(known, json_string(info->id));
		failed |= buf_printf(&text, "%s%s: %s [%s]", c ? "; " : "", info->id,
				     info->definition, info->error);
	}
	failed |= define_entity(defs, ENTITY_ATTRIBUTION, attribution, ARRAY_SIZE(attribution),
				true) ||
		  define_entity(defs, ENTITY_COVERAGE, coverage, ARRAY_SIZE(coverage), true) ||
		  define_entity(defs, ENTITY_HOP, hop, ARRAY_SIZE(hop), true);
	property = json_pack("{s:O,s:s}", "enum", known, "description", text.data);
	object = json_object_get(defs, "attribution");
	failed |=
		json_object_set_new(json_object_get(object, "properties"), "component", property) ||
		json_array_append_new(json_object_get(object, "required"),
				      json_string("component"));
	json_decref(known);
	buf_free(&text);
	object = failed ? NULL : define(defs, "profile");
	return !object || add_members(object, profile, ARRAY_SIZE(profile)) ||
	       add_members(object, phase_key, ARRAY_SIZE(phase_key)) ||
	       add_members(object, in_phase, ARRAY_SIZE(in_phase));
}

static int define_load(json_t *defs)
{
	json_t *object = define(defs, "load");

	return !object || add_members(object, load, ARRAY_SIZE(load));
}

static int define_all(json_t *defs)
{
	json_t *object = define(defs, "run");

	return !object || add_members(object, run, ARRAY_SIZE(run)) || define_hist(defs) ||
	       define_phase(defs) || define_load(defs) ||
	       define_entity(defs, ENTITY_SERVICE, service, ARRAY_SIZE(service), true) ||
	       define_entity(defs, ENTITY_DISK, disk, ARRAY_SIZE(disk), false) ||
	       define_entity(defs, ENTITY_EDGE, edge, ARRAY_SIZE(edge), true) ||
	       define_entity(defs, ENTITY_ENDPOINT, named, ARRAY_SIZE(named), true) ||
	       define_attribution(defs) ||
	       define_entity(defs, ENTITY_PROGRAM, named, ARRAY_SIZE(named), false);
}

static int fill(json_t *root)
{
	static const struct member own[] = { { "self", REF("self"),
					       "sums over all phases, of sizes the largest" } };
	json_t *defs = json_object();

	if (json_object_set_new(root, "$defs", defs))
		return -1;
	/* Other commands do not write it: it is not required. */
	if (json_object_set_new(json_object_get(root, "properties"), "load",
				json_loads(REF("load"), 0, NULL)))
		return -1;
	return add_members(root, document, ARRAY_SIZE(document)) ||
	       add_metrics(root, ENTITY_PHASE, "") || add_members(root, own, ARRAY_SIZE(own)) ||
	       define_all(defs);
}

int export_schema(FILE *out, struct err *err)
{
	json_t *root = new_object();
	int failed = !root || json_object_set_new(root, "$schema", json_string(DIALECT)) ||
		     json_object_set_new(root, "title", json_string("A run of situ")) || fill(root);

	if (failed) {
		err_set(err, EXIT_FAILED, "out of memory for the schema: free some");
	} else if (json_dumpf(root, out, JSON_INDENT(1)) || fputc('\n', out) == EOF ||
		   fflush(out) != 0) {
		failed = err_set(err, EXIT_FAILED, "cannot write the schema: %s: is the disk full?",
				 strerror(errno));
	}
	json_decref(root);
	return failed ? -1 : 0;
}
