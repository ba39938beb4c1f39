// SPDX-License-Identifier: GPL-2.0-only
/* The last look at a site: what are instances of one endpoint, although their paths do not say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/site.h"

#define SIBLINGS_MIN 10

/* Who describes an interface by templates; the others only name addresses. */
#define DESCRIPTIONS (1U << SITE_SCRIPT | 1U << SITE_OPENAPI | 1U << SITE_FORM)

/* Moves the instances of @from to @to and marks @from as gone. */
static int absorb(struct finding *to, struct finding *from)
{
	size_t i;

	for (i = 0; i < from->nr_instances; i++) {
		struct instance *into = site_instance(to, from->instances[i].target);

		if (!into && to->nr_instances < SITE_INSTANCES_MAX)
			return -ENOMEM;
		if (into && into->status == SITE_NOT_ASKED)
			into->status = from->instances[i].status;
	}
	to->sources |= from->sources;
	to->cookies |= from->cookies;
	free(from->method);
	from->method = NULL;
	return 0;
}

/* Frees what absorb() emptied. */
static void sweep(struct site *site)
{
	size_t i, kept = 0;

	for (i = 0; i < site->nr; i++) {
		if (site->findings[i].method)
			site->findings[kept++] = site->findings[i];
		else
			site_free_finding(&site->findings[i]);
	}
	site->nr = kept;
}

/* A template that says enough of a path to claim others: its first segment is literal. */
static bool may_claim(const struct finding *f)
{
	return f->method && (f->sources & DESCRIPTIONS) && strchr(f->tmpl, '{') &&
	       f->tmpl[1] != '{' && site_answered(f);
}

/* Whether @f was only ever seen as an address, and one that @tmpl covers. */
static bool is_covered(const struct finding *f, const char *method, const char *tmpl)
{
	struct span value[TEMPLATE_SLOTS_MAX];

	return f->method && !(f->sources & DESCRIPTIONS) && !strchr(f->tmpl, '{') &&
	       strcmp(f->method, method) == 0 && template_match(tmpl, f->tmpl, value);
}

static int adopt_literals(struct site *site)
{
	size_t i, k;

	for (i = 0; i < site->nr; i++) {
		struct finding *claimant = &site->findings[i];
		const char *method = claimant->method, *tmpl = claimant->tmpl;

		if (!may_claim(claimant))
			continue;
		for (k = 0; k < site->nr; k++) {
			if (is_covered(&site->findings[k], method, tmpl) &&
			    absorb(claimant, &site->findings[k]))
				return -ENOMEM;
		}
	}
	return 0;
}

/* The template of @f with its last path segment as a slot; NULL when it is not to be joined. */
static char *folder_template(const struct finding *f)
{
	const char *last = strrchr(f->tmpl, '/'), *start, *dot;
	struct buf text = buf_init(TEMPLATE_LEN_MAX);
	char name[TEMPLATE_NAME_MAX];

	if (!last || strpbrk(f->tmpl, "{?") || (f->sources & DESCRIPTIONS) || last == f->tmpl ||
	    !last[1] || strcmp(f->method, "GET") != 0 || !site_answered(f))
		return NULL;
	start = last;
	while (start > f->tmpl && start[-1] != '/')
		start--;
	template_singular(start, (size_t)(last - start), name);
	buf_add(&text, f->tmpl, (size_t)(last + 1 - f->tmpl));
	template_add_slot(&text, name);
	/* Only files of one kind are alike: the extension stays. */
	dot = strrchr(last, '.');
	if (dot && dot > last + 1)
		buf_puts(&text, dot);
	if (text.failed)
		buf_free(&text);
	return text.data;
}

static size_t count_same(char *const *tmpl, size_t nr, const char *wanted)
{
	size_t i, same = 0;

	for (i = 0; i < nr; i++)
		same += tmpl[i] && strcmp(tmpl[i], wanted) == 0;
	return same;
}

/* The endpoint that has the template @tmpl already, such as /img/{img}.png from /img/1.png. */
static struct finding *find_template(const struct site *site, const char *tmpl)
{
	size_t i;

	for (i = 0; i < site->nr; i++) {
		struct finding *f = &site->findings[i];

		if (f->method && strcmp(f->method, "GET") == 0 && template_same(f->tmpl, tmpl))
			return f;
	}
	return NULL;
}

/* Makes one endpoint of the siblings of @tmpl[@first]: the one that is there, or the first. */
static int join(struct site *site, char **tmpl, size_t first)
{
	struct finding *known = find_template(site, tmpl[first]);
	struct finding *f = known ? known : &site->findings[first];
	size_t i;

	for (i = known ? first : first + 1; i < site->nr; i++) {
		if (!tmpl[i] || strcmp(tmpl[i], tmpl[first]) != 0)
			continue;
		if (absorb(f, &site->findings[i]))
			return -ENOMEM;
		if (i == first)
			continue;
		free(tmpl[i]);
		tmpl[i] = NULL;
	}
	if (known)
		return 0;
	free(f->tmpl);
	f->tmpl = tmpl[first];
	tmpl[first] = NULL;
	return 0;
}

static int join_siblings(struct site *site)
{
	char **tmpl = calloc(site->nr + 1, sizeof(*tmpl));
	int status = tmpl ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !status && i < site->nr; i++)
		tmpl[i] = folder_template(&site->findings[i]);
	for (i = 0; !status && i < site->nr; i++) {
		if (tmpl[i] && site->findings[i].method &&
		    count_same(tmpl, site->nr, tmpl[i]) >= SIBLINGS_MIN)
			status = join(site, tmpl, i);
	}
	for (i = 0; tmpl && i < site->nr; i++)
		free(tmpl[i]);
	free(tmpl);
	return status;
}

static int by_path(const void *left, const void *right)
{
	const struct finding *l = left, *r = right;
	int order = strcmp(l->tmpl, r->tmpl);

	return order ? order : strcmp(l->method, r->method);
}

int site_finish(struct site *site)
{
	int status = adopt_literals(site);

	sweep(site);
	if (!status)
		status = join_siblings(site);
	sweep(site);
	if (site->nr)
		qsort(site->findings, site->nr, sizeof(*site->findings), by_path);
	return status;
}
