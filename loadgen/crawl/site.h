/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a site: its endpoints, where each was found and how it answered. */
#ifndef SITU_CRAWL_SITE_H
#define SITU_CRAWL_SITE_H

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/values.h"

#define SITE_ENDPOINTS_MAX 1000 /* as many as a workload can have */
#define SITE_INSTANCES_MAX 100	/* addresses kept of each */
#define SITE_QUERIES_MAX   8	/* sets of query keys kept of each path */
#define SITE_BODY_MAX	   65536

enum site_source { SITE_LINK, SITE_FORM, SITE_SITEMAP, SITE_SCRIPT, SITE_OPENAPI, SITE_HAR };
#define SITE_SOURCES 6

/* What became of an address, beside an HTTP status. */
enum {
	SITE_NOT_ASKED = 0,
	SITE_NO_ANSWER = -1, /* no HTTP answer came */
	SITE_FALLBACK = -2,  /* the page that the site gives for any address */
	SITE_DENIED = -3,    /* the deny list forbids it */
	SITE_ROBOTS = -4,    /* robots.txt forbids it */
	SITE_COOKIE = -5,    /* it answers well only with a cookie that the site had set */
};

struct instance {
	char *target;
	int status; /* HTTP status, or one of the above */
};

/* An endpoint: a method and a template, with the addresses that are instances of it. */
struct finding {
	char *method;
	char *tmpl;
	unsigned int sources; /* 1U << enum site_source */
	char *found_at;	      /* the page or file that named it first */
	struct instance *instances;
	size_t nr_instances;
	char *body; /* of a method that has one; NULL: not known */
	char *content_type;
	const char *guess; /* a value to try for slots that none is known for; NULL: none */
	size_t nr_queued;  /* instances that were asked for or wait for it */
	bool cookies;	   /* the site's may have gone out with the requests for it */
	bool joint;	   /* the values of its slots only go together as they were found */
};

struct site {
	struct finding *findings;
	size_t nr;
	struct values values;
	unsigned long long too_many; /* left out because of one of the maxima */
	unsigned long long too_long;
};

void site_free(struct site *site);

/* Frees what @finding points to, not the struct. */
void site_free_finding(struct finding *finding);

/*
 * Adds what @method @tmpl was found as. 0 with *@finding set (also when it was known), -ENOSPC
 * when there is no room, -E2BIG when it is too long, -ENOMEM. Pointers to findings are good until
 * the next one is added.
 */
int site_add_template(struct site *site, const char *method, const char *tmpl,
		      enum site_source source, const char *found_at, struct finding **finding);

/*
 * Adds the address @target under its template; *@instance as above, NULL when the endpoint has
 * enough of them. 0, -ENOSPC, -E2BIG, -ENOMEM.
 */
int site_add_target(struct site *site, const char *method, const char *target,
		    enum site_source source, const char *found_at, struct finding **finding,
		    struct instance **instance);

/* Sets the body to send with @finding, unless it has one. 0 or -ENOMEM. */
int site_set_body(struct finding *finding, const char *body, const char *content_type);

/* The instance @target of @finding, added when it is new; NULL: no room or no memory. */
struct instance *site_instance(struct finding *finding, const char *target);

/* The endpoint of @method that has the instance @target; NULL: none. */
struct finding *site_find_target(const struct site *site, const char *method, const char *target);

/* Whether an instance of @finding answered with a status below 400. */
bool site_answered(const struct finding *finding);

/* How many instances of @finding were asked for. */
size_t site_nr_asked(const struct finding *finding);

/*
 * After the last request: addresses found literally that a template of a script or description
 * covers become its instances; ten and more siblings of one folder become one endpoint; the
 * endpoints are put in order. 0 or -ENOMEM.
 */
int site_finish(struct site *site);

/* "link", "form", ...; the sources of @finding joined by ','. */
const char *site_source_name(enum site_source source);
void site_sources_text(const struct finding *finding, char *text, size_t size);

#endif
