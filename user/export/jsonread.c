// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "user/export/jsonhist.h"
#include "user/export/jsonread.h"
#include "user/export/when.h"

#define LABELS_MAX  1024 /* different labels in one tally */
#define SECONDS_MAX 1e10 /* 317 years: what fits into 64 bits of nanoseconds, and some to spare */

int reader_bad(struct reader *r, const char *key, const char *what)
{
	return err_set(r->err, EXIT_USAGE, "%s%s%s %s: export the run again", r->where,
		       r->where[0] ? "." : "", key, what);
}

int reader_no_memory(struct reader *r)
{
	return err_set(r->err, EXIT_FAILED, "out of memory for the import: free some");
}

const char *reader_text(struct reader *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return "";
	if (!json_is_string(value))
		reader_bad(r, key, "is not a text");
	return json_string_value(value);
}

int reader_u64(struct reader *r, const json_t *object, const char *key, u64 max, u64 *to)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (u64_from_json(to, value) || *to > max)
		return reader_bad(r, key, "is not a whole number in its range");
	return 0;
}

int reader_seconds(struct reader *r, const json_t *object, const char *key, u64 *ns)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_number_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_number(value) || !(seconds >= 0 && seconds <= SECONDS_MAX))
		return reader_bad(r, key, "is not a duration in seconds");
	*ns = (u64)llround(seconds * NSEC_PER_SEC);
	return 0;
}

int reader_when(struct reader *r, const json_t *object, const char *key, u64 *real_ns)
{
	const char *text = reader_text(r, object, key);

	if (!text)
		return -1;
	if (*text && when_parse(text, real_ns))
		return reader_bad(r, key, "is not a time like 2026-02-03T04:05:06Z");
	return 0;
}

int reader_set_text(struct reader *r, const json_t *object, const char *key, char **to)
{
	const char *text = reader_text(r, object, key);

	if (!text)
		return -1;
	return run_set_text(to, text) ? reader_no_memory(r) : 0;
}

static int read_tally(struct reader *r, const char *key, json_t *value, struct tally *tally)
{
	const char *label;
	json_t *count;
	u64 number;

	if (!json_is_object(value) || json_object_size(value) > LABELS_MAX)
		return reader_bad(r, key, "is not an object of at most 1024 counts");
	json_object_foreach (value, label, count) {
		if (u64_from_json(&number, count))
			return reader_bad(r, key, "has a count that is not a whole number");
		if (tally_add(tally, label, number))
			return reader_no_memory(r);
	}
	return 0;
}

static int read_hist(struct reader *r, const char *key, const json_t *value, struct hist *h)
{
	const char *wrong = hist_from_json(h, value);

	return wrong ? reader_bad(r, key, wrong) : 0;
}

int reader_metric(struct reader *r, json_t *object, const char *key, const struct metric *metric,
		  void *to)
{
	json_t *value = json_object_get(object, key);
	bool unknown = json_is_null(value);

	if (!value || (unknown && metric->kind != METRIC_REAL))
		return 0;
	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		if (u64_from_json(metric_u64(metric, to), value))
			return reader_bad(r, key, "is not a whole number");
		return 0;
	case METRIC_REAL:
		if (!unknown && !json_is_number(value))
			return reader_bad(r, key, "is not a number");
		*metric_real(metric, to) = unknown ? NAN : json_number_value(value);
		return 0;
	case METRIC_HIST:
		return read_hist(r, key, value, metric_hist(metric, to));
	case METRIC_TALLY:
		return read_tally(r, key, value, metric_tally(metric, to));
	}
	return err_set(r->err, EXIT_FAILED, "metric %s has no kind: a bug", metric->id);
}

int reader_metrics(struct reader *r, json_t *object, enum metric_entity entity, void *to)
{
	size_t nr;

	if (!to)
		return reader_no_memory(r);
	for_each_metric (metric, entity, nr) {
		if (reader_metric(r, object, metric->id, metric, to))
			return -1;
	}
	return 0;
}

int reader_list(struct reader *r, json_t *object, const char *key, void *to,
		int (*read)(struct reader *, json_t *, void *))
{
	json_t *list = json_object_get(object, key), *element;
	size_t i, base = strlen(r->where);

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return reader_bad(r, key, "is not a list");
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
