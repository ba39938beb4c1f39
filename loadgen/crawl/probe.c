// SPDX-License-Identifier: GPL-2.0-only
/* Templates are given addresses: of values that the site showed, tried one by one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/url.h"
#include "loadgen/crawl/walk.h"

#define TRIES_PER_VARIANT 3 /* while none was answered */
#define CANDIDATES_MAX	  60
#define COMBINATIONS_MAX  3

struct candidates {
	const char *value[TEMPLATE_SLOTS_MAX][CANDIDATES_MAX];
	size_t nr[TEMPLATE_SLOTS_MAX];
	size_t nr_slots, most;
};

/* Values for each slot of @f. False when one has none. */
static bool find_candidates(const struct walk *w, const struct finding *f, size_t most,
			    struct candidates *c)
{
	struct span slot[TEMPLATE_SLOTS_MAX];
	size_t i;

	*c = (struct candidates){ .nr_slots = template_slots(f->tmpl, slot) };
	if (most > CANDIDATES_MAX)
		most = CANDIDATES_MAX;
	for (i = 0; i < c->nr_slots; i++) {
		struct span before = template_context(f->tmpl, i);

		c->nr[i] = values_candidates(&w->site->values, slot[i].text, slot[i].len,
					     before.text, before.len, !f->guess, c->value[i], most);
		if (!c->nr[i] && f->guess)
			c->value[i][c->nr[i]++] = f->guess;
		if (!c->nr[i])
			return false;
		if (c->nr[i] > c->most)
			c->most = c->nr[i];
	}
	return c->nr_slots > 0;
}

/* How many more addresses of @f may be asked for. */
static size_t tries_left(const struct walk *w, const struct finding *f)
{
	size_t most = w->config->variants * (site_answered(f) ? 1 : TRIES_PER_VARIANT);

	return f->nr_queued < most ? most - f->nr_queued : 0;
}

/* Queues the address @target of the endpoint @f. 0, -EEXIST when it was, or -ENOMEM. */
static int try_target(struct walk *w, struct finding *f, const char *target)
{
	struct instance *instance;
	int forbidden = walk_forbidden(w, target), status;

	if (strlen(target) > CRAWL_URL_MAX)
		return -EEXIST;
	instance = site_instance(f, target);
	if (!instance)
		return -EEXIST;
	if (forbidden)
		instance->status = forbidden;
	if (forbidden || instance->status || !walk_is_safe(f->method))
		return -EEXIST;
	status = frontier_add(&w->probes, f->method, target, "/", 1, 0);
	if (status == -ENOSPC) {
		w->stats->dropped++;
		return -EEXIST;
	}
	f->nr_queued += status == 0;
	return status;
}

static int probe(struct walk *w, struct finding *f, struct candidates *c, size_t *nr)
{
	size_t left = tries_left(w, f), i, k;

	if (!left || !find_candidates(w, f, w->config->variants * TRIES_PER_VARIANT, c))
		return 0;
	for (i = 0; i < c->most && left; i++) {
		const char *value[TEMPLATE_SLOTS_MAX];
		char *target;
		int status;

		for (k = 0; k < c->nr_slots; k++)
			value[k] = c->value[k][i % c->nr[k]];
		target = template_expand(f->tmpl, value);
		if (!target)
			return -ENOMEM;
		status = try_target(w, f, target);
		free(target);
		if (status && status != -EEXIST)
			return status;
		left -= status == 0;
		*nr += status == 0;
	}
	return 0;
}

int walk_probe(struct walk *w, size_t *nr)
{
	const unsigned int described = 1U << SITE_SCRIPT | 1U << SITE_OPENAPI | 1U << SITE_FORM;
	struct candidates *c = malloc(sizeof(*c));
	int status = c ? 0 : -ENOMEM;
	size_t i;

	*nr = 0;
	for (i = 0; !status && i < w->site->nr; i++) {
		struct finding *f = &w->site->findings[i];

		/* Templates made of addresses have their instances: those. */
		if (strchr(f->tmpl, '{') && (f->sources & described || !f->nr_instances) &&
		    (walk_is_safe(f->method) || w->config->write_methods))
			status = probe(w, f, c, nr);
	}
	free(c);
	return status;
}

static bool is_good(const struct instance *instance)
{
	return instance->status >= 200 && instance->status < 400;
}

/* The address of @f with slot @slot as in @a and the others as in @b; NULL: no memory. */
static char *cross(const struct finding *f, const struct span *a, const struct span *b, size_t slot,
		   size_t nr_slots)
{
	char *text[TEMPLATE_SLOTS_MAX] = { 0 }, *target = NULL;
	bool complete = true;
	size_t i;

	for (i = 0; i < nr_slots; i++) {
		const struct span *from = i == slot ? &a[i] : &b[i];

		text[i] = strndup(from->text, from->len);
		complete &= text[i] != NULL;
	}
	if (complete)
		target = template_expand(f->tmpl, (const char *const *)text);
	for (i = 0; i < nr_slots; i++)
		free(text[i]);
	return target;
}

/* Whether @f has the address @target already. */
static bool is_known(const struct finding *f, const char *target)
{
	size_t i;

	for (i = 0; i < f->nr_instances; i++) {
		if (strcmp(f->instances[i].target, target) == 0)
			return true;
	}
	return false;
}

/* Asks for @target; the values of @f are joint when that fails, or cannot be tried. */
static int try_combination(struct walk *w, struct finding *f, const char *target)
{
	struct instance *instance;
	struct page page;
	int status;

	f->joint = true;
	if (walk_forbidden(w, target) || w->pages >= w->config->pages)
		return 0;
	instance = site_instance(f, target);
	if (!instance)
		return 0;
	status = walk_fetch(w, f->method, target, &page);
	if (!status) {
		w->pages++;
		instance->status = walk_is_fallback(w, &page) ? SITE_FALLBACK
				   : page.status	      ? (int)page.status
							      : SITE_NO_ANSWER;
		f->joint = !is_good(instance);
		page_free(&page);
	}
	return status == -EINTR ? 0 : status;
}

/* Tries up to a few addresses that the values of @f allow and nobody has seen. */
static int combine(struct walk *w, struct finding *f)
{
	struct span a[TEMPLATE_SLOTS_MAX], b[TEMPLATE_SLOTS_MAX], slot[TEMPLATE_SLOTS_MAX];
	size_t nr_slots = template_slots(f->tmpl, slot), known = f->nr_instances, tried = 0, i, k;
	int status = 0;

	for (i = 1; i < known && !status && !f->joint; i++) {
		if (!is_good(&f->instances[i]) || !is_good(&f->instances[0]) ||
		    !template_match(f->tmpl, f->instances[0].target, a) ||
		    !template_match(f->tmpl, f->instances[i].target, b))
			continue;
		for (k = 0; k < nr_slots && !status && !f->joint && tried < COMBINATIONS_MAX; k++) {
			char *target = cross(f, a, b, k, nr_slots);

			if (!target)
				return -ENOMEM;
			if (!is_known(f, target)) {
				tried++;
				status = try_combination(w, f, target);
			}
			free(target);
		}
	}
	return status;
}

/* The first instance that was answered goes to the front: combine() starts from it. */
static void put_good_first(struct finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_instances; i++) {
		if (is_good(&f->instances[i])) {
			struct instance first = f->instances[i];

			f->instances[i] = f->instances[0];
			f->instances[0] = first;
			return;
		}
	}
}

int walk_combinations(struct walk *w)
{
	struct span slot[TEMPLATE_SLOTS_MAX];
	int status = 0;
	size_t i;

	for (i = 0; !status && i < w->site->nr; i++) {
		struct finding *f = &w->site->findings[i];

		if (template_slots(f->tmpl, slot) < 2)
			continue;
		put_good_first(f);
		if (walk_is_safe(f->method))
			status = combine(w, f);
		else
			f->joint = true;
	}
	return status;
}

/* Asks for @target without cookies: *@good tells whether it answers all the same. */
static int ask_bare(struct walk *w, const char *method, const char *target, bool *good)
{
	struct page page;
	int status;

	w->bare = true;
	status = walk_fetch(w, method, target, &page);
	w->bare = false;
	if (status)
		return status;
	*good = page.status >= 200 && page.status < 300 && !walk_is_fallback(w, &page);
	page_free(&page);
	return 0;
}

/* The first address of @f that answered with a page of its own; NULL: none. */
static const char *first_page(const struct finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_instances; i++) {
		if (f->instances[i].status >= 200 && f->instances[i].status < 300)
			return f->instances[i].target;
	}
	return NULL;
}

int walk_without_cookies(struct walk *w)
{
	int status = 0;
	size_t i, k;

	for (i = 0; w->config->bare_arg && !status && i < w->site->nr; i++) {
		struct finding *f = &w->site->findings[i];
		const char *target = f->cookies && walk_is_safe(f->method) ? first_page(f) : NULL;
		bool good = true;

		if (target)
			status = ask_bare(w, f->method, target, &good);
		for (k = 0; !good && k < f->nr_instances; k++)
			f->instances[k].status = SITE_COOKIE;
	}
	return status == -EINTR ? 0 : status;
}
