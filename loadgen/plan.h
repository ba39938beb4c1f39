/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be prepared once for all requests to a target, shared read-only by all threads. */
#ifndef SITU_LOADGEN_PLAN_H
#define SITU_LOADGEN_PLAN_H

#include <curl/curl.h>

#include "loadgen/engine.h"

struct plan {
	const struct target *target;
	struct curl_slist *headers; /* those without variables; owned */
	CURLU *url;		    /* parsed once; owned; NULL: the path has variables */
	unsigned int nr_varying;    /* headers with variables */
	bool varies;		    /* anything has a variable */
	bool given;	 /* anything has one whose value is not drawn: text_max is more */
	size_t text_max; /* bytes for the URL, varying headers and body of one request */
};

/* What all threads share. */
struct plans {
	const struct engine_config *config;
	struct plan *plan; /* one per target of the workload */
	size_t text_max;   /* the largest of theirs */
	unsigned int varying_max;
	struct curl_slist *resolve; /* the host's addresses, looked up once; NULL: it is numeric */
};

/* 0, or -1 with @err set; free with plans_free() in either case. */
int plans_make(struct plans *plans, const struct engine_config *config, struct err *err);
void plans_free(struct plans *plans);

#endif
