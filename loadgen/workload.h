/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of the server: single requests (endpoints) and sequences of them (sessions), with
 * weights, from a YAML file or from one URL. One draw by weight, an arrival, is either.
 */
#ifndef SITU_LOADGEN_WORKLOAD_H
#define SITU_LOADGEN_WORKLOAD_H

#include "loadgen/csv.h"
#include "loadgen/extract.h"
#include "loadgen/vartext.h"
#include "user/base/config.h"
#include "user/base/err.h"

#define WORKLOAD_ENDPOINTS_MAX 1000 /* steps of sessions included */
#define WORKLOAD_HEADERS_MAX   64
#define WORKLOAD_SESSIONS_MAX  64
#define WORKLOAD_STEPS_MAX     200 /* of one list */
#define WORKLOAD_DATA_MAX      8
#define WORKLOAD_EXTRACTS_MAX  64 /* names that a session extracts */
#define WORKLOAD_SYMBOLS_MAX   256
#define WORKLOAD_PICKS_MAX     256 /* values that EXTRACT_ROUND chooses from */
#define WORKLOAD_STATUS_MAX    599

/* In the structs of this file the first members are as the file has them, NULL when left out. */

struct expect_json {
	char *pointer;
	char *equals;
};

struct expect {
	char *status;	/* NULL: any below 400 */
	char *contains; /* NULL: anything */
	struct expect_json *json;
	unsigned int nr_json;

	u64 statuses[WORKLOAD_STATUS_MAX / 64 + 1]; /* a bit for each; see expect_status() */
	u16 *fallback; /* of contains, see loadgen/match.h; NULL without one */
};

enum extract_source { EXTRACT_JSON, EXTRACT_REGEX, EXTRACT_HEADER, EXTRACT_COOKIE };
enum extract_pick {
	EXTRACT_RANDOM,
	EXTRACT_FIRST,
	EXTRACT_LAST,
	EXTRACT_ROUND, /* one of all for each round of a group */
};

/* An entry of `extract`: a value of the answer that later steps may name. */
struct extract_rule {
	char *name;
	char *from;
	char *pointer;
	char *list;
	char *where;
	char *pick;
	char *pattern;
	char *header;
	char *cookie;

	enum extract_source source;
	enum extract_pick picked;
	struct regex *regex; /* NULL without a pattern */
	unsigned int value;  /* number of the value in the session */
};

/* A request, of `endpoints` or of a session's `steps`; or, there, steps that belong together. */
struct target {
	char *name;
	char *method;
	char *path;
	char **headers;
	unsigned int nr_headers;
	char *body;
	struct expect *expect;
	u32 *weight; /* of an endpoint */
	char *think; /* the rest: of a step */
	u32 *repeat;
	char *chance;
	struct extract_rule *extract;
	unsigned int nr_extract;
	struct target *steps;
	unsigned int nr_steps;

	char *title; /* name, or "METHOD path"; cleaned; unique in the workload */
	const char *verb;
	struct vartext path_template;
	struct vartext *header_templates; /* nr_headers of them */
	struct vartext body_template;
	bool keeps_body; /* the answer is looked at as a whole */
};

#define CHANCE_ALWAYS 1000000

/* How often something happens in a session. */
struct odds {
	u32 repeat;
	u32 chance; /* of each time, in millionths */
};

struct range {
	u64 min_ns;
	u64 max_ns;
};

struct step {
	unsigned int target;
	struct odds odds;
	struct range think; /* before the step */
};

/* Steps that are repeated or left out together; a step on its own is a block of one. */
struct block {
	struct odds odds;
	unsigned int first; /* of the session's steps */
	unsigned int nr;
};

struct user_session {
	char *name;
	u32 *weight;
	char *think;
	char *pause;
	struct target *items; /* `steps` */
	unsigned int nr_items;

	struct block *blocks;
	unsigned int nr_blocks;
	struct step *steps;
	unsigned int nr_steps;
	struct range pause_range;
	struct symbol *symbols; /* the workload's, then those that it extracts */
	unsigned int nr_symbols;
	unsigned int nr_values; /* how many it extracts */
};

struct data {
	char *file;
	char *as;
	char *order;

	struct csv csv;
	bool random;
	char **names;	    /* "as.column", one per column */
	unsigned int first; /* its first column's symbol */
};

struct workload {
	char *base; /* "http://host:port[/prefix]" without a '/' at its end; NULL until it is set */
	struct variable *vars;
	unsigned int nr_vars;
	struct data *data;
	unsigned int nr_data;
	struct target *endpoints;
	unsigned int nr_endpoints;
	struct user_session *sessions;
	unsigned int nr_sessions;

	/* All requests: the endpoints, then the steps, session by session. */
	struct target *targets;
	unsigned int nr_targets;
	unsigned int nr_items;	/* endpoints and sessions: what arrivals are drawn from */
	u64 *cumulated;		/* their weights, for schedule_pick() */
	double mean_requests;	/* of an arrival, if all answers are good; 1 without sessions */
	struct symbol *symbols; /* vars, then columns of data */
	unsigned int nr_symbols;
	bool literal; /* texts are not templates */
};

/* The libcyaml schema of the file, for the test that holds the JSON Schema against it. */
const cyaml_schema_value_t *workload_yaml(void);

/*
 * Reads a workload from the file @path, or from @text[@len] called @file in errors. Everything is
 * checked: the workload can be sent when it has a base. Data files are looked for beside @file.
 * The caller frees it with workload_free(). NULL with @err set.
 */
struct workload *workload_load(const char *path, struct err *err);
struct workload *workload_parse(const char *file, const char *text, size_t len, struct err *err);

/*
 * A workload of the one endpoint @url, which is taken as it is: braces are braces. @method NULL:
 * GET, or POST with a @body; @body NULL: none. NULL with @err set.
 */
struct workload *workload_from_url(const char *url, const char *method, const char *body,
				   struct err *err);

/* Sets or replaces the base by @url; a query or fragment in it is an error. 0 or -1 with @err. */
int workload_set_base(struct workload *w, const char *url, struct err *err);

/* Checks a header "Name: value" of the command line. 0, or -1 with @err set. */
int workload_check_header(const char *header, struct err *err);

/* The session of item @item (as schedule_pick() draws it), NULL when it is an endpoint. */
const struct user_session *workload_session(const struct workload *w, size_t item);

/* The target of item @item: of an endpoint, or of a session's first step. */
unsigned int workload_first_target(const struct workload *w, size_t item);

/* Whether status @code is expected; @expect may be NULL. */
bool expect_status(const struct expect *expect, long code);

void workload_free(struct workload *w);

#endif
