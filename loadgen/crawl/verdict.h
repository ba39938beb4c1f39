/* SPDX-License-Identifier: GPL-2.0-only */
/* Which endpoints go into the workload, and why the others do not. */
#ifndef SITU_CRAWL_VERDICT_H
#define SITU_CRAWL_VERDICT_H

#include "loadgen/crawl/site.h"

enum verdict {
	VERDICT_USED,
	VERDICT_WRITES,	   /* its method changes things, and that was not asked for */
	VERDICT_NO_VALUE,  /* no value is known for one of its slots */
	VERDICT_NO_BODY,   /* no body is known to send */
	VERDICT_STATUS,	   /* it answered 400 or above */
	VERDICT_FALLBACK,  /* only the page that the site has for every address came */
	VERDICT_NO_ANSWER, /* nothing came */
	VERDICT_NOT_ASKED, /* a limit was reached before */
	VERDICT_DENIED,
	VERDICT_ROBOTS,
};

enum verdict verdict_of(const struct finding *f, bool write_methods);

/* Whether @instance of a used endpoint goes into the workload. */
bool verdict_uses(const struct finding *f, const struct instance *instance);

/* Why, in a few words, with what to do: "no value known for {id}: add one with --var". */
void verdict_text(const struct finding *f, enum verdict verdict, char *text, size_t size);

/* How it answered: "200", "404", "denied", "-". */
void verdict_status(const struct finding *f, char *text, size_t size);

#endif
