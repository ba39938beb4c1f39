/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge of workloads: what must hold before one request is sent, and what is made of it. */
#ifndef SITU_LOADGEN_WORKLOAD_CHECK_H
#define SITU_LOADGEN_WORKLOAD_CHECK_H

#include <curl/curl.h>

#include "loadgen/workload.h"
#include "user/base/config.h"

/* Where a text stands, for errors; zeroed: on the command line. */
struct place {
	const struct config_source *source;
	char path[96]; /* as config_error() takes it */
};

struct check {
	struct workload *w;
	const struct config_source *source; /* NULL: a command line */
	struct err *err;
};

/*
 * Checks the filled @w and makes what is derived from it. @source is where it came from, NULL: a
 * command line. 0, or -1 with @err set.
 */
int workload_check(struct workload *w, const struct config_source *source, struct err *err);

/*
 * The parts of @url, which stands at @at, when it is of http or https, with a host and without
 * user name and fragment; the caller frees them with curl_url_cleanup(). NULL with @err set.
 */
CURLU *workload_parse_url(struct place at, const char *url, struct err *err);

/* For the parts of the judge. Each returns 0, or -1 with the check's err set. */

/* A place in the checked file by its path there. */
struct place check_place(const struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the error "what is wrong: what to do" with its place. Returns -1. */
int check_mistake(struct place at, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int check_no_memory(struct err *err);

/* @name is made of letters, digits and '_'; @what calls it in the error. */
int check_word(struct place at, const char *what, const char *name, struct err *err);

/* Sets *@index to that of @text among @nr @words, to 0 when @text is NULL. */
int check_choice(struct place at, const char *text, const char *const *words, size_t nr,
		 unsigned int *index, struct err *err);

/*
 * Appends @raw, which stands at @prefix ("endpoints/3"), to the workload's targets, checked; its
 * texts may name @symbols.
 */
int check_request(const struct check *c, const char *prefix, const struct target *raw,
		  const struct symbol *symbols, unsigned int nr_symbols);

/* Reads the data files and makes the workload's symbols: workload_data.c. */
int check_data(const struct check *c);

/* Session @i: workload_session.c. */
int check_session(const struct check *c, unsigned int i);

/* How many requests @session makes on the mean. */
double session_mean_requests(const struct user_session *session);

/* The rules of @t, which stands at @prefix; their values are numbered by @session's symbols. */
int check_extracts(const struct check *c, const char *prefix, const struct user_session *session,
		   struct target *t);

/* What @t expects: workload_expect.c. */
int check_expect(const struct check *c, const char *prefix, struct target *t);

/* "500ms", "1s-3s" into @range; NULL: 0. */
int check_range(struct place at, const char *text, struct range *range, struct err *err);

#endif
