// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "loadgen/crawl/jscall.h"

#define REACH_TOKENS 300 /* how far away the method may stand */

static bool is_punct(const struct js_token *token, const char *any)
{
	return token->kind == JS_PUNCT && strchr(any, token->punct);
}

/* The method that the word @token is in any case, NULL when it is none. */
static const char *method_of(const struct js_token *token)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		if (token->len == strlen(methods[i]) &&
		    strncasecmp(token->text, methods[i], token->len) == 0)
			return methods[i];
	}
	return token->len == 3 && strncasecmp(token->text, "del", 3) == 0 ? "DELETE" : NULL;
}

/* Index of the bracket that is open at @from, or @from when there is none in reach. */
static size_t find_open(const struct js_tokens *tokens, size_t from)
{
	size_t depth = 0, i, least = from > REACH_TOKENS ? from - REACH_TOKENS : 0;

	for (i = from; i-- > least;) {
		if (is_punct(&tokens->token[i], ")]}"))
			depth++;
		else if (is_punct(&tokens->token[i], "([{") && depth-- == 0)
			return i;
	}
	return from;
}

/* Index of the bracket that closes what is open at @to. */
static size_t find_close(const struct js_tokens *tokens, size_t to)
{
	size_t depth = 0, i;

	for (i = to; i < tokens->nr && i - to < REACH_TOKENS; i++) {
		if (is_punct(&tokens->token[i], "([{"))
			depth++;
		else if (is_punct(&tokens->token[i], ")]}") && depth-- == 0)
			break;
	}
	return i;
}

/* method: "PUT" or type: "PUT" between @from and @to, at most @depth_max brackets deep. */
static const char *find_property(const struct js_tokens *tokens, size_t from, size_t to,
				 size_t depth_max)
{
	size_t depth = 0, i;

	for (i = from; i + 2 < to; i++) {
		const struct js_token *token = &tokens->token[i];

		if (is_punct(token, "([{"))
			depth++;
		else if (is_punct(token, ")]}") && depth)
			depth--;
		if (depth <= depth_max && token->kind != JS_PUNCT &&
		    (js_is(token, "method") || js_is(token, "type")) && is_punct(token + 1, ":") &&
		    token[2].kind == JS_STRING && method_of(token + 2))
			return method_of(token + 2);
	}
	return NULL;
}

/* f("PUT", E): the argument before. */
static const char *find_argument(const struct js_tokens *tokens, size_t open, size_t from)
{
	const struct js_token *token = &tokens->token[open + 1];

	if (from >= open + 3 && token->kind == JS_STRING && is_punct(token + 1, ","))
		return method_of(token);
	return NULL;
}

const char *js_call_method(const struct js_tokens *tokens, size_t from, size_t to)
{
	size_t open = find_open(tokens, from), close = find_close(tokens, to);
	const char *method = NULL;

	if (open == from)
		return "GET";
	if (is_punct(&tokens->token[open], "{"))
		method = find_property(tokens, open + 1, close, 0);
	if (!is_punct(&tokens->token[open], "("))
		return method ? method : "GET";
	method = find_argument(tokens, open, from);
	if (!method)
		method = find_property(tokens, to, close, 1);
	if (!method && open && tokens->token[open - 1].kind == JS_NAME)
		method = method_of(&tokens->token[open - 1]);
	return method ? method : "GET";
}
