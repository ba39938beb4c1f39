// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON back into a run. The document may come from anybody: every member is checked for its type
 * and range, what this situ does not know is passed over.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/export/export.h"
#include "user/export/jsonhist.h"
#include "user/export/jsonread.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"

#define SELF_PREFIX  "self_"
#define PHASES_MAX   16384
#define PROFILES_MAX 1024 /* in one phase */
#define HOPS_MAX     4096 /* of one profile */
#define PLACES_MAX   4096 /* in one profile */

static int read_program(struct reader *r, json_t *object, void *to)
{
	const char *name = reader_text(r, object, "name");

	if (!name)
		return -1;
	return reader_metrics(r, object, ENTITY_PROGRAM, phase_add_program(to, name));
}

static int read_phase_metrics(struct reader *r, json_t *object, struct phase *phase)
{
	json_t *self = json_object_get(object, "self");
	size_t nr, skip = strlen(SELF_PREFIX);

	if (self && !json_is_null(self) && !json_is_object(self))
		return reader_bad(r, "self", "is not an object");
	for_each_metric (metric, ENTITY_PHASE, nr) {
		bool own = text_starts(metric->id, SELF_PREFIX);

		if (reader_metric(r, own ? self : object, metric->id + (own ? skip : 0), metric,
				  phase))
			return -1;
	}
	return reader_list(r, self, "programs", phase, read_program);
}

static int read_phase(struct reader *r, json_t *object, void *to)
{
	const char *placement = reader_text(r, object, "placement");
	const char *name = reader_text(r, object, "name");
	struct phase *phase;
	u64 trial = 0, attempt = 1;

	if (!placement || !name || reader_u64(r, object, "trial", UINT_MAX, &trial) ||
	    reader_u64(r, object, "attempt", UINT_MAX, &attempt))
		return -1;
	phase = run_add_phase(to, placement, (unsigned int)trial, name);
	if (!phase)
		return reader_no_memory(r);
	phase->attempt = (unsigned int)attempt;
	if (r->run->nr_phases > PHASES_MAX)
		return reader_bad(r, "phase", "is one of more than 16384");
	if (run_find_phase(r->run, phase->placement, phase->trial, phase->name, phase->attempt) !=
	    phase)
		return reader_bad(r, "phase", "is there twice");
	if (reader_set_text(r, object, "invalid", &phase->invalid) ||
	    reader_when(r, object, "started_at", &phase->started_at_ns) ||
	    reader_seconds(r, object, "duration_s", &phase->duration_ns))
		return -1;
	return read_phase_metrics(r, object, phase);
}

/* The phase that @object says it was measured in, or NULL with the error set. */
static struct phase *phase_of(struct reader *r, const json_t *object)
{
	const char *placement = reader_text(r, object, "placement");
	const char *name = reader_text(r, object, "phase");
	u64 trial = 0, attempt = 1;
	size_t i;

	if (!placement || !name || reader_u64(r, object, "trial", UINT_MAX, &trial) ||
	    reader_u64(r, object, "attempt", UINT_MAX, &attempt))
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
	reader_bad(r, "phase", "is not one of phases[]");
	return NULL;
}

static int read_disk(struct reader *r, json_t *object, void *to)
{
	const char *device = reader_text(r, object, "device"), *op = reader_text(r, object, "op");

	if (!device || !op)
		return -1;
	return reader_metrics(r, object, ENTITY_DISK, service_add_disk(to, device, op));
}

static int read_service(struct reader *r, json_t *object, void *to)
{
	const char *name = reader_text(r, object, "name"), *host = reader_text(r, object, "host");
	struct phase *phase = phase_of(r, object);
	struct service *service;
	(void)to;

	if (!name || !host || !phase)
		return -1;
	service = phase_add_service(phase, name, host);
	if (reader_metrics(r, object, ENTITY_SERVICE, service))
		return -1;
	return reader_list(r, object, "disk", service, read_disk);
}

static int read_edge(struct reader *r, json_t *object, void *to)
{
	const char *client = reader_text(r, object, "client"),
		   *server = reader_text(r, object, "server");
	const char *server_addr = reader_text(r, object, "server_addr");
	const char *client_host = reader_text(r, object, "client_host");
	const char *server_host = reader_text(r, object, "server_host");
	struct phase *phase = phase_of(r, object);
	(void)to;

	if (!client || !server || !server_addr || !client_host || !server_host || !phase)
		return -1;
	return reader_metrics(r, object, ENTITY_EDGE,
			      phase_add_edge(phase, client, server, server_addr, client_host,
					     server_host));
}

static int read_endpoint(struct reader *r, json_t *object, void *to)
{
	const char *name = reader_text(r, object, "name");
	struct phase *phase = phase_of(r, object);
	(void)to;

	if (!name || !phase)
		return -1;
	return reader_metrics(r, object, ENTITY_ENDPOINT, phase_add_endpoint(phase, name));
}

static int read_coverage(struct reader *r, json_t *object, void *to)
{
	const char *name = reader_text(r, object, "endpoint");
	struct phase *phase = phase_of(r, object);
	struct profile *profile;
	(void)to;

	if (!name || !phase)
		return -1;
	if (phase->nr_profiles == PROFILES_MAX)
		return reader_bad(r, "endpoint", "is one of more than 1024 in its phase");
	profile = phase_add_profile(phase, name);
	if (profile && phase_find_profile(phase, profile->endpoint) != profile)
		return reader_bad(r, "endpoint", "is there twice");
	return reader_metrics(r, object, ENTITY_COVERAGE, profile);
}

static int read_hop(struct reader *r, json_t *object, void *to)
{
	const char *endpoint = reader_text(r, object, "endpoint");
	const char *client = reader_text(r, object, "client");
	const char *server = reader_text(r, object, "server");
	const char *server_addr = reader_text(r, object, "server_addr");
	const json_t *entry = json_object_get(object, "entry");
	struct phase *phase = phase_of(r, object);
	struct profile *profile;
	size_t before;
	struct hop *hop;
	(void)to;

	if (!endpoint || !client || !server || !server_addr || !phase)
		return -1;
	if (!json_is_boolean(entry))
		return reader_bad(r, "entry", "is neither true nor false");
	profile = phase_find_profile(phase, endpoint);
	if (!profile)
		return reader_bad(r, "endpoint", "is not one of coverage[]");
	before = profile->nr_hops;
	if (before == HOPS_MAX)
		return reader_bad(r, "endpoint", "has more than 4096 hops");
	hop = profile_hop(profile, client, server, server_addr, json_is_true(entry));
	if (hop && profile->nr_hops == before)
		return reader_bad(r, "client", "is there twice with its server");
	return reader_metrics(r, object, ENTITY_HOP, hop);
}

/* ["web", "cart"] into the cleaned "web\ncart" in @path. */
static int read_path(struct reader *r, const json_t *list, struct buf *path)
{
	const json_t *name;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PLACES_MAX)
		return reader_bad(r, "path", "is not a list of names");
	json_array_foreach (list, i, name) {
		const char *text = json_string_value(name);

		if (!text)
			return reader_bad(r, "path", "holds something that is not a text");
		profile_path_add(path, text);
	}
	buf_puts(path, "");
	if (path->failed == -E2BIG)
		return reader_bad(r, "path", "is longer than a request can be followed");
	return path->failed ? reader_no_memory(r) : 0;
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
			return reader_bad(r, "slices", "has a time that is not [ns, sum_ns]");
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
		return reader_bad(r, "slices", "has one that is not [from, calls, times]");
	slice = place_slice(place, hist_index(from, HIST_CLIENT_SUB_BITS));
	if (!slice)
		return reader_no_memory(r);
	slice->calls += calls;
	return read_times(r, times, slice);
}

/* Of a place without one, that of all requests. */
static int read_scope(struct reader *r, const json_t *object, enum place_scope *scope)
{
	const json_t *member = json_object_get(object, "scope");
	const char *text = json_string_value(member);

	*scope = PLACE_ANY;
	if (!member)
		return 0;
	if (text && strcmp(text, "mean") == 0)
		*scope = PLACE_MEAN;
	else if (text && strcmp(text, "tail") == 0)
		*scope = PLACE_TAIL;
	else
		return reader_bad(r, "scope", "is neither mean nor tail");
	return 0;
}

static int read_place(struct reader *r, json_t *object, void *to)
{
	const json_t *slices = json_object_get(object, "slices"), *slice;
	struct buf path = buf_init(1 << 20);
	struct place *place = NULL;
	enum place_scope scope;
	size_t i;

	if (read_scope(r, object, &scope))
		return -1;
	if (!read_path(r, json_object_get(object, "path"), &path)) {
		place = profile_place_of(to, path.data, scope);
		if (!place)
			reader_no_memory(r);
	}
	buf_free(&path);
	if (!place)
		return -1;
	if (!json_is_array(slices))
		return reader_bad(r, "slices", "is not a list");
	json_array_foreach (slices, i, slice) {
		if (read_slice(r, slice, place))
			return -1;
	}
	return 0;
}

static int read_profile(struct reader *r, json_t *object, void *to)
{
	const char *name = reader_text(r, object, "endpoint");
	struct phase *phase = phase_of(r, object);
	struct profile *profile;
	(void)to;

	if (!name || !phase)
		return -1;
	profile = phase_find_profile(phase, name);
	if (!profile)
		return reader_bad(r, "endpoint", "is not one of coverage[]");
	/* Several elements may be of one profile. */
	if (json_array_size(json_object_get(object, "places")) + profile->nr_places > PLACES_MAX)
		return reader_bad(r, "places", "are more than 4096");
	return reader_list(r, object, "places", profile, read_place);
}

static int read_hosts(struct reader *r, const json_t *head)
{
	const json_t *hosts = json_object_get(head, "hosts"), *host;
	size_t i;

	if (hosts && !json_is_array(hosts))
		return reader_bad(r, "run.hosts", "is not a list");
	json_array_foreach (hosts, i, host) {
		if (!json_is_string(host))
			return reader_bad(r, "run.hosts", "holds something that is not a text");
		if (run_add_host(r->run, json_string_value(host)))
			return reader_no_memory(r);
	}
	return 0;
}

/* What it was measured with and by which experiment file, where the document tells. */
static int read_origin(struct reader *r, const json_t *head)
{
	struct run *run = r->run;
	const char *plan = reader_text(r, head, "plan");
	u64 trials = 0;

	if (!plan)
		return -1;
	if (run_set_file(&run->plan, plan))
		return reader_no_memory(r);
	if (reader_set_text(r, head, "uuid", &run->uuid) ||
	    reader_set_text(r, head, "situ_version", &run->situ_version) ||
	    reader_set_text(r, head, "cpus", &run->cpus) ||
	    reader_set_text(r, head, "clock_source", &run->clock_source) ||
	    reader_set_text(r, head, "plan_hash", &run->plan_hash) ||
	    reader_set_text(r, head, "workload_hash", &run->workload_hash) ||
	    reader_u64(r, head, "seed", INT64_MAX, &run->seed) ||
	    reader_u64(r, head, "trials", UINT_MAX, &trials))
		return -1;
	run->trials = (unsigned int)trials;
	return 0;
}

/* What a store can hold; one without any becomes an interrupted run. */
static int check_state(struct reader *r)
{
	static const char *const states[] = { "", "unfinished", "finished", "interrupted",
					      "failed" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (strcmp(r->run->state, states[i]) == 0)
			return 0;
	}
	return reader_bad(r, "state", "is not finished, interrupted, failed or unfinished");
}

static int read_head(struct reader *r, const json_t *root)
{
	const json_t *head = json_object_get(root, "run");
	struct run *run = r->run;

	if (!json_is_object(head))
		return reader_bad(r, "run", "is missing or not an object");
	if (read_hosts(r, head))
		return -1;
	snprintf(r->where, sizeof(r->where), "run");
	if (read_origin(r, head) || reader_u64(r, head, "id", INT64_MAX, &run->id) ||
	    reader_set_text(r, head, "name", &run->name) ||
	    reader_set_text(r, head, "state", &run->state) || check_state(r) ||
	    reader_set_text(r, head, "kernel", &run->kernel) ||
	    reader_when(r, head, "started_at", &run->started_at_ns) ||
	    reader_seconds(r, head, "duration_s", &run->duration_ns))
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
	       reader_list(r, root, "phases", r->run, read_phase) ||
	       reader_list(r, root, "services", NULL, read_service) ||
	       reader_list(r, root, "edges", NULL, read_edge) ||
	       reader_list(r, root, "endpoints", NULL, read_endpoint) ||
	       reader_list(r, root, "coverage", NULL, read_coverage) ||
	       reader_list(r, root, "hops", NULL, read_hop) ||
	       reader_list(r, root, "profiles", NULL, read_profile);
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
