/* SPDX-License-Identifier: GPL-2.0-only */
/* Which endpoints go into the workload, and why the others do not. */
#ifndef SITU_CRAWL_FATE_H
#define SITU_CRAWL_FATE_H

#include "loadgen/crawl/site.h"

enum fate {
	FATE_USED,
	FATE_WRITES,	/* its method changes things, and that was not asked for */
	FATE_NO_VALUE,	/* no value is known for one of its slots */
	FATE_NO_BODY,	/* no body is known to send */
	FATE_STATUS,	/* it answered 400 or above */
	FATE_FALLBACK,	/* only the page that the site has for every address came */
	FATE_NO_ANSWER, /* nothing came */
	FATE_NOT_ASKED, /* a limit was reached before */
	FATE_DENIED,
	FATE_ROBOTS,
	FATE_COOKIE, /* it needs a cookie, and a request by itself has none */
};

enum fate fate_of(const struct finding *f, bool write_methods);

/* Whether @instance of a used endpoint goes into the workload. */
bool fate_uses(const struct finding *f, const struct instance *instance);

/* In a word or two: "yes", "no value"; what it says in JSON and in a table. */
const char *fate_name(enum fate fate);

/* Why, in a few words, with what to do: "no value known for {id}: add one with --var". */
void fate_text(const struct finding *f, enum fate fate, char *text, size_t size);

/* How it answered: "200", "404", "denied", "-". */
void fate_status(const struct finding *f, char *text, size_t size);

#endif
