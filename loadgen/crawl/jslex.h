/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JavaScript cut into tokens, as far as the search for paths needs it: strings, names, numbers,
 * punctuation. A template literal is given as the concatenation it stands for: `/a/${b}` as
 * "/a/" + ( b ) + "".
 */
#ifndef SITU_CRAWL_JSLEX_H
#define SITU_CRAWL_JSLEX_H

#include "user/base/types.h"

#define JS_TOKENS_MAX 1000000

enum js_kind { JS_STRING, JS_NAME, JS_NUMBER, JS_PUNCT, JS_REGEX };

struct js_token {
	enum js_kind kind;
	char punct;	  /* of JS_PUNCT: its first byte; of an operator such as "==" '=' twice */
	const char *text; /* points into the source: a string without its quotes */
	size_t len;
};

struct js_tokens {
	struct js_token *token;
	size_t nr;
	size_t size;
};

/*
 * Cuts @text[@len], which must outlive @tokens. Source that is no JavaScript gives some tokens or
 * other; what is beyond the maximum is left out. 0 or -ENOMEM; js_free() in any case.
 */
int js_lex(struct js_tokens *tokens, const char *text, size_t len);
void js_free(struct js_tokens *tokens);

/*
 * Writes the value of the string @token, escapes resolved, to @to[@size]. Returns its length, or
 * -E2BIG when it does not fit or has a NUL.
 */
int js_string(const struct js_token *token, char *to, size_t size);

/* Whether the name @token is @word. */
bool js_is(const struct js_token *token, const char *word);

#endif
