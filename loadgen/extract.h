/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes values out of an answer. The answer is hostile: what is kept of it is bounded before it
 * comes here, and so is the work that a pattern may do on it.
 */
#ifndef SITU_LOADGEN_EXTRACT_H
#define SITU_LOADGEN_EXTRACT_H

#include <jansson.h>

#include "user/base/buf.h"
#include "user/base/types.h"

#define EXTRACT_BODY_MAX    (1U << 20) /* bytes of an answer that are kept to be looked at */
#define EXTRACT_PATTERN_MAX 1024

struct regex;

/* A body, parsed as JSON when first asked for. Zero all but the first two members. */
struct answer {
	const char *body;
	size_t len;
	json_t *json; /* NULL: not parsed, or not JSON */
	bool parsed;
};

/* One item of a list in the answer. */
struct extract_item {
	const char *list;  /* pointer to the list; NULL: no list, the whole answer */
	const char *where; /* pointer in the item: only items where it is neither missing, null,
			      false, 0 nor ""; NULL: all */
	u64 (*pick)(u64 nr, void *arg); /* which of the @nr that are left; at least @nr: none */
	void *arg;
};

/* 0, or -1 when @pointer is not one of RFC 6901: "" or "/a/b", with ~0 and ~1 for ~ and /. */
int extract_check_pointer(const char *pointer);

/* The value at @pointer in @json, borrowed; NULL: it has none. @pointer is checked. */
json_t *extract_resolve(json_t *json, const char *pointer);

/*
 * Adds the value at @pointer in @item of @answer to @value: a string's text, anything else as
 * compact JSON. 0, -EBADMSG: not JSON; -ENOENT: no such value or item; -EILSEQ: a string with a
 * NUL; -E2BIG, -ENOMEM.
 */
int extract_json(struct answer *answer, const struct extract_item *item, const char *pointer,
		 struct buf *value);

void answer_free(struct answer *answer);

/*
 * Compiles the Perl-compatible @pattern. NULL with @why[@size] set when it is wrong, "" without
 * memory. Free with regex_free(), which takes NULL.
 */
struct regex *regex_compile(const char *pattern, char *why, size_t size);
void regex_free(struct regex *regex);

/*
 * Adds what the first group of @regex, or without groups all of it, matches first in @text[@len].
 * 0, -ENOENT: no match; -ELOOP: given up, it would take too long; -EILSEQ: the match has a NUL;
 * -E2BIG, -ENOMEM.
 */
int extract_regex(const struct regex *regex, const char *text, size_t len, struct buf *value);

/*
 * Adds the value of the cookie @name if @line, in Netscape's format, is it and has not expired by
 * @now_s, seconds since 1970: libcurl lists one that a server took back until it looks for cookies
 * again. 0 or -ENOENT, ...
 */
int extract_cookie(const char *line, const char *name, u64 now_s, struct buf *value);

/* "is not JSON": what an answer lacks when one of these returned @status. */
const char *extract_reason(int status);

#endif
