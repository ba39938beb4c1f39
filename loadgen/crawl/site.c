// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/site.h"

void site_free_finding(struct finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_instances; i++)
		free(f->instances[i].target);
	free(f->instances);
	free(f->method);
	free(f->tmpl);
	free(f->found_at);
	free(f->body);
	free(f->content_type);
}

void site_free(struct site *site)
{
	size_t i;

	for (i = 0; i < site->nr; i++)
		site_free_finding(&site->findings[i]);
	free(site->findings);
	values_free(&site->values);
	*site = (struct site){ 0 };
}

static struct finding *find(const struct site *site, const char *method, const char *tmpl)
{
	size_t i;

	for (i = 0; i < site->nr; i++) {
		struct finding *f = &site->findings[i];

		if (template_same(f->tmpl, tmpl) && strcmp(f->method, method) == 0)
			return f;
	}
	return NULL;
}

/* How many endpoints have the path of @tmpl, whatever their query. */
static size_t count_queries(const struct site *site, const char *tmpl)
{
	size_t path = strcspn(tmpl, "?"), nr = 0, i;

	for (i = 0; i < site->nr; i++) {
		const char *other = site->findings[i].tmpl;

		nr += strncmp(other, tmpl, path) == 0 && other[path] == '?';
	}
	return nr;
}

static int add(struct site *site, const char *method, const char *tmpl, const char *found_at,
	       struct finding **finding)
{
	struct finding *grown, *f;

	if (site->nr == SITE_ENDPOINTS_MAX ||
	    (strchr(tmpl, '?') && count_queries(site, tmpl) >= SITE_QUERIES_MAX)) {
		site->too_many++;
		return -ENOSPC;
	}
	grown = realloc(site->findings, (site->nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	site->findings = grown;
	f = &grown[site->nr];
	*f = (struct finding){ .method = strdup(method),
			       .tmpl = strdup(tmpl),
			       .found_at = strdup(found_at) };
	if (!f->method || !f->tmpl || !f->found_at) {
		site_free_finding(f);
		return -ENOMEM;
	}
	site->nr++;
	*finding = f;
	return 0;
}

int site_add_template(struct site *site, const char *method, const char *tmpl,
		      enum site_source source, const char *found_at, struct finding **finding)
{
	int status = 0;

	*finding = NULL;
	if (strlen(tmpl) > TEMPLATE_LEN_MAX) {
		site->too_long++;
		return -E2BIG;
	}
	*finding = find(site, method, tmpl);
	if (!*finding)
		status = add(site, method, tmpl, found_at, finding);
	if (!status)
		(*finding)->sources |= 1U << source;
	return status;
}

struct instance *site_instance(struct finding *finding, const char *target)
{
	struct instance *grown;
	size_t i;

	for (i = 0; i < finding->nr_instances; i++) {
		if (strcmp(finding->instances[i].target, target) == 0)
			return &finding->instances[i];
	}
	if (finding->nr_instances == SITE_INSTANCES_MAX)
		return NULL;
	grown = realloc(finding->instances, (finding->nr_instances + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	finding->instances = grown;
	grown += finding->nr_instances;
	*grown = (struct instance){ .target = strdup(target) };
	if (!grown->target)
		return NULL;
	finding->nr_instances++;
	return grown;
}

int site_add_target(struct site *site, const char *method, const char *target,
		    enum site_source source, const char *found_at, struct finding **finding,
		    struct instance **instance)
{
	char *tmpl = NULL;
	int status = template_of(target, &tmpl);

	*finding = NULL;
	*instance = NULL;
	if (status == -E2BIG)
		site->too_long++;
	if (!status)
		status = site_add_template(site, method, tmpl, source, found_at, finding);
	if (!status)
		*instance = site_instance(*finding, target);
	free(tmpl);
	return status;
}

int site_set_body(struct finding *finding, const char *body, const char *content_type)
{
	if (finding->body || !body)
		return 0;
	if (strlen(body) > SITE_BODY_MAX)
		return 0;
	finding->body = strdup(body);
	free(finding->content_type);
	finding->content_type = content_type ? strdup(content_type) : NULL;
	return finding->body && (finding->content_type || !content_type) ? 0 : -ENOMEM;
}

struct finding *site_find_target(const struct site *site, const char *method, const char *target)
{
	size_t i, k;

	for (i = 0; i < site->nr; i++) {
		struct finding *f = &site->findings[i];

		if (strcmp(f->method, method) != 0)
			continue;
		for (k = 0; k < f->nr_instances; k++) {
			if (strcmp(f->instances[k].target, target) == 0)
				return f;
		}
	}
	return NULL;
}

bool site_answered(const struct finding *finding)
{
	size_t i;

	for (i = 0; i < finding->nr_instances; i++) {
		if (finding->instances[i].status >= 200 && finding->instances[i].status < 400)
			return true;
	}
	return false;
}

size_t site_nr_asked(const struct finding *finding)
{
	size_t i, nr = 0;

	for (i = 0; i < finding->nr_instances; i++)
		nr += finding->instances[i].status != SITE_NOT_ASKED;
	return nr;
}

const char *site_source_name(enum site_source source)
{
	static const char *const names[] = {
		"link", "form", "sitemap", "script", "openapi", "har"
	};

	return names[source];
}

void site_sources_text(const struct finding *finding, char *text, size_t size)
{
	unsigned int source;
	size_t len = 0;

	*text = '\0';
	for (source = 0; source < SITE_SOURCES && len < size; source++) {
		if (finding->sources & 1U << source)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? "," : "",
						site_source_name(source));
	}
}
