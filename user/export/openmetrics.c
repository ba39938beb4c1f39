// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics text 1.0 (https://github.com/prometheus/OpenMetrics, specification/OpenMetrics.md):
 * one family per metric of the table, all its samples together, as the format wants. And the text
 * that Prometheus had before (0.0.4), which differs in the lines before the samples and at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "user/export/export.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/trace/bands.h"

/* Bounds that all histograms have in common, whatever their resolution: the octaves'. */
#define FIRST_OCTAVE 6
#define LAST_OCTAVE  36

/* The metric at work, and what it is called. */
struct family {
	FILE *out;
	enum openmetrics_text text;
	const struct metric *metric;
	char name[96];
	double scale; /* of a value into the name's unit */
	bool announced;
	bool labelled; /* the sample at work has a label already */
};

/* The thing at work. */
struct owner {
	const struct run *run; /* NULL: what still goes on, without a place in a run or a time */
	const struct phase *phase;
	const struct service *service;
	const struct disk *disk;
	const struct edge *edge;
	const struct endpoint *endpoint;
	const struct profile *profile;
	const struct hop *hop;
	const struct attribution *attribution;
	const char *path; /* the attribution's, for people */
	const struct program *program;
};

/* Whether the @len bytes of @text end in @tail; *@rest is set to what is before it. */
static bool cut_tail(const char *text, const char *tail, size_t *rest)
{
	size_t len = strlen(text), nr = strlen(tail);

	if (len < nr || strcmp(text + len - nr, tail) != 0)
		return false;
	*rest = len - nr;
	return true;
}

/* "situ_service_cpu_seconds": base units, as the format asks for. */
static void name_family(struct family *f, const struct metric *metric)
{
	size_t len = strlen(metric->id);
	bool time = strcmp(metric->unit, "ns") == 0 && cut_tail(metric->id, "_ns", &len);

	if (strcmp(metric->id, "ns") == 0) {
		time = true;
		len = 0;
	}
	f->metric = metric;
	f->announced = false;
	f->scale = time ? 1e-9 : 1;
	snprintf(f->name, sizeof(f->name), "situ_%s%s%.*s%s", entity_name(metric->entity),
		 len ? "_" : "", (int)len, metric->id, time ? "_seconds" : "");
}

/* @quotes: escape these, too. The older text does so in labels only. */
static void put_escaped(FILE *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if ((*text == '"' && quotes) || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* Rows in use are of an instant: the only tally that also falls. */
static bool is_gauge(const struct metric *metric)
{
	return metric->kind == METRIC_GAUGE || metric->kind == METRIC_REAL ||
	       (metric->entity == ENTITY_PHASE && strcmp(metric->id, "map_fill") == 0);
}

static void put_head(const struct family *f, const char *type, const char *help)
{
	/* In the older text a family has the name of its samples. */
	bool older = f->text == OPENMETRICS_OLDER;
	const char *suffix = older && strcmp(type, "counter") == 0 ? "_total" : "";

	fprintf(f->out, "# TYPE %s%s %s\n", f->name, suffix, type);
	if (f->scale != 1 && !older)
		fprintf(f->out, "# UNIT %s seconds\n", f->name);
	fprintf(f->out, "# HELP %s%s ", f->name, suffix);
	put_escaped(f->out, help, !older);
	fputc('\n', f->out);
}

/* The type, unit and help lines, before a family's first sample: one without samples has none. */
static void announce(struct family *f)
{
	const char *type = "counter";

	if (f->announced)
		return;
	f->announced = true;
	if (f->metric->kind == METRIC_HIST)
		type = "histogram";
	else if (is_gauge(f->metric))
		type = "gauge";
	put_head(f, type, f->metric->definition);
}

static void put_label(struct family *f, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(f->out, "%c%s=\"", f->labelled ? ',' : '{', name);
	put_escaped(f->out, value, true);
	fputc('"', f->out);
	f->labelled = true;
}

static void put_attribution_labels(struct family *f, const struct attribution *row,
				   const char *path)
{
	put_label(f, "endpoint", row->endpoint);
	put_label(f, "band", row->band);
	put_label(f, "path", path);
	put_label(f, "component", component_info(row->component)->id);
}

static void put_hop_labels(struct family *f, const struct hop *hop)
{
	put_label(f, "client", hop->client);
	put_label(f, "server", hop->server);
	put_label(f, "server_addr", hop->server_addr);
	put_label(f, "entry", hop->entry ? "1" : "0");
}

static void put_run_labels(struct family *f, const struct owner *o)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, o->run->id);
	put_label(f, "run", number);
	put_label(f, "placement", o->phase->placement);
	snprintf(number, sizeof(number), "%u", o->phase->trial);
	put_label(f, "trial", number);
	put_label(f, "phase", o->phase->name);
}

static void put_labels(struct family *f, const struct owner *o, const char *extra,
		       const char *value)
{
	f->labelled = false;
	if (o->run)
		put_run_labels(f, o);
	if (o->service) {
		put_label(f, "service", o->service->name);
		put_label(f, "host", o->service->host);
	}
	if (o->disk) {
		put_label(f, "device", o->disk->device);
		put_label(f, "op", o->disk->op);
	}
	if (o->edge) {
		put_label(f, "client", o->edge->client);
		put_label(f, "server", o->edge->server);
		put_label(f, "server_addr", o->edge->server_addr);
		put_label(f, "client_host", o->edge->client_host);
		put_label(f, "server_host", o->edge->server_host);
	}
	if (o->endpoint)
		put_label(f, "endpoint", o->endpoint->name);
	if (o->profile)
		put_label(f, "endpoint", o->profile->endpoint);
	if (o->hop)
		put_hop_labels(f, o->hop);
	if (o->attribution)
		put_attribution_labels(f, o->attribution, o->path);
	if (o->program)
		put_label(f, "program", o->program->name);
	if (extra)
		put_label(f, extra, value);
	if (f->labelled)
		fputc('}', f->out);
}

static void put_number(FILE *out, double value)
{
	if (isfinite(value))
		fprintf(out, " %.15g", value);
	else
		fputs(" NaN", out);
}

/* One sample, at the end of its phase where that is over. */
static void put_sample(struct family *f, const struct owner *o, const char *suffix,
		       const char *extra, const char *label, double value)
{
	u64 end_ns = o->phase->started_at_ns + o->phase->duration_ns;

	announce(f);
	fprintf(f->out, "%s%s", f->name, suffix);
	put_labels(f, o, extra, label);
	put_number(f->out, value);
	if (o->run)
		fprintf(f->out, " %llu.%03llu", (unsigned long long)(end_ns / NSEC_PER_SEC),
			(unsigned long long)(end_ns % NSEC_PER_SEC / NSEC_PER_MSEC));
	fputc('\n', f->out);
}

/* How many values of @h lie below 2^@octave ns, which is a bound of its buckets. */
static u64 count_below(const struct hist *h, unsigned int octave)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < HIST_NR(h->sub_bits) && hist_upper(h->sub_bits, i) <= 1ULL << octave; i++)
		sum += h->buckets[i];
	return sum;
}

/* Of a hop's components the mean only: a scrape of all their buckets would be of many megabytes. */
static bool in_short(const struct metric *metric)
{
	return metric->entity == ENTITY_HOP && strcmp(metric->id, "time_ns") != 0;
}

static void put_hist(struct family *f, const struct owner *o, const struct hist *h)
{
	unsigned int octave;
	char bound[32];

	for (octave = FIRST_OCTAVE;
	     h->count && h->buckets && !in_short(f->metric) && octave <= LAST_OCTAVE; octave++) {
		snprintf(bound, sizeof(bound), "%.9g", ldexp(f->scale, (int)octave));
		put_sample(f, o, "_bucket", "le", bound, (double)count_below(h, octave));
	}
	put_sample(f, o, "_bucket", "le", "+Inf", (double)h->count);
	put_sample(f, o, "_count", NULL, NULL, (double)h->count);
	put_sample(f, o, "_sum", NULL, NULL, h->count ? (double)h->sum_ns * f->scale : 0);
}

static void put_metric(struct family *f, const struct owner *o, const void *object)
{
	const struct metric *metric = f->metric;
	const struct tally *tally;
	size_t i;

	switch (metric->kind) {
	case METRIC_COUNTER:
		put_sample(f, o, "_total", NULL, NULL,
			   (double)*metric_u64(metric, object) * f->scale);
		break;
	case METRIC_GAUGE:
		put_sample(f, o, "", NULL, NULL, (double)*metric_u64(metric, object) * f->scale);
		break;
	case METRIC_REAL:
		put_sample(f, o, "", NULL, NULL, *metric_real(metric, object) * f->scale);
		break;
	case METRIC_HIST:
		put_hist(f, o, metric_hist(metric, object));
		break;
	case METRIC_TALLY:
		tally = metric_tally(metric, object);
		for (i = 0; i < tally->nr; i++)
			put_sample(f, o, is_gauge(metric) ? "" : "_total", "label",
				   tally->item[i].label, (double)tally->item[i].count * f->scale);
		break;
	}
}

static void put_services(struct family *f, struct owner o)
{
	size_t i, k;

	for (i = 0; i < o.phase->nr_services; i++) {
		o.service = &o.phase->services[i];
		if (f->metric->entity == ENTITY_SERVICE)
			put_metric(f, &o, o.service);
		for (k = 0; f->metric->entity == ENTITY_DISK && k < o.service->nr_disks; k++) {
			o.disk = &o.service->disks[k];
			put_metric(f, &o, o.disk);
		}
	}
}

static void put_hops(struct family *f, struct owner o)
{
	size_t i, k;

	for (i = 0; i < o.phase->nr_profiles; i++) {
		o.profile = &o.phase->profiles[i];
		for (k = 0; k < o.profile->nr_hops; k++) {
			o.hop = &o.profile->hops[k];
			put_metric(f, &o, o.hop);
		}
	}
}

/* What bands_walk() gives its rows to. */
struct rows {
	struct family *family;
	struct owner owner;
};

static int put_attribution(const struct phase *phase, const struct breakdown *b, void *arg)
{
	struct rows *rows = arg;
	int failed = 0;
	size_t i;

	(void)phase;
	for (i = 0; i < b->nr_rows && !failed; i++) {
		struct buf path = buf_init(1 << 20);

		failed = profile_path_text(b->rows[i].path, &path);
		rows->owner.attribution = &b->rows[i];
		rows->owner.path = path.data;
		if (!failed)
			put_metric(rows->family, &rows->owner, &b->rows[i]);
		buf_free(&path);
	}
	return failed;
}

/* All samples of the family that @phase has. 0 or -ENOMEM. */
static int put_phase(struct family *f, const struct run *run, const struct phase *phase)
{
	struct owner o = { .run = run, .phase = phase };
	struct rows rows = { f, o };
	size_t i;

	switch (f->metric->entity) {
	case ENTITY_PHASE:
		put_metric(f, &o, phase);
		break;
	case ENTITY_SERVICE:
	case ENTITY_DISK:
		put_services(f, o);
		break;
	case ENTITY_EDGE:
		for (i = 0; i < phase->nr_edges; i++) {
			o.edge = &phase->edges[i];
			put_metric(f, &o, o.edge);
		}
		break;
	case ENTITY_ENDPOINT:
		for (i = 0; i < phase->nr_endpoints; i++) {
			o.endpoint = &phase->endpoints[i];
			put_metric(f, &o, o.endpoint);
		}
		break;
	case ENTITY_COVERAGE:
		for (i = 0; i < phase->nr_profiles; i++) {
			o.profile = &phase->profiles[i];
			put_metric(f, &o, o.profile);
		}
		break;
	case ENTITY_HOP:
		put_hops(f, o);
		break;
	case ENTITY_ATTRIBUTION:
		return bands_walk(phase, put_attribution, &rows);
	case ENTITY_PROGRAM:
		for (i = 0; i < phase->nr_programs; i++) {
			o.program = &phase->programs[i];
			put_metric(f, &o, o.program);
		}
		break;
	case ENTITY_NR:
		break;
	}
	return 0;
}

static int end(FILE *out, enum openmetrics_text text, struct err *err)
{
	if (text == OPENMETRICS_1_0)
		fputs("# EOF\n", out);
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return 0;
}

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for the export: free some");
}

int export_openmetrics(const struct run *run, FILE *out, struct err *err)
{
	struct family f = { .out = out };
	const struct metric *all;
	size_t nr, m, i;

	all = metrics_all(&nr);
	for (m = 0; m < nr; m++) {
		name_family(&f, &all[m]);
		for (i = 0; i < run->nr_phases; i++) {
			if (phase_counts(&run->phases[i]) && put_phase(&f, run, &run->phases[i]))
				return no_memory(err);
		}
	}
	return end(out, OPENMETRICS_1_0, err);
}

static void put_own(struct family *f, const struct openmetrics_number *own, const char *before)
{
	snprintf(f->name, sizeof(f->name), "situ_%s", own->name);
	f->scale = own->seconds ? 1e-9 : 1;
	f->labelled = false;
	if (!before || strcmp(before, own->name) != 0)
		put_head(f, own->counter ? "counter" : "gauge", own->help);
	fprintf(f->out, "%s%s", f->name, own->counter ? "_total" : "");
	if (own->label) {
		put_label(f, own->label, own->value_of_label);
		fputc('}', f->out);
	}
	put_number(f->out, own->value);
	fputc('\n', f->out);
}

int export_openmetrics_live(const struct openmetrics_live *live, enum openmetrics_text text,
			    FILE *out, struct err *err)
{
	struct family f = { .out = out, .text = text };
	const struct metric *all;
	size_t nr, i;

	all = metrics_all(&nr);
	for (i = 0; i < nr; i++) {
		name_family(&f, &all[i]);
		if (put_phase(&f, NULL, is_gauge(&all[i]) ? live->last : live->total))
			return no_memory(err);
	}
	for (i = 0; i < live->nr_own; i++)
		put_own(&f, &live->own[i], i ? live->own[i - 1].name : NULL);
	return end(out, text, err);
}
