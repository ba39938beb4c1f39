/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that a JSON document is read with, which may come from anybody: every member is checked
 * for its type and range. Internal to export/.
 */
#ifndef SITU_EXPORT_JSONREAD_H
#define SITU_EXPORT_JSONREAD_H

#include <stddef.h>

#include <jansson.h>

#include "user/base/err.h"
#include "user/model/metrics.h"
#include "user/model/run.h"

struct reader {
	struct run *run;
	struct err *err;
	char where[64];	   /* "services[3].disk[0]" */
	size_t last_phase; /* where the one looked for last was: elements come in their order */
};

/* Sets the error: "services[3].cpu_ns is not ...: export the run again", of member @key. -1. */
int reader_bad(struct reader *r, const char *key, const char *what);
int reader_no_memory(struct reader *r);

/* The text of member @key, "" without one; NULL, with the error set, when it is no text. */
const char *reader_text(struct reader *r, const json_t *object, const char *key);

/*
 * Each reads member @key of @object, leaving what it points to as it is where there is none. 0, or
 * -1 with the error set. reader_set_text() puts a copy of the text, cleaned, in @to's place.
 */
int reader_u64(struct reader *r, const json_t *object, const char *key, u64 max, u64 *to);
int reader_seconds(struct reader *r, const json_t *object, const char *key, u64 *ns);
int reader_when(struct reader *r, const json_t *object, const char *key, u64 *real_ns);
int reader_set_text(struct reader *r, const json_t *object, const char *key, char **to);
int reader_metric(struct reader *r, json_t *object, const char *key, const struct metric *metric,
		  void *to);

/* All metrics of @entity, by their ids, into @to; NULL: there was no memory for it. 0 or -1. */
int reader_metrics(struct reader *r, json_t *object, enum metric_entity entity, void *to);

/* Runs @read on each element of the list @key of @object; none is an empty list. 0 or -1. */
int reader_list(struct reader *r, json_t *object, const char *key, void *to,
		int (*read)(struct reader *, json_t *, void *));

#endif
