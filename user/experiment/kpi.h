/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures that decide between placements, as people name them. Pure. */
#ifndef SITU_EXPERIMENT_KPI_H
#define SITU_EXPERIMENT_KPI_H

#include "user/base/err.h"
#include "user/experiment/subject.h"

/*
 * NAME[(SUBJECT)]. NAME is
 *   p50 p90 p99 p999 mean   latency of an endpoint, of all requests without SUBJECT
 *   errors rate             share of failed requests, answers per second, of the same
 *   cpu                     CPU time per answered request of a service, of all without SUBJECT
 *   ENTITY.METRIC[.STAT]    any other: "edge.network_ns.mean(web > cart)"; of a histogram STAT is
 *                           one of the five above (mean without)
 * SUBJECT is a name as tables print it; an endpoint's may lack its method.
 */
struct kpi {
	const struct metric *metric;
	struct subject_stat stat; /* name "": the only one that the metric has */
	char *subject;		  /* NULL: the total */
	char *text;		  /* as it was given */
};

struct kpi_list {
	struct kpi *kpi;
	size_t nr;
};

#define KPI_DEFAULTS 5

/* The KPIs that are always judged, KPI_DEFAULTS of them: p50, p99, errors and rate of all requests,
 * cpu of all services. Each of @more[@nr] is added unless it is there already. 0, or -1 with @err
 * set; the caller frees with kpi_list_free() in any case. */
int kpi_list_make(struct kpi_list *list, const char *const *more, size_t nr, struct err *err);

/* Only @text[@nr], each once. As above. */
int kpi_list_parse(struct kpi_list *list, const char *const *text, size_t nr, struct err *err);
void kpi_list_free(struct kpi_list *list);

/* Parses @text[@len] into the empty @kpi. 0, or -1 with @err set and @kpi empty. */
int kpi_parse(const char *text, size_t len, struct kpi *kpi, struct err *err);
void kpi_free(struct kpi *kpi);

/* Whether @kpi is about @subject, which has the metric's entity. */
bool kpi_matches(const struct kpi *kpi, const struct subject *subject);

/* Length of the KPI that @text starts with: up to a blank outside of SUBJECT's brackets. */
size_t kpi_length(const char *text);

#endif
