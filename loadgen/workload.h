/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of the server: endpoints with weights, from a YAML file or from one URL. */
#ifndef SITU_LOADGEN_WORKLOAD_H
#define SITU_LOADGEN_WORKLOAD_H

#include "loadgen/vartext.h"
#include "user/base/config.h"
#include "user/base/err.h"

#define WORKLOAD_ENDPOINTS_MAX 1000
#define WORKLOAD_HEADERS_MAX   64

struct expect {
	u32 *status;	/* NULL: any below 400 */
	char *contains; /* NULL: anything */
};

/* One entry of `endpoints`. The first members are as the file has them, NULL when left out. */
struct target {
	char *name;
	char *method;
	char *path;
	char **headers;
	unsigned int nr_headers;
	char *body;
	struct expect *expect;
	u32 *weight;

	char *title; /* name, or "METHOD path"; cleaned; unique in the workload */
	const char *verb;
	struct vartext path_template;
	struct vartext *header_templates; /* nr_headers of them */
	struct vartext body_template;
	u16 *fallback; /* of expect->contains, see loadgen/match.h; NULL without one */
};

struct workload {
	char *base; /* "http://host:port[/prefix]" without a '/' at its end; NULL until it is set */
	struct variable *vars;
	unsigned int nr_vars;
	struct target *targets;
	unsigned int nr_targets;
	u64 *cumulated; /* weights, for schedule_pick() */
	bool literal;	/* texts are not templates */
};

/* The libcyaml schema of the file, for the test that holds the JSON Schema against it. */
const cyaml_schema_value_t *workload_yaml(void);

/*
 * Reads a workload from the file @path, or from @text[@len] called @file in errors. Everything is
 * checked: the workload can be sent when it has a base. The caller frees it with workload_free().
 * NULL with @err set.
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

void workload_free(struct workload *w);

#endif
