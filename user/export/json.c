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
#include "user/export/jsonwrite.h"
#include "user/model/metrics.h"

/* The phase's metrics of situ itself go into the object "self", without this. */
#define SELF_PREFIX "self_"

static int set_programs(struct writer *w, json_t *self, const struct phase *phase)
{
	json_t *programs = json_array(), *program;
	int failed = writer_set(w, self, "programs", programs);
	size_t i;

	for (i = 0; i < phase->nr_programs && !failed; i++) {
		program = json_object();
		failed = json_array_append_new(programs, program) ? writer_no_memory(w) : 0;
		if (!failed)
			failed = writer_text(w, program, "name", phase->programs[i].name) ||
				 writer_metrics(w, program, ENTITY_PROGRAM, &phase->programs[i]);
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
				 ? writer_metric(w, self, metric->id + skip, metric, phase)
				 : writer_metric(w, object, metric->id, metric, phase);
	}
	failed = failed || set_programs(w, self, phase);
	if (!failed)
		return writer_set(w, object, "self", self);
	json_decref(self);
	return -1;
}

static int put_phase(struct writer *w, const struct phase *phase)
{
	json_t *o = json_object();

	return writer_element(w, o,
			      writer_phase_key(w, o, phase, "name") ||
				      writer_text(w, o, "invalid", phase->invalid) ||
				      writer_when(w, o, "started_at", phase->started_at_ns) ||
				      writer_seconds(w, o, "duration_s", phase->duration_ns) ||
				      set_phase_metrics(w, o, phase));
}

static int set_disks(struct writer *w, json_t *object, const struct service *service)
{
	json_t *disks = json_array(), *o;
	int failed = writer_set(w, object, "disk", disks);
	size_t i;

	for (i = 0; i < service->nr_disks && !failed; i++) {
		const struct disk *disk = &service->disks[i];

		o = json_object();
		failed = json_array_append_new(disks, o) ? writer_no_memory(w) : 0;
		if (!failed)
			failed = writer_text(w, o, "device", disk->device) ||
				 writer_text(w, o, "op", disk->op) ||
				 writer_metrics(w, o, ENTITY_DISK, disk);
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

		failed = writer_element(w, o,
					writer_text(w, o, "name", service->name) ||
						writer_text(w, o, "host", service->host) ||
						writer_phase_key(w, o, phase, "phase") ||
						writer_metrics(w, o, ENTITY_SERVICE, service) ||
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

		failed = writer_element(
			w, o,
			writer_text(w, o, "client", edge->client) ||
				writer_text(w, o, "server", edge->server) ||
				writer_text(w, o, "server_addr", edge->server_addr) ||
				writer_text(w, o, "client_host", edge->client_host) ||
				writer_text(w, o, "server_host", edge->server_host) ||
				writer_phase_key(w, o, phase, "phase") ||
				writer_metrics(w, o, ENTITY_EDGE, edge));
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

		failed = writer_element(w, o,
					writer_text(w, o, "name", endpoint->name) ||
						writer_phase_key(w, o, phase, "phase") ||
						writer_metrics(w, o, ENTITY_ENDPOINT, endpoint));
	}
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

/* Adds @phase's own metrics to @total's; of a gauge and of the maps' fill, which do not add up, the
 * largest stays. */
static int add_phase(struct phase *total, const struct phase *phase)
{
	struct phase before = *total;
	struct program *program;
	size_t nr, i;

	if (metrics_add(ENTITY_PHASE, total, phase))
		return -1;
	tally_highest(&total->map_fill, &phase->map_fill);
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
		failed = add_phase(&total, &run->phases[i]) ? writer_no_memory(w) : 0;
	failed = failed || set_phase_metrics(w, o, &total);
	if (!failed) {
		json_object_foreach (o, key, value) {
			fprintf(w->out, ",\n\"%s\": ", key);
			failed = failed || writer_put(w, json_incref(value));
		}
	}
	phase_free(&total);
	json_decref(o);
	return failed;
}

/* What it was measured with and by which experiment file. */
static int set_origin(struct writer *w, json_t *object, const struct run *run)
{
	return writer_text(w, object, "uuid", run->uuid) ||
	       writer_text(w, object, "situ_version", run->situ_version) ||
	       writer_text(w, object, "cpus", run->cpus) ||
	       writer_text(w, object, "clock_source", run->clock_source) ||
	       writer_text(w, object, "plan", run->plan) ||
	       writer_text(w, object, "plan_hash", run->plan_hash) ||
	       writer_text(w, object, "workload_hash", run->workload_hash) ||
	       writer_u64(w, object, "seed", run->seed) ||
	       writer_u64(w, object, "trials", run->trials);
}

static int put_head(struct writer *w, const struct run *run)
{
	json_t *o = json_object(), *hosts = json_array();
	int failed = writer_u64(w, o, "id", run->id) || writer_text(w, o, "name", run->name) ||
		     writer_text(w, o, "state", run->state) ||
		     writer_when(w, o, "started_at", run->started_at_ns) ||
		     writer_seconds(w, o, "duration_s", run->duration_ns) ||
		     writer_text(w, o, "kernel", run->kernel) || set_origin(w, o, run);
	size_t i;

	for (i = 0; i < run->nr_hosts && !failed; i++)
		failed = json_array_append_new(hosts, json_string(run->hosts[i]))
				 ? writer_no_memory(w)
				 : 0;
	failed = writer_set(w, o, "hosts", hosts) || failed;
	fprintf(w->out, "{\n\"schema\": %d,\n\"situ_version\": \"%s\",\n\"run\": ", EXPORT_SCHEMA,
		SITU_VERSION);
	if (!failed)
		return writer_put(w, o);
	json_decref(o);
	return -1;
}

int export_json(const struct run *run, FILE *out, struct err *err)
{
	return export_json_with(run, NULL, NULL, out, err);
}

int export_json_with(const struct run *run, const char *name, const char *json, FILE *out,
		     struct err *err)
{
	struct writer w = { .out = out, .err = err };

	if (put_head(&w, run) || writer_list(&w, run, "phases", put_phase) ||
	    writer_list(&w, run, "services", put_services) ||
	    writer_list(&w, run, "edges", put_edges) ||
	    writer_list(&w, run, "endpoints", put_endpoints) || writer_attribution(&w, run) ||
	    put_totals(&w, run))
		return -1;
	if (name)
		fprintf(out, ",\n\"%s\": %s", name, json);
	fputs("\n}\n", out);
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return 0;
}
