/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that wait to be asked for, each once, first come first served. */
#ifndef SITU_CRAWL_FRONTIER_H
#define SITU_CRAWL_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>

#define FRONTIER_MAX 20000 /* addresses remembered in all */

struct waiting {
	char *method;
	char *target;
	char *from;	    /* the page that named it: what its script's relative paths refer to */
	unsigned int depth; /* links from the start */
	unsigned int hops;  /* redirects in a row */
};

struct frontier {
	struct waiting *queue; /* of all that were ever added; the first `next` are taken */
	size_t nr, size, next;
	void *seen; /* tsearch() tree of the queue's "METHOD target" */
};

/* Adds an address unless it was added before. 0, -EEXIST, -ENOSPC when it is full, -ENOMEM. */
int frontier_add(struct frontier *f, const char *method, const char *target, const char *from,
		 unsigned int depth, unsigned int hops);

/* Takes the next one, good until frontier_add(); NULL: there is none. */
const struct waiting *frontier_take(struct frontier *f);

size_t frontier_left(const struct frontier *f);
void frontier_free(struct frontier *f);

#endif
