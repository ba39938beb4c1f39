/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine contract: a run as JSON, CSV or OpenMetrics, and the way back from JSON. */
#ifndef SITU_EXPORT_EXPORT_H
#define SITU_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "user/base/err.h"
#include "user/model/run.h"

#define EXPORT_SCHEMA	 1 /* fields are added, never renamed; a removal would raise this */
#define IMPORT_MAX_BYTES (256 << 20)

/*
 * Writes @run as one JSON document, newline at its end. 0, or -1 with @err set.
 *
 * schema, situ_version, run{}, phases[], services[], edges[], endpoints[], attribution[],
 * coverage[], profiles[], losses{}, self{}. An element of the lists behind phases names its phase
 * by placement, trial, attempt and phase;
 * those of phases have losses and self of their own, and the document's are their sums (of a size,
 * such as self.rss_bytes, and of map_fill, the largest). Metrics go by their id in metrics.def;
 * what is unknown is null. Kept traces are not in it: see export_otlp().
 */
int export_json(const struct run *run, FILE *out, struct err *err);

/* The same, with a member @name whose value is the JSON text @json at the end of the document. */
int export_json_with(const struct run *run, const char *name, const char *json, FILE *out,
		     struct err *err);

/*
 * Writes @run as CSV in long form, one value a row, with a header line:
 * run,placement,trial,phase,host,service,peer,endpoint,device,op,metric,unit,stat,value
 * RFC 4180 quoting; a text that a spreadsheet would take for a formula gets a leading '.
 *
 * What a row is about shows in the columns that are filled: a service host and service, a disk
 * device and op besides, an edge host and service (the client's), peer (the server) and endpoint
 * (the address dialled), an endpoint only endpoint (its coverage, too), a BPF program only op, the
 * phase none, a row of attribution endpoint, service (the path: "web > cart") and op (the
 * component). stat is "value", a histogram's count, sum, mean, min, max, p50, p90, p99 or p999, a
 * tally's label, or the band of attribution_ns, attribution_sum_ns and attribution_calls.
 * What is unknown has an empty value. run is the run's id. Trials that do not count are left out:
 * the JSON has them, with the reason.
 */
int export_csv(const struct run *run, FILE *out, struct err *err);

/*
 * Writes @h in the percentile text of HdrHistogram, which its plotters read: milliseconds, and
 * five lines for each halving of the distance to 100 %. 0, or -1 with @err set.
 */
int export_hdr(const struct hist *h, FILE *out, struct err *err);

/*
 * Writes @run as JSON lines: for each phase, those that do not count included, the document that
 * export_json() writes of it alone, as one line. 0, or -1 with @err set.
 */
int export_jsonl(const struct run *run, FILE *out, struct err *err);

/*
 * Writes @run as OpenMetrics text 1.0: metric M of ENTITY is situ_ENTITY_M, times in seconds with
 * _seconds for _ns, with the keys of its entity and run, placement, trial and phase as labels (of a
 * tally, label besides) and the end of the phase as its time. map_fill is a gauge. Histograms have
 * the same bounds, 64 ns to 69 s by powers of two, whose counts are exact (below, not at, the
 * bound: 1 ns). One without buckets has only the last. Trials that do not count are left out. 0, or
 * -1 with @err set.
 */
int export_openmetrics(const struct run *run, FILE *out, struct err *err);

enum openmetrics_text {
	OPENMETRICS_1_0,
	OPENMETRICS_OLDER, /* the text 0.0.4 of Prometheus, for who does not ask for OpenMetrics */
};

/* A number that is not in the metric table: of the program that measures. */
struct openmetrics_number {
	const char *name; /* behind "situ_"; those of one name follow one another */
	const char *help;
	bool counter;			    /* else a gauge */
	bool seconds;			    /* the name says so: the unit */
	const char *label, *value_of_label; /* of the sample, NULL: none */
	double value;			    /* as it is shown */
};

struct openmetrics_live {
	const struct phase *total; /* counters and histograms come from it */
	const struct phase *last;  /* gauges, and the means of attribution */
	const struct openmetrics_number *own;
	size_t nr_own;
};

/*
 * Writes what still goes on: the families of export_openmetrics() without the labels of a run and
 * without times, then @live->own, as @text. 0, or -1 with @err set.
 */
int export_openmetrics_live(const struct openmetrics_live *live, enum openmetrics_text text,
			    FILE *out, struct err *err);

/*
 * Writes the kept traces of the trials that count as OpenTelemetry's JSON (OTLP 1.x, one
 * ExportTraceServiceRequest), which Jaeger reads: of each request the client's span (kind 3) and
 * the server's (kind 2), by service. 0, or -1 with @err set.
 */
int export_otlp(const struct run *run, FILE *out, struct err *err);

/*
 * The same in the Trace Event Format, which Perfetto and chrome://tracing read: a process per
 * trace, a row per request, in microseconds since the first of all. 0, or -1 with @err set.
 */
int export_chrome(const struct run *run, FILE *out, struct err *err);

/* Writes the JSON Schema (draft 2020-12) of what export_json() writes. 0, or -1 with @err set. */
int export_schema(FILE *out, struct err *err);

/*
 * Fills the empty @run from the document @text[@len] that export_json() wrote (this or an older
 * schema; unknown members are skipped). On failure returns -1 with @err set and @run empty.
 */
int import_json(const char *text, size_t len, struct run *run, struct err *err);

#endif
