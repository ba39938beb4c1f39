// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/frontier.h"

static int by_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* Remembers "@method @target". 0, -EEXIST or -ENOMEM. */
static int remember(struct frontier *f, const char *method, const char *target)
{
	char *key, **known;

	if (asprintf(&key, "%s %s", method, target) < 0)
		return -ENOMEM;
	known = tsearch(key, &f->seen, by_text);
	if (known && *known == key)
		return 0;
	free(key);
	return known ? -EEXIST : -ENOMEM;
}

static int make_room(struct frontier *f)
{
	size_t size = f->size ? 2 * f->size : 64;
	struct waiting *grown;

	if (f->nr < f->size)
		return 0;
	grown = realloc(f->queue, size * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	f->queue = grown;
	f->size = size;
	return 0;
}

static void free_waiting(struct waiting *w)
{
	free(w->method);
	free(w->target);
	free(w->from);
}

int frontier_add(struct frontier *f, const char *method, const char *target, const char *from,
		 unsigned int depth, unsigned int hops)
{
	struct waiting *w;
	int status;

	if (f->nr == FRONTIER_MAX)
		return -ENOSPC;
	if (make_room(f))
		return -ENOMEM;
	status = remember(f, method, target);
	if (status)
		return status;
	w = &f->queue[f->nr];
	*w = (struct waiting){ strdup(method), strdup(target), strdup(from), depth, hops };
	if (!w->method || !w->target || !w->from) {
		free_waiting(w);
		return -ENOMEM;
	}
	f->nr++;
	return 0;
}

const struct waiting *frontier_take(struct frontier *f)
{
	return f->next < f->nr ? &f->queue[f->next++] : NULL;
}

size_t frontier_left(const struct frontier *f)
{
	return f->nr - f->next;
}

void frontier_free(struct frontier *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		free_waiting(&f->queue[i]);
	free(f->queue);
	tdestroy(f->seen, free);
	*f = (struct frontier){ 0 };
}
