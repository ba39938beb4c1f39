/* SPDX-License-Identifier: GPL-2.0-only */
/* A site as a workload file that `situ load -f` takes as it is. */
#ifndef SITU_CRAWL_EMIT_H
#define SITU_CRAWL_EMIT_H

#include "loadgen/crawl/site.h"

#define EMIT_BYTES_MAX	   (1U << 20) /* what workload_load() reads */
#define EMIT_VALUES_MAX	   50	      /* of a variable */
#define EMIT_VALUE_LEN_MAX 200

struct emitted {
	size_t endpoints;
	size_t variables;
	size_t pinned;	/* endpoints of which one address had to do: too many variables */
	size_t too_big; /* endpoints left out: the file would be too long */
};

/*
 * Writes the endpoints of the finished @site that are used (fate.h) to @out as YAML, with
 * @origin as base, what was left out as comments, and a first line that names @url. 0 with
 * @emitted filled, or -ENOMEM.
 */
int emit_workload(const struct site *site, const char *origin, const char *url, bool write_methods,
		  struct buf *out, struct emitted *emitted);

/* Adds @text as a YAML scalar, quoted where that is needed. Returns to->failed. */
int emit_scalar(struct buf *to, const char *text);

/* Adds @text so that vartext_compile() finds no variable in it. Returns to->failed. */
int emit_literal(struct buf *to, const char *text);

#endif
