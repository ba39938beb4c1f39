/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptions of a site that the user names: read, and kept as JSON. */
#ifndef SITU_CMD_CRAWL_DOCUMENTS_H
#define SITU_CMD_CRAWL_DOCUMENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "user/base/err.h"
#include "user/base/opts.h"

#define DOCUMENTS_MAX OPT_LIST_MAX

struct documents {
	json_t *doc[DOCUMENTS_MAX];
	const char *name[DOCUMENTS_MAX];
	size_t nr;
	bool yaml; /* may be YAML as well */
};

/* Adds @text[@len], for which there is room. @name outlives it. 0, or -1 with @err set. */
int documents_add(struct documents *d, const char *name, const char *text, size_t len,
		  struct err *err);

/* The same from the file @name. */
int documents_read(struct documents *d, const char *name, struct err *err);

void documents_free(struct documents *d);

#endif
