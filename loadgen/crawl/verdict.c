// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "loadgen/crawl/verdict.h"

static bool is_safe(const struct finding *f)
{
	return strcmp(f->method, "GET") == 0 || strcmp(f->method, "HEAD") == 0;
}

/* DELETE goes without. */
static bool needs_body(const struct finding *f)
{
	return !is_safe(f) && strcmp(f->method, "DELETE") != 0;
}

bool verdict_uses(const struct finding *f, const struct instance *instance)
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

static enum verdict judge_safe(const struct finding *f)
{
	switch (best_status(f)) {
	case SITE_NOT_ASKED:
		return f->nr_instances ? VERDICT_NOT_ASKED : VERDICT_NO_VALUE;
	case SITE_NO_ANSWER:
		return VERDICT_NO_ANSWER;
	case SITE_FALLBACK:
		return VERDICT_FALLBACK;
	case SITE_DENIED:
		return VERDICT_DENIED;
	case SITE_ROBOTS:
		return VERDICT_ROBOTS;
	default:
		return site_answered(f) ? VERDICT_USED : VERDICT_STATUS;
	}
}

static enum verdict judge_write(const struct finding *f)
{
	size_t i;

	if (!f->nr_instances)
		return VERDICT_NO_VALUE;
	for (i = 0; i < f->nr_instances && !verdict_uses(f, &f->instances[i]); i++)
		;
	if (i == f->nr_instances)
		return f->instances[0].status == SITE_ROBOTS ? VERDICT_ROBOTS : VERDICT_DENIED;
	return needs_body(f) && !f->body ? VERDICT_NO_BODY : VERDICT_USED;
}

enum verdict verdict_of(const struct finding *f, bool write_methods)
{
	if (is_safe(f))
		return judge_safe(f);
	return write_methods ? judge_write(f) : VERDICT_WRITES;
}

void verdict_text(const struct finding *f, enum verdict verdict, char *text, size_t size)
{
	static const char *const why[] = {
		[VERDICT_USED] = "in the workload",
		[VERDICT_WRITES] = "changes things: --write-methods keeps it",
		[VERDICT_NO_VALUE] = "no value known for its slots: give one with --var NAME=VALUE",
		[VERDICT_NO_BODY] = "no body known: write one into the workload",
		[VERDICT_FALLBACK] = "only the page that the site has for every address came",
		[VERDICT_NO_ANSWER] = "no answer came",
		[VERDICT_NOT_ASKED] = "a limit was reached before: raise --pages or --depth",
		[VERDICT_DENIED] = "on the deny list",
		[VERDICT_ROBOTS] = "forbidden by robots.txt: --no-robots ignores that",
	};

	if (verdict == VERDICT_STATUS)
		snprintf(text, size, "answered %d", best_status(f));
	else
		snprintf(text, size, "%s", why[verdict]);
}

void verdict_status(const struct finding *f, char *text, size_t size)
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
					   : "-");
}
