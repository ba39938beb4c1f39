// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "user/export/jsonhist.h"
#include "user/export/jsonwrite.h"
#include "user/export/when.h"

int writer_no_memory(struct writer *w)
{
	return err_set(w->err, EXIT_FAILED, "out of memory for the export: free some");
}

int writer_set(struct writer *w, json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? writer_no_memory(w) : 0;
}

int writer_u64(struct writer *w, json_t *object, const char *key, u64 value)
{
	if (value > INT64_MAX)
		return err_set(w->err, EXIT_FAILED,
			       "%s is %" PRIu64 ", more than an export can hold: please report it",
			       key, value);
	return writer_set(w, object, key, u64_to_json(value));
}

int writer_text(struct writer *w, json_t *object, const char *key, const char *text)
{
	return writer_set(w, object, key, json_string(text ? text : ""));
}

int writer_when(struct writer *w, json_t *object, const char *key, u64 real_ns)
{
	char text[WHEN_TEXT];

	return writer_set(w, object, key,
			  real_ns ? json_string(when_format(text, real_ns)) : json_null());
}

int writer_seconds(struct writer *w, json_t *object, const char *key, u64 ns)
{
	return writer_set(w, object, key, json_real((double)ns / NSEC_PER_SEC));
}

static int writer_tally(struct writer *w, json_t *object, const char *key,
			const struct tally *tally)
{
	json_t *counts = json_object();
	int failed = writer_set(w, object, key, counts);
	size_t i;

	for (i = 0; i < tally->nr && !failed; i++)
		failed = writer_u64(w, counts, tally->item[i].label, tally->item[i].count);
	return failed;
}

static int writer_hist(struct writer *w, json_t *object, const char *key, const struct hist *h)
{
	json_t *value = hist_to_json(h);

	if (!value)
		return err_set(w->err, EXIT_FAILED,
			       "%s does not fit into an export: free memory, or report it", key);
	return writer_set(w, object, key, value);
}

int writer_metric(struct writer *w, json_t *object, const char *key, const struct metric *metric,
		  const void *source)
{
	double real;

	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		return writer_u64(w, object, key, *metric_u64(metric, source));
	case METRIC_REAL:
		real = *metric_real(metric, source);
		return writer_set(w, object, key, isfinite(real) ? json_real(real) : json_null());
	case METRIC_HIST:
		return writer_hist(w, object, key, metric_hist(metric, source));
	case METRIC_TALLY:
		return writer_tally(w, object, key, metric_tally(metric, source));
	}
	return err_set(w->err, EXIT_FAILED, "metric %s has no kind: a bug", metric->id);
}

int writer_metrics(struct writer *w, json_t *object, enum metric_entity entity, const void *source)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		if (writer_metric(w, object, metric->id, metric, source))
			return -1;
	}
	return 0;
}

int writer_phase_key(struct writer *w, json_t *object, const struct phase *phase,
		     const char *name_key)
{
	return writer_text(w, object, "placement", phase->placement) ||
	       writer_u64(w, object, "trial", phase->trial) ||
	       writer_u64(w, object, "attempt", phase->attempt) ||
	       writer_text(w, object, name_key, phase->name);
}

int writer_put(struct writer *w, json_t *object)
{
	int failed = json_dumpf(object, w->out, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(object);
	/* A value that cannot be dumped would be a bug; a stream that fails is found at the end. */
	if (failed && !ferror(w->out))
		return writer_no_memory(w);
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

int writer_element(struct writer *w, json_t *object, int failed)
{
	if (failed) {
		json_decref(object);
		return -1;
	}
	fputs(w->first ? "\n" : ",\n", w->out);
	w->first = false;
	return writer_put(w, object);
}

int writer_list(struct writer *w, const struct run *run, const char *name,
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
