// SPDX-License-Identifier: GPL-2.0-only
/*
 * The document is written element by element (one service, edge or endpoint a line), so that its
 * size never has to fit into memory twice.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <stdbool.h>

#include <jansson.h>

#include "user/base/text.h"
#include "user/export/export.h"
#include "user/export/jsonhist.h"
#include "user/export/when.h"
#include "user/model/metrics.h"

/* The phase's metrics of situ itself go into the object "self", without this. */
#define SELF_PREFIX "self_"

struct writer {
	FILE *out;
	struct err *err;
	bool first; /* in the list that is open */
};

static int out_of_memory(struct writer *w)
{
	return err_set(w->err, EXIT_FAILED, "out of memory for the export: free some");
}

static int set(struct writer *w, json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? out_of_memory(w) : 0;
}

static int set_u64(struct writer *w, json_t *object, const char *key, u64 value)
{
	if (value > INT64_MAX)
		return err_set(w->err, EXIT_FAILED,
			       "%s is %" PRIu64 ", more than an export can hold: please report it",
			       key, value);
	return set(w, object, key, u64_to_json(value));
}

static int set_text(struct writer *w, json_t *object, const char *key, const char *text)
{
	return set(w, object, key, json_string(text ? text : ""));
}

static int set_when(struct writer *w, json_t *object, const char *key, u64 real_ns)
{
	char text[WHEN_TEXT];

	return set(w, object, key, real_ns ? json_string(when_format(text, real_ns)) : json_null());
}

static int set_seconds(struct writer *w, json_t *object, const char *key, u64 ns)
{
	return set(w, object, key, json_real((double)ns / NSEC_PER_SEC));
}

static int set_tally(struct writer *w, json_t *object, const char *key, const struct tally *tally)
{
	json_t *counts = json_object();
	int failed = set(w, object, key, counts);
	size_t i;

	for (i = 0; i < tally->nr && !failed; i++)
		failed = set_u64(w, counts, tally->item[i].label, tally->item[i].count);
	return failed;
}

static int set_hist(struct writer *w, json_t *object, const char *key, const struct hist *h)
{
	json_t *value = hist_to_json(h);

	if (!value)
		return err_set(w->err, EXIT_FAILED,
			       "%s does not fit into an export: free memory, or report it", key);
	return set(w, object, key, value);
}

static int set_metric(struct writer *w, json_t *object, const char *key,
		      const struct metric *metric, const void *source)
{
	double real;

	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		return set_u64(w, object, key, *metric_u64(metric, source));
	case METRIC_REAL:
		real = *metric_real(metric, source);
		return set(w, object, key, isfinite(real) ? json_real(real) : json_null());
	case METRIC_HIST:
		return set_hist(w, object, key, metric_hist(metric, source));
	case METRIC_TALLY:
		return set_tally(w, object, key, metric_tally(metric, source));
	}
	return err_set(w->err, EXIT_FAILED, "metric %s has no kind: a bug", metric->id);
}

static int set_metrics(struct writer *w, json_t *object, enum metric_entity entity,
		       const void *source)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		if (set_metric(w, object, metric->id, metric, source))
			return -1;
	}
	return 0;
}

static int set_phase_key(struct writer *w, json_t *object, const struct phase *phase,
			 const char *name_key)
{
	return set_text(w, object, "placement", phase->placement) ||
	       set_u64(w, object, "trial", phase->trial) ||
	       set_u64(w, object, "attempt", phase->attempt) ||
	       set_text(w, object, name_key, phase->name);
}

static int set_programs(struct writer *w, json_t *self, const struct phase *phase)
{
	json_t *programs = json_array(), *program;
	int failed = set(w, self, "programs", programs);
	size_t i;

	for (i = 0; i < phase->nr_programs && !failed; i++) {
		program = json_object();
		failed = json_array_append_new(programs, program) ? out_of_memory(w) : 0;
		if (!failed)
			failed = set_text(w, program, "name", phase->programs[i].name) ||
				 set_metrics(w, program, ENTITY_PROGRAM, &phase->programs[i]);
	}
	return failed;
}

/* The metrics of @phase itself: those of situ into "self", the others beside it. */
static int set_phase_metrics(struct writer *w, json_t *object, const struct phase *phase)
{
	size_t nr, skip = strlen(SELF_PREFIX);
	json_t *self = json_object();
	int failed = 0;

	for_each_metric (metric, ENTITY_PHASE, nr) {
		if (failed)
			break;
		failed = text_starts(metric->id, SELF_PREFIX)
				 ? set_metric(w, self, metric->id + skip, metric, phase)
				 : set_metric(w, object, metric->id, metric, phase);
	}
	failed = failed || set_programs(w, self, phase);
	if (!failed)
		return set(w, object, "self", self);
	json_decref(self);
	return -1;
}

/* Writes @object, which it frees. */
static int put(struct writer *w, json_t *object)
{
	int failed = json_dumpf(object, w->out, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(object);
	/* A value that cannot be dumped would be a bug; a stream that fails is found at the end. */
	if (failed && !ferror(w->out))
		return out_of_memory(w);
	return 0;
}

static void open_list(struct writer *w, const char *name)
{
	fprintf(w->out, ",\n\"%s\": [", name);
	w->first = true;
}

static void close_list(struct writer *w)
{
	fputs(w->first ? "]" : "\n]", w->out);
}

/* Writes the list's next element @object, which it frees, unless filling it has @failed. */
static int put_element(struct writer *w, json_t *object, int failed)
{
	if (failed) {
		json_decref(object);
		return -1;
	}
	fputs(w->first ? "\n" : ",\n", w->out);
	w->first = false;
	return put(w, object);
}

static int put_phase(struct writer *w, const struct phase *phase)
{
	json_t *o = json_object();

	return put_element(w, o,
			   set_phase_key(w, o, phase, "name") ||
				   set_text(w, o, "invalid", phase->invalid) ||
				   set_when(w, o, "started_at", phase->started_at_ns) ||
				   set_seconds(w, o, "duration_s", phase->duration_ns) ||
				   set_phase_metrics(w, o, phase));
}

static int set_disks(struct writer *w, json_t *object, const struct service *service)
{
	json_t *disks = json_array(), *o;
	int failed = set(w, object, "disk", disks);
	size_t i;

	for (i = 0; i < service->nr_disks && !failed; i++) {
		const struct disk *disk = &service->disks[i];

		o = json_object();
		failed = json_array_append_new(disks, o) ? out_of_memory(w) : 0;
		if (!failed)
			failed = set_text(w, o, "device", disk->device) ||
				 set_text(w, o, "op", disk->op) ||
				 set_metrics(w, o, ENTITY_DISK, disk);
	}
	return failed;
}

static int put_services(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < phase->nr_services && !failed; i++) {
		const struct service *service = &phase->services[i];
		json_t *o = json_object();

		failed = put_element(w, o,
				     set_text(w, o, "name", service->name) ||
					     set_text(w, o, "host", service->host) ||
					     set_phase_key(w, o, phase, "phase") ||
					     set_metrics(w, o, ENTITY_SERVICE, service) ||
					     set_disks(w, o, service));
	}
	return failed;
}

static int put_edges(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < phase->nr_edges && !failed; i++) {
		const struct edge *edge = &phase->edges[i];
		json_t *o = json_object();

		failed = put_element(w, o,
				     set_text(w, o, "client", edge->client) ||
					     set_text(w, o, "server", edge->server) ||
					     set_text(w, o, "server_addr", edge->server_addr) ||
					     set_text(w, o, "client_host", edge->client_host) ||
					     set_text(w, o, "server_host", edge->server_host) ||
					     set_phase_key(w, o, phase, "phase") ||
					     set_metrics(w, o, ENTITY_EDGE, edge));
	}
	return failed;
}

static int put_endpoints(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < phase->nr_endpoints && !failed; i++) {
		const struct endpoint *endpoint = &phase->endpoints[i];
		json_t *o = json_object();

		failed = put_element(w, o,
				     set_text(w, o, "name", endpoint->name) ||
					     set_phase_key(w, o, phase, "phase") ||
					     set_metrics(w, o, ENTITY_ENDPOINT, endpoint));
	}
	return failed;
}

static int put_list(struct writer *w, const struct run *run, const char *name,
		    int (*put_one)(struct writer *, const struct phase *))
{
	int failed = 0;
	size_t i;

	open_list(w, name);
	for (i = 0; i < run->nr_phases && !failed; i++)
		failed = put_one(w, &run->phases[i]);
	close_list(w);
	return failed;
}

static struct program *total_program(struct phase *total, const char *name)
{
	size_t i;

	for (i = 0; i < total->nr_programs; i++) {
		if (strcmp(total->programs[i].name, name) == 0)
			return &total->programs[i];
	}
	return phase_add_program(total, name);
}

/* Adds @phase's own metrics to @total's; of a gauge, which does not add up, the largest stays. */
static int add_phase(struct phase *total, const struct phase *phase)
{
	struct phase before = *total;
	struct program *program;
	size_t nr, i;

	if (metrics_add(ENTITY_PHASE, total, phase))
		return -1;
	for_each_metric (metric, ENTITY_PHASE, nr) {
		u64 was, now;

		if (metric->kind != METRIC_GAUGE)
			continue;
		was = *metric_u64(metric, &before);
		now = *metric_u64(metric, phase);
		*metric_u64(metric, total) = was > now ? was : now;
	}
	for (i = 0; i < phase->nr_programs; i++) {
		program = total_program(total, phase->programs[i].name);
		if (!program || metrics_add(ENTITY_PROGRAM, program, &phase->programs[i]))
			return -1;
	}
	return 0;
}

/* The sums over all phases, as the last members of the document. */
static int put_totals(struct writer *w, const struct run *run)
{
	struct phase total = { 0 };
	json_t *o = json_object(), *value;
	const char *key;
	int failed = 0;
	size_t i;

	for (i = 0; i < run->nr_phases && !failed; i++)
		failed = add_phase(&total, &run->phases[i]) ? out_of_memory(w) : 0;
	failed = failed || set_phase_metrics(w, o, &total);
	if (!failed) {
		json_object_foreach (o, key, value) {
			fprintf(w->out, ",\n\"%s\": ", key);
			failed = failed || put(w, json_incref(value));
		}
	}
	phase_free(&total);
	json_decref(o);
	return failed;
}

/* What it was measured with and by which experiment file. */
static int set_origin(struct writer *w, json_t *object, const struct run *run)
{
	return set_text(w, object, "uuid", run->uuid) ||
	       set_text(w, object, "situ_version", run->situ_version) ||
	       set_text(w, object, "cpus", run->cpus) ||
	       set_text(w, object, "clock_source", run->clock_source) ||
	       set_text(w, object, "plan", run->plan) ||
	       set_text(w, object, "plan_hash", run->plan_hash) ||
	       set_text(w, object, "workload_hash", run->workload_hash) ||
	       set_u64(w, object, "seed", run->seed) || set_u64(w, object, "trials", run->trials);
}

static int put_head(struct writer *w, const struct run *run)
{
	json_t *o = json_object(), *hosts = json_array();
	int failed = set_u64(w, o, "id", run->id) || set_text(w, o, "name", run->name) ||
		     set_text(w, o, "state", run->state) ||
		     set_when(w, o, "started_at", run->started_at_ns) ||
		     set_seconds(w, o, "duration_s", run->duration_ns) ||
		     set_text(w, o, "kernel", run->kernel) || set_origin(w, o, run);
	size_t i;

	for (i = 0; i < run->nr_hosts && !failed; i++)
		failed = json_array_append_new(hosts, json_string(run->hosts[i])) ? out_of_memory(w)
										  : 0;
	failed = set(w, o, "hosts", hosts) || failed;
	fprintf(w->out, "{\n\"schema\": %d,\n\"situ_version\": \"%s\",\n\"run\": ", EXPORT_SCHEMA,
		SITU_VERSION);
	if (!failed)
		return put(w, o);
	json_decref(o);
	return -1;
}

int export_json(const struct run *run, FILE *out, struct err *err)
{
	struct writer w = { .out = out, .err = err };

	if (put_head(&w, run) || put_list(&w, run, "phases", put_phase) ||
	    put_list(&w, run, "services", put_services) || put_list(&w, run, "edges", put_edges) ||
	    put_list(&w, run, "endpoints", put_endpoints) || put_totals(&w, run))
		return -1;
	fputs("\n}\n", out);
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return 0;
}
