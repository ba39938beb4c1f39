// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON back into a run. The document may come from anybody: every member is checked for its type
 * and range, what this situ does not know is passed over.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stdbool.h>

#include <jansson.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/export/export.h"
#include "user/export/jsonhist.h"
#include "user/export/when.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"

#define SELF_PREFIX  "self_"
#define LABELS_MAX   1024 /* different labels in one tally */
#define PROFILES_MAX 1024 /* in one phase */
#define PLACES_MAX   4096 /* in one profile */
#define SECONDS_MAX  1e10 /* 317 years: what fits into 64 bits of nanoseconds, and some to spare */

struct reader {
	struct run *run;
	struct err *err;
	char where[64];	   /* "services[3].disk[0]" */
	size_t last_phase; /* where the one looked for last was: elements come in their order */
};

/* "services[3].cpu_ns is not ...". Returns -1. */
static int bad(struct reader *r, const char *key, const char *what)
{
	return err_set(r->err, EXIT_USAGE, "%s%s%s %s: export the run again", r->where,
		       r->where[0] ? "." : "", key, what);
}

static int out_of_memory(struct reader *r)
{
	return err_set(r->err, EXIT_FAILED, "out of memory for the import: free some");
}

/* The text of member @key, "" without one; NULL, with the error set, when it is no text. */
static const char *text_of(struct reader *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return "";
	if (!json_is_string(value))
		bad(r, key, "is not a text");
	return json_string_value(value);
}

static int read_u64(struct reader *r, const json_t *object, const char *key, u64 max, u64 *to)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (u64_from_json(to, value) || *to > max)
		return bad(r, key, "is not a whole number in its range");
	return 0;
}

static int read_seconds(struct reader *r, const json_t *object, const char *key, u64 *ns)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_number_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_number(value) || !(seconds >= 0 && seconds <= SECONDS_MAX))
		return bad(r, key, "is not a duration in seconds");
	*ns = (u64)llround(seconds * NSEC_PER_SEC);
	return 0;
}

static int read_when(struct reader *r, const json_t *object, const char *key, u64 *real_ns)
{
	const char *text = text_of(r, object, key);

	if (!text)
		return -1;
	if (*text && when_parse(text, real_ns))
		return bad(r, key, "is not a time like 2026-02-03T04:05:06Z");
	return 0;
}

static int read_text(struct reader *r, const json_t *object, const char *key, char **to)
{
	const char *text = text_of(r, object, key);

	if (!text)
		return -1;
	return run_set_text(to, text) ? out_of_memory(r) : 0;
}

static int read_tally(struct reader *r, const char *key, json_t *value, struct tally *tally)
{
	const char *label;
	json_t *count;
	u64 number;

	if (!json_is_object(value) || json_object_size(value) > LABELS_MAX)
		return bad(r, key, "is not an object of at most 1024 counts");
	json_object_foreach (value, label, count) {
		if (u64_from_json(&number, count))
			return bad(r, key, "has a count that is not a whole number");
		if (tally_add(tally, label, number))
			return out_of_memory(r);
	}
	return 0;
}

static int read_hist(struct reader *r, const char *key, const json_t *value, struct hist *h)
{
	const char *wrong = hist_from_json(h, value);

	return wrong ? bad(r, key, wrong) : 0;
}

static int read_metric(struct reader *r, json_t *object, const char *key,
		       const struct metric *metric, void *to)
{
	json_t *value = json_object_get(object, key);
	bool unknown = json_is_null(value);

	if (!value || (unknown && metric->kind != METRIC_REAL))
		return 0;
	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		if (u64_from_json(metric_u64(metric, to), value))
			return bad(r, key, "is not a whole number");
		return 0;
	case METRIC_REAL:
		if (!unknown && !json_is_number(value))
			return bad(r, key, "is not a number");
		*metric_real(metric, to) = unknown ? NAN : json_number_value(value);
		return 0;
	case METRIC_HIST:
		return read_hist(r, key, value, metric_hist(metric, to));
	case METRIC_TALLY:
		return read_tally(r, key, value, metric_tally(metric, to));
	}
	return err_set(r->err, EXIT_FAILED, "metric %s has no kind: a bug", metric->id);
}

static int read_metrics(struct reader *r, json_t *object, enum metric_entity entity, void *to)
{
	size_t nr;

	if (!to)
		return out_of_memory(r);
	for_each_metric (metric, entity, nr) {
		if (read_metric(r, object, metric->id, metric, to))
			return -1;
	}
	return 0;
}

/* Runs @read on each element of the list @key of @object; none is an empty list. */
static int read_list(struct reader *r, json_t *object, const char *key, void *to,
		     int (*read)(struct reader *, json_t *, void *))
{
	json_t *list = json_object_get(object, key), *element;
	size_t i, base = strlen(r->where);

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return bad(r, key, "is not a list");
	json_array_foreach (list, i, element) {
		snprintf(r->where + base, sizeof(r->where) - base, "%s%s[%zu]", base ? "." : "",
			 key, i);
		if (!json_is_object(element))
			return err_set(r->err, EXIT_USAGE,
				       "%s is not an object: export the run again", r->where);
		if (read(r, element, to))
			return -1;
	}
	r->where[base] = '\0';
	return 0;
}

static int read_program(struct reader *r, json_t *object, void *to)
{
	const char *name = text_of(r, object, "name");

	if (!name)
		return -1;
	return read_metrics(r, object, ENTITY_PROGRAM, phase_add_program(to, name));
}

static int read_phase_metrics(struct reader *r, json_t *object, struct phase *phase)
{
	json_t *self = json_object_get(object, "self");
	size_t nr, skip = strlen(SELF_PREFIX);

	if (self && !json_is_null(self) && !json_is_object(self))
		return bad(r, "self", "is not an object");
	for_each_metric (metric, ENTITY_PHASE, nr) {
		bool own = text_starts(metric->id, SELF_PREFIX);

		if (read_metric(r, own ? self : object, metric->id + (own ? skip : 0), metric,
				phase))
			return -1;
	}
	return read_list(r, self, "programs", phase, read_program);
}

static int read_phase(struct reader *r, json_t *object, void *to)
{
	const char *placement = text_of(r, object, "placement");
	const char *name = text_of(r, object, "name");
	struct phase *phase;
	u64 trial = 0, attempt = 1;

	if (!placement || !name || read_u64(r, object, "trial", UINT_MAX, &trial) ||
	    read_u64(r, object, "attempt", UINT_MAX, &attempt))
		return -1;
	phase = run_add_phase(to, placement, (unsigned int)trial, name);
	if (!phase)
		return out_of_memory(r);
	phase->attempt = (unsigned int)attempt;
	if (read_text(r, object, "invalid", &phase->invalid) ||
	    read_when(r, object, "started_at", &phase->started_at_ns) ||
	    read_seconds(r, object, "duration_s", &phase->duration_ns))
		return -1;
	return read_phase_metrics(r, object, phase);
}

/* The phase that @object says it was measured in, or NULL with the error set. */
static struct phase *phase_of(struct reader *r, const json_t *object)
{
	const char *placement = text_of(r, object, "placement");
	const char *name = text_of(r, object, "phase");
	u64 trial = 0, attempt = 1;
	size_t i;

	if (!placement || !name || read_u64(r, object, "trial", UINT_MAX, &trial) ||
	    read_u64(r, object, "attempt", UINT_MAX, &attempt))
		return NULL;
	for (i = 0; i < r->run->nr_phases; i++) {
		size_t at = (r->last_phase + i) % r->run->nr_phases;
		struct phase *phase = &r->run->phases[at];

		if (phase->trial == trial && phase->attempt == attempt &&
		    strcmp(phase->placement, placement) == 0 && strcmp(phase->name, name) == 0) {
			r->last_phase = at;
			return phase;
		}
	}
	bad(r, "phase", "is not one of phases[]");
	return NULL;
}

static int read_disk(struct reader *r, json_t *object, void *to)
{
	const char *device = text_of(r, object, "device"), *op = text_of(r, object, "op");

	if (!device || !op)
		return -1;
	return read_metrics(r, object, ENTITY_DISK, service_add_disk(to, device, op));
}

static int read_service(struct reader *r, json_t *object, void *to)
{
	const char *name = text_of(r, object, "name"), *host = text_of(r, object, "host");
	struct phase *phase = phase_of(r, object);
	struct service *service;
	(void)to;

	if (!name || !host || !phase)
		return -1;
	service = phase_add_service(phase, name, host);
	if (read_metrics(r, object, ENTITY_SERVICE, service))
		return -1;
	return read_list(r, object, "disk", service, read_disk);
}

static int read_edge(struct reader *r, json_t *object, void *to)
{
	const char *client = text_of(r, object, "client"), *server = text_of(r, object, "server");
	const char *server_addr = text_of(r, object, "server_addr");
	const char *client_host = text_of(r, object, "client_host");
	const char *server_host = text_of(r, object, "server_host");
	struct phase *phase = phase_of(r, object);
	(void)to;

	if (!client || !server || !server_addr || !client_host || !server_host || !phase)
		return -1;
	return read_metrics(r, object, ENTITY_EDGE,
			    phase_add_edge(phase, client, server, server_addr, client_host,
					   server_host));
}

static int read_endpoint(struct reader *r, json_t *object, void *to)
{
	const char *name = text_of(r, object, "name");
	struct phase *phase = phase_of(r, object);
	(void)to;

	if (!name || !phase)
		return -1;
	return read_metrics(r, object, ENTITY_ENDPOINT, phase_add_endpoint(phase, name));
}

static int read_coverage(struct reader *r, json_t *object, void *to)
{
	const char *name = text_of(r, object, "endpoint");
	struct phase *phase = phase_of(r, object);
	(void)to;

	if (!name || !phase)
		return -1;
	if (phase->nr_profiles == PROFILES_MAX)
		return bad(r, "endpoint", "is one of more than 1024 in its phase");
	return read_metrics(r, object, ENTITY_COVERAGE, phase_add_profile(phase, name));
}

/* ["web", "cart"] into the cleaned "web\ncart" in @path. */
static int read_path(struct reader *r, const json_t *list, struct buf *path)
{
	const json_t *name;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PLACES_MAX)
		return bad(r, "path", "is not a list of names");
	json_array_foreach (list, i, name) {
		const char *text = json_string_value(name);

		if (!text)
			return bad(r, "path", "holds something that is not a text");
		profile_path_add(path, text);
	}
	buf_puts(path, "");
	if (path->failed == -E2BIG)
		return bad(r, "path", "is longer than a request can be followed");
	return path->failed ? out_of_memory(r) : 0;
}

static int read_times(struct reader *r, json_t *times, struct slice *slice)
{
	const char *id;
	json_t *pair;

	json_object_foreach (times, id, pair) {
		enum component c = component_find(id);
		u64 ns, sum_ns;

		if (u64_from_json(&ns, json_array_get(pair, 0)) ||
		    u64_from_json(&sum_ns, json_array_get(pair, 1)))
			return bad(r, "slices", "has a time that is not [ns, sum_ns]");
		if (c == COMPONENT_NR)
			continue;
		slice->ns[c] += ns;
		slice->sum_ns[c] += sum_ns;
	}
	return 0;
}

static int read_slice(struct reader *r, const json_t *object, struct place *place)
{
	json_t *times = json_array_get(object, 2);
	struct slice *slice;
	u64 from, calls;

	if (u64_from_json(&from, json_array_get(object, 0)) ||
	    u64_from_json(&calls, json_array_get(object, 1)) || !json_is_object(times))
		return bad(r, "slices", "has one that is not [from, calls, times]");
	slice = place_slice(place, hist_index(from, HIST_CLIENT_SUB_BITS));
	if (!slice)
		return out_of_memory(r);
	slice->calls += calls;
	return read_times(r, times, slice);
}

static int read_place(struct reader *r, json_t *object, void *to)
{
	const json_t *slices = json_object_get(object, "slices"), *slice;
	struct buf path = buf_init(1 << 20);
	struct place *place = NULL;
	size_t i;

	if (!read_path(r, json_object_get(object, "path"), &path)) {
		place = profile_place(to, path.data);
		if (!place)
			out_of_memory(r);
	}
	buf_free(&path);
	if (!place)
		return -1;
	if (!json_is_array(slices))
		return bad(r, "slices", "is not a list");
	json_array_foreach (slices, i, slice) {
		if (read_slice(r, slice, place))
			return -1;
	}
	return 0;
}

static int read_profile(struct reader *r, json_t *object, void *to)
{
	const char *name = text_of(r, object, "endpoint");
	struct phase *phase = phase_of(r, object);
	struct profile *profile;
	(void)to;

	if (!name || !phase)
		return -1;
	profile = phase_find_profile(phase, name);
	if (!profile)
		return bad(r, "endpoint", "is not one of coverage[]");
	/* Several elements may be of one profile. */
	if (json_array_size(json_object_get(object, "places")) + profile->nr_places > PLACES_MAX)
		return bad(r, "places", "are more than 4096");
	return read_list(r, object, "places", profile, read_place);
}

static int read_hosts(struct reader *r, const json_t *head)
{
	const json_t *hosts = json_object_get(head, "hosts"), *host;
	size_t i;

	if (hosts && !json_is_array(hosts))
		return bad(r, "run.hosts", "is not a list");
	json_array_foreach (hosts, i, host) {
		if (!json_is_string(host))
			return bad(r, "run.hosts", "holds something that is not a text");
		if (run_add_host(r->run, json_string_value(host)))
			return out_of_memory(r);
	}
	return 0;
}

/* What it was measured with and by which experiment file, where the document tells. */
static int read_origin(struct reader *r, const json_t *head)
{
	struct run *run = r->run;
	const char *plan = text_of(r, head, "plan");
	u64 trials = 0;

	if (!plan)
		return -1;
	if (run_set_file(&run->plan, plan))
		return out_of_memory(r);
	if (read_text(r, head, "uuid", &run->uuid) ||
	    read_text(r, head, "situ_version", &run->situ_version) ||
	    read_text(r, head, "cpus", &run->cpus) ||
	    read_text(r, head, "clock_source", &run->clock_source) ||
	    read_text(r, head, "plan_hash", &run->plan_hash) ||
	    read_text(r, head, "workload_hash", &run->workload_hash) ||
	    read_u64(r, head, "seed", INT64_MAX, &run->seed) ||
	    read_u64(r, head, "trials", UINT_MAX, &trials))
		return -1;
	run->trials = (unsigned int)trials;
	return 0;
}

static int read_head(struct reader *r, const json_t *root)
{
	const json_t *head = json_object_get(root, "run");
	struct run *run = r->run;

	if (!json_is_object(head))
		return bad(r, "run", "is missing or not an object");
	if (read_hosts(r, head))
		return -1;
	snprintf(r->where, sizeof(r->where), "run");
	if (read_origin(r, head) || read_u64(r, head, "id", INT64_MAX, &run->id) ||
	    read_text(r, head, "name", &run->name) || read_text(r, head, "state", &run->state) ||
	    read_text(r, head, "kernel", &run->kernel) ||
	    read_when(r, head, "started_at", &run->started_at_ns) ||
	    read_seconds(r, head, "duration_s", &run->duration_ns))
		return -1;
	r->where[0] = '\0';
	return 0;
}

static int check_schema(struct reader *r, const json_t *root)
{
	u64 schema;

	if (!json_is_object(root) || u64_from_json(&schema, json_object_get(root, "schema")) ||
	    schema < 1)
		return err_set(r->err, EXIT_USAGE,
			       "the document is not an export of situ: it has no schema number");
	if (schema > EXPORT_SCHEMA)
		return err_set(r->err, EXIT_USAGE,
			       "the document has schema %" PRIu64
			       ", this situ knows up to %d: use a newer situ",
			       schema, EXPORT_SCHEMA);
	return 0;
}

static int read_document(struct reader *r, json_t *root)
{
	return check_schema(r, root) || read_head(r, root) ||
	       read_list(r, root, "phases", r->run, read_phase) ||
	       read_list(r, root, "services", NULL, read_service) ||
	       read_list(r, root, "edges", NULL, read_edge) ||
	       read_list(r, root, "endpoints", NULL, read_endpoint) ||
	       read_list(r, root, "coverage", NULL, read_coverage) ||
	       read_list(r, root, "profiles", NULL, read_profile);
}

int import_json(const char *text, size_t len, struct run *run, struct err *err)
{
	struct reader r = { .run = run, .err = err };
	json_error_t at;
	json_t *root;
	int failed;

	if (len > IMPORT_MAX_BYTES)
		return err_set(err, EXIT_USAGE, "the document is above %d MiB: export fewer trials",
			       IMPORT_MAX_BYTES >> 20);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
	if (!root)
		return err_set(err, EXIT_USAGE, "line %d, column %d: %s: this is not valid JSON",
			       at.line, at.column, at.text);
	failed = read_document(&r, root);
	json_decref(root);
	if (!failed)
		return 0;
	run_free(run);
	return -1;
}
