/* SPDX-License-Identifier: GPL-2.0-only */
/* The metric table as data, for whatever walks over all metrics of an entity. */
#ifndef SITU_MODEL_METRICS_H
#define SITU_MODEL_METRICS_H

#include "user/model/run.h"

enum metric_entity {
	ENTITY_PHASE,
	ENTITY_SERVICE,
	ENTITY_DISK,
	ENTITY_EDGE,
	ENTITY_ENDPOINT,
	ENTITY_COVERAGE,    /* struct profile */
	ENTITY_ATTRIBUTION, /* struct attribution */
	ENTITY_HOP,
	ENTITY_PROGRAM,
	ENTITY_NR,
};

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_REAL, METRIC_HIST, METRIC_TALLY };
enum metric_better { BETTER_LOWER, BETTER_HIGHER, BETTER_NEITHER };

struct metric {
	enum metric_entity entity;
	const char *id; /* name in JSON, CSV and the store */
	enum metric_kind kind;
	const char *unit;
	enum metric_better better;
	const char *label;
	const char *definition;
	const char *error;
	size_t offset; /* of the member in the entity's struct */
};

/* All metrics, by entity in the order of enum metric_entity; *@nr is set to their number. */
const struct metric *metrics_all(size_t *nr);

/* The metrics of one entity. */
const struct metric *metrics_of(enum metric_entity entity, size_t *nr);

/* The metric @id of @entity, or NULL. */
const struct metric *metric_find(enum metric_entity entity, const char *id);

/* Name of the entity in stores and exports: "service". */
const char *entity_name(enum metric_entity entity);

/* A component of a request's time, for whatever prints one. */
struct component_info {
	const char *id; /* "socket_queue" */
	const char *label;
	const char *definition;
	const char *error;
};
const struct component_info *component_info(enum component component);

/* The component called @id, COMPONENT_NR when there is none. */
enum component component_find(const char *id);

/* Typed access to @metric's member in @object, a struct of the metric's entity. */
u64 *metric_u64(const struct metric *metric, const void *object);     /* COUNTER, GAUGE */
double *metric_real(const struct metric *metric, const void *object); /* REAL */
struct hist *metric_hist(const struct metric *metric, const void *object);
struct tally *metric_tally(const struct metric *metric, const void *object);

/* Adds all metrics of @src to @dst, both structs of @entity: counters, gauges and tallies add,
 * histograms merge, reals add. 0, -ENOMEM, or -EINVAL for histograms of two resolutions. */
int metrics_add(enum metric_entity entity, void *dst, const void *src);

/* Frees what the metrics of @object own. */
void metrics_release(enum metric_entity entity, void *object);

/* Walks over the metrics of @entity; @nr is a size_t of the caller's. */
#define for_each_metric(metric, entity, nr)                           \
	for (const struct metric *metric = metrics_of(entity, &(nr)), \
				 *metric##_end = metric + (nr);       \
	     metric < metric##_end; metric++)

#endif
