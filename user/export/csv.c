// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "user/export/export.h"
#include "user/export/jsonhist.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/trace/bands.h"

/* The columns that say what a row's value is of; NULL is an empty one. */
struct key {
	u64 run;
	const struct phase *phase;
	const char *host, *service, *peer, *endpoint, *device, *op;
};

/*
 * A text as one field. Spreadsheets run a field that starts with one of four characters, or with
 * a tab or return that hides it, as a formula, quoted or not: a ' before it keeps it a text.
 */
static void put_text(FILE *out, const char *text)
{
	const char *c;

	if (!text || !*text)
		return;
	if (!strchr("=+-@\t\r", text[0]) && !strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	if (strchr("=+-@\t\r", text[0]))
		fputc('\'', out);
	for (c = text; *c; c++) {
		if (*c == '"')
			fputc('"', out);
		fputc(*c, out);
	}
	fputc('"', out);
}

static void put_key(FILE *out, const struct key *key, const char *metric, const char *unit,
		    const char *stat)
{
	const char *const texts[] = {
		key->phase->name, key->host, key->service, key->peer, key->endpoint,
		key->device,	  key->op,   metric,	   unit,      stat
	};
	size_t i;

	fprintf(out, "%" PRIu64 ",", key->run);
	put_text(out, key->phase->placement);
	fprintf(out, ",%u,", key->phase->trial);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		put_text(out, texts[i]);
		fputc(',', out);
	}
}

static void put_u64(FILE *out, const struct key *key, const struct metric *metric, const char *stat,
		    u64 value)
{
	put_key(out, key, metric->id, metric->unit, stat);
	fprintf(out, "%" PRIu64 "\n", value);
}

static void put_real(FILE *out, const struct key *key, const char *metric, const char *unit,
		     const char *stat, double value)
{
	put_key(out, key, metric, unit, stat);
	if (isfinite(value))
		fprintf(out, "%.17g", value);
	fputc('\n', out);
}

/* Unknown figures are rows without a value, so that every histogram has the same rows. */
static void put_bound(FILE *out, const struct key *key, const struct metric *metric,
		      const char *stat, u64 value, bool known)
{
	put_key(out, key, metric->id, metric->unit, stat);
	if (known && value != HIST_UNKNOWN)
		fprintf(out, "%" PRIu64, value);
	fputc('\n', out);
}

static void put_hist(FILE *out, const struct key *key, const struct metric *metric,
		     const struct hist *h)
{
	bool whole = h->count && h->buckets;
	size_t i;

	put_key(out, key, metric->id, "samples", "count");
	fprintf(out, "%" PRIu64 "\n", h->count);
	put_u64(out, key, metric, "sum", h->count ? h->sum_ns : 0);
	put_real(out, key, metric->id, metric->unit, "mean", h->count ? hist_mean(h) : NAN);
	put_bound(out, key, metric, "min", h->min_ns, whole);
	put_bound(out, key, metric, "max", h->max_ns, whole);
	for (i = 0; i < EXPORT_QUANTILES; i++)
		put_bound(out, key, metric, export_quantiles[i].name,
			  hist_quantile(h, export_quantiles[i].q), whole);
}

static void put_metric(FILE *out, const struct key *key, const struct metric *metric,
		       const void *object)
{
	const struct tally *tally;
	size_t i;

	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		put_u64(out, key, metric, "value", *metric_u64(metric, object));
		break;
	case METRIC_REAL:
		put_real(out, key, metric->id, metric->unit, "value", *metric_real(metric, object));
		break;
	case METRIC_HIST:
		put_hist(out, key, metric, metric_hist(metric, object));
		break;
	case METRIC_TALLY:
		tally = metric_tally(metric, object);
		for (i = 0; i < tally->nr; i++)
			put_u64(out, key, metric, tally->item[i].label, tally->item[i].count);
		break;
	}
}

static void put_metrics(FILE *out, const struct key *key, enum metric_entity entity,
			const void *object)
{
	size_t nr;

	for_each_metric (metric, entity, nr)
		put_metric(out, key, metric, object);
}

static void put_service(FILE *out, struct key key, const struct service *service)
{
	size_t i;

	key.host = service->host;
	key.service = service->name;
	put_metrics(out, &key, ENTITY_SERVICE, service);
	for (i = 0; i < service->nr_disks; i++) {
		key.device = service->disks[i].device;
		key.op = service->disks[i].op;
		put_metrics(out, &key, ENTITY_DISK, &service->disks[i]);
	}
}

static void put_edge(FILE *out, struct key key, const struct edge *edge)
{
	key.host = edge->client_host;
	key.service = edge->client;
	key.peer = edge->server;
	key.endpoint = edge->server_addr;
	put_metrics(out, &key, ENTITY_EDGE, edge);
}

/* What bands_walk() gives its rows to. */
struct rows {
	FILE *out;
	u64 run;
};

/* The band is the stat; the other entities' metrics have no names as short as these. */
static int put_attribution(const struct phase *phase, const struct breakdown *b, void *arg)
{
	const struct rows *rows = arg;
	int failed = 0;
	size_t i, nr;

	for (i = 0; i < b->nr_rows && !failed; i++) {
		const struct attribution *row = &b->rows[i];
		struct buf path = buf_init(1 << 20);
		struct key key = { .run = rows->run,
				   .phase = phase,
				   .endpoint = row->endpoint,
				   .op = component_info(row->component)->id };
		char id[64];

		failed = profile_path_text(row->path, &path);
		key.service = path.data;
		for_each_metric (metric, ENTITY_ATTRIBUTION, nr) {
			snprintf(id, sizeof(id), "attribution_%s", metric->id);
			put_real(rows->out, &key, id, metric->unit, row->band,
				 *metric_real(metric, row));
		}
		buf_free(&path);
	}
	return failed;
}

/* Services have metrics of the same names, hence "hop_". What was dialled is in the device's
 * column.
 */
static void put_hop(FILE *out, struct key key, const struct hop *hop)
{
	char id[64];
	size_t nr;

	key.service = hop->client;
	key.peer = hop->server;
	key.device = hop->server_addr;
	key.op = hop->entry ? "entry" : "hop";
	for_each_metric (metric, ENTITY_HOP, nr) {
		struct metric named = *metric;

		snprintf(id, sizeof(id), "hop_%s", metric->id);
		named.id = id;
		put_metric(out, &key, &named, hop);
	}
}

static int put_phase(FILE *out, u64 run, const struct phase *phase)
{
	struct rows rows = { out, run };
	const struct key top = { .run = run, .phase = phase };
	struct key key = top;
	size_t i, k;

	put_real(out, &top, "duration_s", "s", "value", (double)phase->duration_ns / NSEC_PER_SEC);
	put_metrics(out, &top, ENTITY_PHASE, phase);
	for (i = 0; i < phase->nr_services; i++)
		put_service(out, top, &phase->services[i]);
	for (i = 0; i < phase->nr_edges; i++)
		put_edge(out, top, &phase->edges[i]);
	for (i = 0; i < phase->nr_endpoints; i++) {
		key.endpoint = phase->endpoints[i].name;
		put_metrics(out, &key, ENTITY_ENDPOINT, &phase->endpoints[i]);
	}
	for (i = 0; i < phase->nr_profiles; i++) {
		key.endpoint = phase->profiles[i].endpoint;
		put_metrics(out, &key, ENTITY_COVERAGE, &phase->profiles[i]);
		for (k = 0; k < phase->profiles[i].nr_hops; k++)
			put_hop(out, key, &phase->profiles[i].hops[k]);
	}
	key = top;
	for (i = 0; i < phase->nr_programs; i++) {
		key.op = phase->programs[i].name;
		put_metrics(out, &key, ENTITY_PROGRAM, &phase->programs[i]);
	}
	return bands_walk(phase, put_attribution, &rows);
}

int export_csv(const struct run *run, FILE *out, struct err *err)
{
	size_t i;

	fputs("run,placement,trial,phase,host,service,peer,endpoint,device,op,metric,unit,stat,"
	      "value\n",
	      out);
	for (i = 0; i < run->nr_phases; i++) {
		if (phase_counts(&run->phases[i]) && put_phase(out, run->id, &run->phases[i]))
			return err_set(err, EXIT_FAILED, "out of memory for the export: free some");
	}
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return 0;
}
