/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that a JSON document is written with. Internal to export/. */
#ifndef SITU_EXPORT_JSONWRITE_H
#define SITU_EXPORT_JSONWRITE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "user/base/err.h"
#include "user/model/metrics.h"

struct writer {
	FILE *out;
	struct err *err;
	bool first; /* in the list that is open */
};

/* Sets the error; -1. */
int writer_no_memory(struct writer *w);

/* Each sets member @key of @object; writer_set() to @value, which it takes. 0, or -1 with the error
 * set. What is unknown is null. */
int writer_set(struct writer *w, json_t *object, const char *key, json_t *value);
int writer_u64(struct writer *w, json_t *object, const char *key, u64 value);
int writer_text(struct writer *w, json_t *object, const char *key, const char *text);
int writer_when(struct writer *w, json_t *object, const char *key, u64 real_ns);
int writer_seconds(struct writer *w, json_t *object, const char *key, u64 ns);
int writer_metric(struct writer *w, json_t *object, const char *key, const struct metric *metric,
		  const void *source);

/* All metrics of @entity, by their ids. */
int writer_metrics(struct writer *w, json_t *object, enum metric_entity entity, const void *source);

/* What names a phase; its name as @name_key. */
int writer_phase_key(struct writer *w, json_t *object, const struct phase *phase,
		     const char *name_key);

/* Writes @object, which it frees. 0 or -1. */
int writer_put(struct writer *w, json_t *object);

/*
 * The document's next member @name: a list, one element a line, to which @put_one writes those of
 * each phase of @run by writer_element(). 0 or -1.
 */
int writer_list(struct writer *w, const struct run *run, const char *name,
		int (*put_one)(struct writer *, const struct phase *));

/* Writes the list's next element @object, which it frees, unless filling it has @failed. 0 or -1.
 */
int writer_element(struct writer *w, json_t *object, int failed);

/* Of the phases of @run: attribution[], coverage[], hops[] and profiles[]. 0 or -1. */
int writer_attribution(struct writer *w, const struct run *run);

#endif
