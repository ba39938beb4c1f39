/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Templates of targets: "/product/{product}?page={page}". Literal text has no braces (url.h), a
 * slot "{name}" stands for a part of one path segment or of one query value.
 */
#ifndef SITU_CRAWL_TEMPLATE_H
#define SITU_CRAWL_TEMPLATE_H

#include "user/base/buf.h"
#include "user/base/types.h"

#define TEMPLATE_SLOTS_MAX 16
#define TEMPLATE_NAME_MAX  32  /* of a slot, with the NUL */
#define TEMPLATE_LEN_MAX   240 /* with its method the name of an endpoint, which has 256 at most */

/* A part of a text that is not terminated there. */
struct span {
	const char *text;
	size_t len;
};

/* Makes a name of letters, digits and '_' out of @text[@len]; "value" when nothing is left. */
void template_name(const char *text, size_t len, char name[TEMPLATE_NAME_MAX]);

/* Adds "{name}" to @to, as "{name_2}" and so on when that name is in it. Returns to->failed. */
int template_add_slot(struct buf *to, const char *name);

/* The singular of the English plural @word[@len], as far as its spelling tells: "cities", "city".
 */
void template_singular(const char *word, size_t len, char one[TEMPLATE_NAME_MAX]);

/*
 * The template of the concrete @target: each path segment that is an id (number, UUID, hash, code
 * such as HAL-1) becomes a slot named after the segment before, each query value a slot named
 * after its key. 0 with *@tmpl set for the caller to free, -E2BIG when it has too many slots or
 * is too long, -ENOMEM.
 */
int template_of(const char *target, char **tmpl);

/* Whether the path segment @text[@len] looks like one of many of its kind. */
bool template_is_id(const char *text, size_t len);

/* The slots of @tmpl in their order, names as spans. Returns how many, at most the maximum. */
size_t template_slots(const char *tmpl, struct span slot[TEMPLATE_SLOTS_MAX]);

/* The path segment before slot @nr of @tmpl when it is literal, else of length 0. */
struct span template_context(const char *tmpl, size_t nr);

/* Whether @target is one of @tmpl; then @value has what stands in the slots. */
bool template_match(const char *tmpl, const char *target, struct span value[TEMPLATE_SLOTS_MAX]);

/* @tmpl with @value[] in its slots; the caller frees it. NULL: no memory. */
char *template_expand(const char *tmpl, const char *const *value);

/* Whether @a and @b differ at most in the names of their slots. */
bool template_same(const char *a, const char *b);

#endif
