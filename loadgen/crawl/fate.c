// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "loadgen/crawl/fate.h"

static bool is_safe(const struct finding *f)
{
	return strcmp(f->method, "GET") == 0 || strcmp(f->method, "HEAD") == 0;
}

/* DELETE goes without. */
static bool needs_body(const struct finding *f)
{
	return !is_safe(f) && strcmp(f->method, "DELETE") != 0;
}

bool fate_uses(const struct finding *f, const struct instance *instance)
{
	if (instance->status == SITE_NOT_ASKED)
		return true;
	return is_safe(f) && instance->status >= 200 && instance->status < 400;
}

/* The status that says most about @f: a good one, then what the server said, then the rest. */
static int best_status(const struct finding *f)
{
	int best = SITE_NOT_ASKED;
	size_t i;

	for (i = 0; i < f->nr_instances; i++) {
		int status = f->instances[i].status;

		if (status >= 200 && status < 400)
			return status;
		if (status > best || best == SITE_NOT_ASKED)
			best = status;
	}
	return best;
}

static enum fate judge_safe(const struct finding *f)
{
	switch (best_status(f)) {
	case SITE_NOT_ASKED:
		return f->nr_instances ? FATE_NOT_ASKED : FATE_NO_VALUE;
	case SITE_NO_ANSWER:
		return FATE_NO_ANSWER;
	case SITE_FALLBACK:
		return FATE_FALLBACK;
	case SITE_DENIED:
		return FATE_DENIED;
	case SITE_ROBOTS:
		return FATE_ROBOTS;
	case SITE_COOKIE:
		return FATE_COOKIE;
	default:
		return site_answered(f) ? FATE_USED : FATE_STATUS;
	}
}

static enum fate judge_write(const struct finding *f)
{
	size_t i;

	if (!f->nr_instances)
		return FATE_NO_VALUE;
	for (i = 0; i < f->nr_instances && !fate_uses(f, &f->instances[i]); i++)
		;
	if (i == f->nr_instances)
		return f->instances[0].status == SITE_ROBOTS ? FATE_ROBOTS : FATE_DENIED;
	return needs_body(f) && !f->body ? FATE_NO_BODY : FATE_USED;
}

enum fate fate_of(const struct finding *f, bool write_methods)
{
	if (is_safe(f))
		return judge_safe(f);
	return write_methods ? judge_write(f) : FATE_WRITES;
}

const char *fate_name(enum fate fate)
{
	static const char *const names[] = {
		[FATE_USED] = "yes",
		[FATE_WRITES] = "writes",
		[FATE_NO_VALUE] = "no value",
		[FATE_NO_BODY] = "no body",
		[FATE_STATUS] = "status",
		[FATE_FALLBACK] = "fallback",
		[FATE_NO_ANSWER] = "no answer",
		[FATE_NOT_ASKED] = "not asked",
		[FATE_DENIED] = "denied",
		[FATE_ROBOTS] = "robots",
		[FATE_COOKIE] = "cookie",
	};

	return names[fate];
}

void fate_text(const struct finding *f, enum fate fate, char *text, size_t size)
{
	static const char *const why[] = {
		[FATE_USED] = "in the workload",
		[FATE_WRITES] = "changes things: --write-methods keeps it",
		[FATE_NO_VALUE] = "no value known for its slots: give one with --var NAME=VALUE",
		[FATE_NO_BODY] = "no body known: write one into the workload",
		[FATE_FALLBACK] = "only the page that the site has for every address came",
		[FATE_NO_ANSWER] = "no answer came",
		[FATE_NOT_ASKED] = "a limit was reached before: raise --pages or --depth",
		[FATE_DENIED] = "on the deny list",
		[FATE_ROBOTS] = "forbidden by robots.txt: --no-robots ignores that",
		[FATE_COOKIE] = "answers only with the site's cookies: make it a step of a session",
	};

	if (fate == FATE_STATUS)
		snprintf(text, size, "answered %d", best_status(f));
	else
		snprintf(text, size, "%s", why[fate]);
}

void fate_status(const struct finding *f, char *text, size_t size)
{
	int status = best_status(f);

	if (status > 0) {
		snprintf(text, size, "%d", status);
		return;
	}
	snprintf(text, size, "%s",
		 status == SITE_NO_ANSWER  ? "no answer"
		 : status == SITE_FALLBACK ? "fallback"
		 : status == SITE_DENIED   ? "denied"
		 : status == SITE_ROBOTS   ? "robots"
		 : status == SITE_COOKIE   ? "cookie"
					   : "-");
}
