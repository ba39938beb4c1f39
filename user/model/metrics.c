// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "user/model/metrics.h"

#define ROW(entity_id, type, field, kind_, unit_, better_, label_, definition_, error_) \
	{ .entity = entity_id,                                                          \
	  .id = #field,                                                                 \
	  .kind = METRIC_##kind_,                                                       \
	  .unit = unit_,                                                                \
	  .better = BETTER_##better_,                                                   \
	  .label = label_,                                                              \
	  .definition = definition_,                                                    \
	  .error = error_,                                                              \
	  .offset = offsetof(struct type, field) },
#define PHASE_ROW(...)	     ROW(ENTITY_PHASE, phase, __VA_ARGS__)
#define SERVICE_ROW(...)     ROW(ENTITY_SERVICE, service, __VA_ARGS__)
#define DISK_ROW(...)	     ROW(ENTITY_DISK, disk, __VA_ARGS__)
#define EDGE_ROW(...)	     ROW(ENTITY_EDGE, edge, __VA_ARGS__)
#define ENDPOINT_ROW(...)    ROW(ENTITY_ENDPOINT, endpoint, __VA_ARGS__)
#define COVERAGE_ROW(...)    ROW(ENTITY_COVERAGE, profile, __VA_ARGS__)
#define ATTRIBUTION_ROW(...) ROW(ENTITY_ATTRIBUTION, attribution, __VA_ARGS__)
#define HOP_ROW(...)	     ROW(ENTITY_HOP, hop, __VA_ARGS__)
#define PROGRAM_ROW(...)     ROW(ENTITY_PROGRAM, program, __VA_ARGS__)

static const struct metric table[] = {
	PHASE_METRICS(PHASE_ROW) SERVICE_METRICS(SERVICE_ROW) DISK_METRICS(DISK_ROW)
		EDGE_METRICS(EDGE_ROW) ENDPOINT_METRICS(ENDPOINT_ROW) COVERAGE_METRICS(COVERAGE_ROW)
			ATTRIBUTION_METRICS(ATTRIBUTION_ROW) HOP_METRICS(HOP_ROW)
				PROGRAM_METRICS(PROGRAM_ROW)
};

const struct metric *metrics_all(size_t *nr)
{
	*nr = ARRAY_SIZE(table);
	return table;
}

const struct metric *metrics_of(enum metric_entity entity, size_t *nr)
{
	size_t first = 0, end;

	while (first < ARRAY_SIZE(table) && table[first].entity != entity)
		first++;
	end = first;
	while (end < ARRAY_SIZE(table) && table[end].entity == entity)
		end++;
	*nr = end - first;
	return &table[first];
}

const struct metric *metric_find(enum metric_entity entity, const char *id)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		if (strcmp(metric->id, id) == 0)
			return metric;
	}
	return NULL;
}

const char *entity_name(enum metric_entity entity)
{
	static const char *const names[] = {
		[ENTITY_PHASE] = "phase",
		[ENTITY_SERVICE] = "service",
		[ENTITY_DISK] = "disk",
		[ENTITY_EDGE] = "edge",
		[ENTITY_ENDPOINT] = "endpoint",
		[ENTITY_COVERAGE] = "coverage",
		[ENTITY_ATTRIBUTION] = "attribution",
		[ENTITY_HOP] = "hop",
		[ENTITY_PROGRAM] = "program",
	};

	return names[entity];
}

#define COMPONENT_ROW(id, label, definition, error) { #id, label, definition, error },

static const struct component_info components[] = { COMPONENTS(COMPONENT_ROW) };

const struct component_info *component_info(enum component component)
{
	return &components[component];
}

enum component component_find(const char *id)
{
	enum component component;

	for (component = 0; component < COMPONENT_NR; component++) {
		if (strcmp(components[component].id, id) == 0)
			break;
	}
	return component;
}

/* The member belongs to the caller's object, const or not: as with strchr(). */
static void *member(const struct metric *metric, const void *object)
{
	return (char *)object + metric->offset;
}

u64 *metric_u64(const struct metric *metric, const void *object)
{
	return member(metric, object);
}

double *metric_real(const struct metric *metric, const void *object)
{
	return member(metric, object);
}

struct hist *metric_hist(const struct metric *metric, const void *object)
{
	return member(metric, object);
}

struct tally *metric_tally(const struct metric *metric, const void *object)
{
	return member(metric, object);
}

static int tally_merge(struct tally *dst, const struct tally *src)
{
	size_t i;

	for (i = 0; i < src->nr; i++) {
		if (tally_add(dst, src->item[i].label, src->item[i].count))
			return -ENOMEM;
	}
	return 0;
}

static int add_one(const struct metric *metric, void *dst, const void *src)
{
	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		*metric_u64(metric, dst) += *metric_u64(metric, src);
		return 0;
	case METRIC_REAL:
		*metric_real(metric, dst) += *metric_real(metric, src);
		return 0;
	case METRIC_HIST:
		return hist_merge(metric_hist(metric, dst), metric_hist(metric, src));
	case METRIC_TALLY:
		return tally_merge(metric_tally(metric, dst), metric_tally(metric, src));
	}
	return -EINVAL;
}

int metrics_add(enum metric_entity entity, void *dst, const void *src)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		int err = add_one(metric, dst, src);

		if (err)
			return err;
	}
	return 0;
}

void metrics_release(enum metric_entity entity, void *object)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		if (metric->kind == METRIC_HIST)
			hist_free(metric_hist(metric, object));
		else if (metric->kind == METRIC_TALLY)
			tally_free(metric_tally(metric, object));
	}
}
