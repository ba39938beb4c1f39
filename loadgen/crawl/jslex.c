// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/jslex.h"

#define NESTING_MAX 32 /* template literals in template literals */

struct lexer {
	struct js_tokens *out;
	const char *at, *end;
	/* Open braces in each open "${", the innermost last. */
	unsigned int braces[NESTING_MAX];
	size_t depth;
	int failed;
};

static void add(struct lexer *l, enum js_kind kind, const char *text, size_t len)
{
	struct js_tokens *out = l->out;

	if (out->nr == JS_TOKENS_MAX) {
		l->at = l->end;
		return;
	}
	if (out->nr == out->size) {
		size_t size = out->size ? 2 * out->size : 1024;
		struct js_token *token = realloc(out->token, size * sizeof(*token));

		if (!token) {
			l->failed = -ENOMEM;
			return;
		}
		out->token = token;
		out->size = size;
	}
	out->token[out->nr++] = (struct js_token){ kind, kind == JS_PUNCT ? *text : 0, text, len };
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* A '/' after these begins a regular expression, not a division. */
static bool regex_may_follow(const struct js_tokens *out)
{
	static const char *const words[] = { "return", "typeof", "case", "in", "of",  "delete",
					     "void",   "throw",	 "new",	 "do", "else" };
	const struct js_token *last = out->nr ? &out->token[out->nr - 1] : NULL;
	size_t i;

	if (!last)
		return true;
	if (last->kind == JS_PUNCT)
		return !strchr(")]}", last->punct);
	for (i = 0; last->kind == JS_NAME && i < ARRAY_SIZE(words); i++) {
		if (js_is(last, words[i]))
			return true;
	}
	return false;
}

static void lex_quoted(struct lexer *l)
{
	char quote = *l->at++;
	const char *start = l->at;

	while (l->at < l->end && *l->at != quote && *l->at != '\n')
		l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
	add(l, JS_STRING, start, (size_t)(l->at - start));
	if (l->at < l->end)
		l->at++;
}

/* One piece of a template literal, from behind '`' or '}' to the next "${" or the end. */
static void lex_template(struct lexer *l)
{
	const char *start = l->at;

	while (l->at < l->end && *l->at != '`' &&
	       !(*l->at == '$' && l->at + 1 < l->end && l->at[1] == '{'))
		l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
	add(l, JS_STRING, start, (size_t)(l->at - start));
	if (l->at >= l->end)
		return;
	if (*l->at == '`' || l->depth == NESTING_MAX) {
		l->at++;
		return;
	}
	l->braces[l->depth++] = 0;
	l->at += 2;
	add(l, JS_PUNCT, "+", 1);
	add(l, JS_PUNCT, "(", 1);
}

static void lex_regex(struct lexer *l)
{
	const char *start = l->at++;
	bool class = false;

	while (l->at < l->end && *l->at != '\n' && (*l->at != '/' || class)) {
		if (*l->at == '[')
			class = true;
		else if (*l->at == ']')
			class = false;
		l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
	}
	if (l->at < l->end)
		l->at++;
	while (l->at < l->end && is_name_byte(*l->at))
		l->at++;
	add(l, JS_REGEX, start, (size_t)(l->at - start));
}

/* Skips the comment that starts here. False: it is none. */
static bool skip_comment(struct lexer *l)
{
	const char *stop;

	if (l->end - l->at < 2 || l->at[0] != '/' || (l->at[1] != '/' && l->at[1] != '*'))
		return false;
	if (l->at[1] == '/') {
		stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
		l->at = stop ? stop : l->end;
	} else {
		l->at += 2;
		stop = memmem(l->at, (size_t)(l->end - l->at), "*/", 2);
		l->at = stop ? stop + 2 : l->end;
	}
	return true;
}

static void lex_word(struct lexer *l)
{
	const char *start = l->at;
	enum js_kind kind = isdigit((unsigned char)*start) ? JS_NUMBER : JS_NAME;

	while (l->at < l->end && (is_name_byte(*l->at) || (kind == JS_NUMBER && *l->at == '.')))
		l->at++;
	add(l, kind, start, (size_t)(l->at - start));
}

static void lex_punct(struct lexer *l)
{
	char c = *l->at;

	if (l->depth && c == '{') {
		l->braces[l->depth - 1]++;
	} else if (l->depth && c == '}' && l->braces[l->depth - 1]-- == 0) {
		l->depth--;
		l->at++;
		add(l, JS_PUNCT, ")", 1);
		add(l, JS_PUNCT, "+", 1);
		lex_template(l);
		return;
	}
	/* "++" and "+=" are no concatenation: two tokens in a row that cannot be taken for one. */
	add(l, JS_PUNCT, l->at, 1);
	l->at++;
}

int js_lex(struct js_tokens *tokens, const char *text, size_t len)
{
	struct lexer l = { .out = tokens, .at = text, .end = text + len };

	*tokens = (struct js_tokens){ 0 };
	while (l.at < l.end && !l.failed) {
		if (isspace((unsigned char)*l.at) || *l.at == '\0') {
			l.at++;
		} else if (skip_comment(&l)) {
			continue;
		} else if (*l.at == '"' || *l.at == '\'') {
			lex_quoted(&l);
		} else if (*l.at == '`') {
			l.at++;
			lex_template(&l);
		} else if (*l.at == '/' && regex_may_follow(tokens)) {
			lex_regex(&l);
		} else if (is_name_byte(*l.at)) {
			lex_word(&l);
		} else {
			lex_punct(&l);
		}
	}
	return l.failed;
}

void js_free(struct js_tokens *tokens)
{
	free(tokens->token);
	*tokens = (struct js_tokens){ 0 };
}

bool js_is(const struct js_token *token, const char *word)
{
	return token->len == strlen(word) && memcmp(token->text, word, token->len) == 0;
}

static bool hex_value(const char *s, size_t len, unsigned int *value)
{
	*value = 0;
	for (; len; len--, s++) {
		if (!isxdigit((unsigned char)*s))
			return false;
		*value = *value * 16 +
			 (unsigned int)(isdigit((unsigned char)*s)
						? *s - '0'
						: tolower((unsigned char)*s) - 'a' + 10);
	}
	return true;
}

/*
 * The byte that the escape behind a backslash at @s[@left] stands for; *@used bytes make it up.
 * A character beyond ASCII comes out as '?', which no path that is kept has.
 */
static char unescape(const char *s, size_t left, size_t *used)
{
	static const char from[] = "nrtbfv", to[] = "\n\r\t\b\f\v";
	size_t digits = s[0] == 'x' ? 2 : s[0] == 'u' ? 4 : 0;
	const char *simple = strchr(from, s[0]);
	unsigned int code;

	*used = 1;
	if (digits && left > digits && hex_value(s + 1, digits, &code)) {
		*used = 1 + digits;
		return code < 0x80 ? (char)code : '?';
	}
	return s[0] && simple ? to[simple - from] : s[0];
}

int js_string(const struct js_token *token, char *to, size_t size)
{
	size_t i = 0, out = 0;

	while (i < token->len) {
		char c = token->text[i++];

		if (c == '\\' && i < token->len) {
			size_t used;

			c = unescape(token->text + i, token->len - i, &used);
			i += used;
		}
		if (!c || out + 1 >= size)
			return -E2BIG;
		to[out++] = c;
	}
	to[out] = '\0';
	return (int)out;
}
