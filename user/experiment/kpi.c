// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "user/experiment/kpi.h"

#define NAME_MAX_LEN 64
#define TEXT_MAX     1024

/* The stats of a histogram, by the names they have everywhere. */
static const struct subject_stat hist_stats[] = {
	{ "mean", -1 }, { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 },
};

static const struct {
	const char *name;
	enum metric_entity entity;
	const char *metric;
} shorts[] = {
	{ "p50", ENTITY_ENDPOINT, "latency_ns" },  { "p90", ENTITY_ENDPOINT, "latency_ns" },
	{ "p99", ENTITY_ENDPOINT, "latency_ns" },  { "p999", ENTITY_ENDPOINT, "latency_ns" },
	{ "mean", ENTITY_ENDPOINT, "latency_ns" }, { "errors", ENTITY_ENDPOINT, "errors" },
	{ "rate", ENTITY_ENDPOINT, "rate" },	   { "cpu", ENTITY_SERVICE, "cpu_ns" },
};

static const char *const defaults[KPI_DEFAULTS] = { "p50", "p99", "errors", "rate", "cpu" };

static int out_of_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

void kpi_free(struct kpi *kpi)
{
	free(kpi->subject);
	free(kpi->text);
	*kpi = (struct kpi){ 0 };
}

/* Sets kpi->stat to the histogram's @name. 0 or -1. */
static int set_stat(struct kpi *kpi, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hist_stats); i++) {
		if (strcmp(name, hist_stats[i].name) == 0) {
			kpi->stat = hist_stats[i];
			return 0;
		}
	}
	return -1;
}

static int find_short(struct kpi *kpi, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shorts); i++) {
		if (strcmp(name, shorts[i].name) != 0)
			continue;
		kpi->metric = metric_find(shorts[i].entity, shorts[i].metric);
		kpi->stat = (struct subject_stat){ "", 0 };
		if (kpi->metric->kind == METRIC_HIST)
			set_stat(kpi, name);
		return 0;
	}
	return -1;
}

static bool is_compared(enum metric_entity entity)
{
	return entity == ENTITY_SERVICE || entity == ENTITY_DISK || entity == ENTITY_EDGE ||
	       entity == ENTITY_ENDPOINT;
}

/* "ENTITY.METRIC[.STAT]" in @name, which is cut up. */
static int find_long(struct kpi *kpi, char *name)
{
	char *metric = strchr(name, '.'), *stat = metric ? strchr(metric + 1, '.') : NULL;
	enum metric_entity entity = 0;

	if (!metric)
		return -1;
	*metric++ = '\0';
	if (stat)
		*stat++ = '\0';
	while (entity < ENTITY_NR && strcmp(entity_name(entity), name) != 0)
		entity++;
	if (entity == ENTITY_NR || !is_compared(entity))
		return -1;
	kpi->metric = metric_find(entity, metric);
	if (!kpi->metric || kpi->metric->better == BETTER_NEITHER)
		return -1;
	kpi->stat = (struct subject_stat){ "", 0 };
	if (kpi->metric->kind == METRIC_HIST)
		return set_stat(kpi, stat ? stat : "mean");
	return stat ? -1 : 0;
}

static int unknown(const char *text, size_t len, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		       "'%.*s' is no figure to compare by: write p50, p99, mean, errors, rate or "
		       "cpu, with (NAME) behind it if of one thing, or ENTITY.METRIC.STAT(NAME)",
		       (int)len, text);
}

static int find_metric(const char *text, size_t len, struct kpi *kpi, struct err *err)
{
	char name[NAME_MAX_LEN];

	if (!len || len >= sizeof(name))
		return unknown(text, len, err);
	memcpy(name, text, len);
	name[len] = '\0';
	if (find_short(kpi, name) && find_long(kpi, name))
		return unknown(text, len, err);
	return 0;
}

/* A total exists of all requests, and of what is counted of all services. */
static int check_total(const struct kpi *kpi, struct err *err)
{
	if (kpi->subject || kpi->metric->entity == ENTITY_ENDPOINT ||
	    (kpi->metric->entity == ENTITY_SERVICE && kpi->metric->kind == METRIC_COUNTER))
		return 0;
	return err_set(err, EXIT_USAGE, "'%s' has no total: write '%s(NAME)' with the name of one",
		       kpi->text, kpi->text);
}

int kpi_parse(const char *text, size_t len, struct kpi *kpi, struct err *err)
{
	const char *open = memchr(text, '(', len);
	size_t name_len = open ? (size_t)(open - text) : len;

	*kpi = (struct kpi){ 0 };
	if (len > TEXT_MAX || (open && (text[len - 1] != ')' || len < name_len + 3)))
		return unknown(text, len < TEXT_MAX ? len : TEXT_MAX, err);
	if (find_metric(text, name_len, kpi, err))
		return -1;
	kpi->text = strndup(text, len);
	if (open)
		kpi->subject = strndup(open + 1, len - name_len - 2);
	if (kpi->text && (kpi->subject || !open) && check_total(kpi, err) == 0)
		return 0;
	if (!kpi->text || (open && !kpi->subject))
		out_of_memory(err);
	kpi_free(kpi);
	return -1;
}

static bool has(const struct kpi_list *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		if (strcmp(list->kpi[i].text, text) == 0)
			return true;
	}
	return false;
}

static int add(struct kpi_list *list, const char *text, struct err *err)
{
	if (has(list, text))
		return 0;
	if (kpi_parse(text, strlen(text), &list->kpi[list->nr], err))
		return -1;
	list->nr++;
	return 0;
}

/* An empty list with room for @nr. */
static int start(struct kpi_list *list, size_t nr, struct err *err)
{
	*list = (struct kpi_list){ .kpi = calloc(nr + 1, sizeof(*list->kpi)) };
	return list->kpi ? 0 : out_of_memory(err);
}

static int add_all(struct kpi_list *list, const char *const *text, size_t nr, struct err *err)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (add(list, text[i], err))
			return -1;
	}
	return 0;
}

int kpi_list_make(struct kpi_list *list, const char *const *more, size_t nr, struct err *err)
{
	return start(list, ARRAY_SIZE(defaults) + nr, err) ||
			       add_all(list, defaults, ARRAY_SIZE(defaults), err) ||
			       add_all(list, more, nr, err)
		       ? -1
		       : 0;
}

int kpi_list_parse(struct kpi_list *list, const char *const *text, size_t nr, struct err *err)
{
	return start(list, nr, err) || add_all(list, text, nr, err) ? -1 : 0;
}

void kpi_list_free(struct kpi_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		kpi_free(&list->kpi[i]);
	free(list->kpi);
	*list = (struct kpi_list){ 0 };
}

bool kpi_matches(const struct kpi *kpi, const struct subject *subject)
{
	char *text;
	const char *path;
	bool same;

	if (kpi->metric->entity != subject->entity)
		return false;
	if (!kpi->subject)
		return subject_is_total(subject);
	text = subject_is_total(subject) && subject->entity == ENTITY_SERVICE
		       ? NULL
		       : subject_text(subject);
	if (!text)
		return false;
	path = subject->entity == ENTITY_ENDPOINT ? strchr(text, ' ') : NULL;
	same = strcmp(text, kpi->subject) == 0 || (path && strcmp(path + 1, kpi->subject) == 0);
	free(text);
	return same;
}

size_t kpi_length(const char *text)
{
	int depth = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		depth += (text[i] == '(') - (text[i] == ')');
		if (text[i] == ' ' && depth <= 0)
			break;
	}
	return i;
}
