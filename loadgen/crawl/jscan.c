// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/jscall.h"
#include "loadgen/crawl/jscan.h"
#include "loadgen/crawl/jslex.h"
#include "loadgen/crawl/template.h"

#define CONSTANTS_MAX	   256
#define OPERANDS_MAX	   32 /* of one concatenation */
#define OPERAND_TOKENS_MAX 64

/* A name that is assigned one string, once: const API = '/api'. */
struct constant {
	const struct js_token *name, *value; /* value NULL: it is assigned more than once */
};

struct scan {
	struct js_tokens tokens;
	struct constant constants[CONSTANTS_MAX];
	size_t nr_constants;
};

static const struct js_token *token_at(const struct scan *s, size_t i)
{
	static const struct js_token none = { .kind = JS_PUNCT, .punct = ';' };

	return i < s->tokens.nr ? &s->tokens.token[i] : &none;
}

static bool is_punct(const struct scan *s, size_t i, char c)
{
	const struct js_token *token = token_at(s, i);

	return token->kind == JS_PUNCT && token->punct == c;
}

static struct constant *find_constant(struct scan *s, const struct js_token *name)
{
	size_t i;

	for (i = 0; i < s->nr_constants; i++) {
		const struct js_token *known = s->constants[i].name;

		if (known->len == name->len && memcmp(known->text, name->text, name->len) == 0)
			return &s->constants[i];
	}
	return NULL;
}

/* name = 'text' or name: 'text', where 'text' is all of the value. */
static void learn_constants(struct scan *s)
{
	size_t i;

	for (i = 0; i + 2 < s->tokens.nr; i++) {
		const struct js_token *name = token_at(s, i), *value = token_at(s, i + 2);
		struct constant *known;

		if (name->kind != JS_NAME || (!is_punct(s, i + 1, '=') && !is_punct(s, i + 1, ':')))
			continue;
		known = find_constant(s, name);
		if (known) {
			known->value = NULL;
		} else if (value->kind == JS_STRING && !is_punct(s, i + 3, '+') &&
			   !is_punct(s, i + 3, '.') && s->nr_constants < CONSTANTS_MAX) {
			s->constants[s->nr_constants++] = (struct constant){ name, value };
		}
	}
}

static const struct js_token *constant_value(struct scan *s, const struct js_token *name)
{
	const struct constant *known = name->kind == JS_NAME ? find_constant(s, name) : NULL;

	return known ? known->value : NULL;
}

static bool is_among(const struct js_token *token, const char *const *words, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (token->kind == JS_NAME && js_is(token, words[i]))
			return true;
	}
	return false;
}

/* Whether a word behind @token begins something new. */
static bool ends_operand(const struct js_token *token)
{
	static const char *const prefixes[] = { "await", "new", "typeof" };

	if (token->kind == JS_PUNCT)
		return token->punct == ')';
	return !is_among(token, prefixes, ARRAY_SIZE(prefixes));
}

/* The end of the operand of '+' that begins at @i: the next '+' or what ends the expression. */
static size_t operand_end(const struct scan *s, size_t i)
{
	size_t depth = 0, end;

	for (end = i; end < s->tokens.nr && end - i < OPERAND_TOKENS_MAX; end++) {
		const struct js_token *token = token_at(s, end);
		char c = token->kind == JS_PUNCT ? token->punct : '\0';

		if (c && strchr("([{", c)) {
			depth++;
		} else if (c && strchr(")]}", c)) {
			if (!depth)
				return end;
			depth--;
		} else if (!depth &&
			   (c ? !strchr(".!", c) : end > i && ends_operand(token_at(s, end - 1)))) {
			/* Two words in a row are a line that ended without a semicolon. */
			return end;
		}
	}
	return end;
}

/* The '(' that the ')' at @end - 1 closes; @end when there is none from @i on. */
static size_t opening(const struct scan *s, size_t i, size_t end)
{
	size_t depth = 0, k;

	if (end <= i || !is_punct(s, end - 1, ')'))
		return end;
	for (k = end; k-- > i;) {
		if (is_punct(s, k, ')'))
			depth++;
		else if (is_punct(s, k, '(') && --depth == 0)
			return k;
	}
	return end;
}

/*
 * The token that names the value of the operand @i..@end: encodeURIComponent(p.sku) and
 * p.sku.toString() are "sku", visitor() is "visitor". NULL when nothing does.
 */
static const struct js_token *operand_name(const struct scan *s, size_t i, size_t end)
{
	static const char *const wrappers[] = {
		"encodeURIComponent", "encodeURI", "escape", "String", "Number", "parseInt"
	};
	static const char *const methods[] = { "toString",    "trim", "toLowerCase",
					       "toUpperCase", "join", "toFixed" };
	static const char *const skipped[] = { "await", "new", "typeof", "this" };

	while (i < end) {
		size_t open = opening(s, i, end);
		const struct js_token *last = token_at(s, open - 1);

		if (is_punct(s, i, '!') || is_among(token_at(s, i), skipped, ARRAY_SIZE(skipped))) {
			i++;
		} else if (open == i || (open < end && open > i &&
					 is_among(last, wrappers, ARRAY_SIZE(wrappers)))) {
			i = open + 1;
			end--;
		} else if (open < end && open > i + 1 &&
			   is_among(last, methods, ARRAY_SIZE(methods))) {
			end = open - 1;
			end -= is_punct(s, end - 1, '.');
		} else {
			end = open < end ? open : end;
			break;
		}
	}
	while (end > i && token_at(s, end - 1)->kind != JS_NAME)
		end--;
	return end > i ? token_at(s, end - 1) : NULL;
}

/* A path being put together. */
struct assembly {
	char text[JSCAN_PATH_MAX + 1];
	size_t len;
	unsigned int slots;
	bool too_long;
};

static void append(struct assembly *a, const char *text, size_t len)
{
	if (a->too_long || len > JSCAN_PATH_MAX - a->len) {
		a->too_long = true;
		return;
	}
	memcpy(a->text + a->len, text, len);
	a->len += len;
	a->text[a->len] = '\0';
}

static void append_slot(struct assembly *a, const struct js_token *name)
{
	char plain[TEMPLATE_NAME_MAX];

	/* Two in a row cannot be told apart in an address: they are one. */
	if (a->len && a->text[a->len - 1] == '}')
		return;
	template_name(name ? name->text : "", name ? name->len : 0, plain);
	append(a, "{", 1);
	append(a, plain, strlen(plain));
	append(a, "}", 1);
	a->slots++;
}

static void append_literal(struct assembly *a, const struct js_token *token)
{
	char text[JSCAN_PATH_MAX + 1];
	int len = js_string(token, text, sizeof(text));

	if (len < 0)
		a->too_long = true;
	else
		append(a, text, (size_t)len);
}

static void append_operand(struct scan *s, struct assembly *a, size_t i, size_t end)
{
	const struct js_token *first = token_at(s, i), *name;
	const struct js_token *value;

	if (first->kind == JS_STRING) {
		append_literal(a, first);
		return;
	}
	if (first->kind == JS_NUMBER && end == i + 1) {
		append(a, first->text, first->len);
		return;
	}
	name = operand_name(s, i, end);
	value = name ? constant_value(s, name) : NULL;
	if (value)
		append_literal(a, value);
	else
		append_slot(a, name);
}

/* Puts the concatenation at @i together; returns the index behind it. */
static size_t assemble(struct scan *s, struct assembly *a, size_t i)
{
	unsigned int nr;

	*a = (struct assembly){ 0 };
	for (nr = 0; nr < OPERANDS_MAX; nr++) {
		size_t end = operand_end(s, i);

		if (end == i)
			return i;
		append_operand(s, a, i, end);
		i = end;
		/* "++", "+=" and a unary plus are something else. */
		if (!is_punct(s, i, '+') || is_punct(s, i + 1, '+') || is_punct(s, i + 1, '='))
			return i;
		i++;
	}
	a->too_long = true;
	return i;
}

static bool has_path_bytes(const char *path)
{
	bool letter = false;

	for (; *path; path++) {
		if (!isalnum((unsigned char)*path) && !strchr("/-._~%?&=+,:@;{}", *path))
			return false;
		letter |= isalpha((unsigned char)*path) != 0;
	}
	return letter;
}

static bool ends_like_a_page(const char *path)
{
	static const char *const endings[] = { ".html", ".htm", ".json", ".php", ".xml" };
	size_t len = strcspn(path, "?"), i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t end = strlen(endings[i]);

		if (len > end && strncasecmp(path + len - end, endings[i], end) == 0)
			return true;
	}
	return false;
}

/* Relative, and yet no prose: api/..., rest/..., v1/..., or the name of a page. */
static bool is_relative_path(const char *path)
{
	if (!isalnum((unsigned char)*path) && *path != '.')
		return false;
	if (*path == '.')
		return (path[1] == '/' || (path[1] == '.' && path[2] == '/')) &&
		       ends_like_a_page(path);
	return strncmp(path, "api/", 4) == 0 || strncmp(path, "rest/", 5) == 0 ||
	       strncmp(path, "ajax/", 5) == 0 || ends_like_a_page(path);
}

static bool looks_like_path(const struct assembly *a)
{
	const char *path = a->text;

	if (a->too_long || a->len < 2 || !has_path_bytes(path))
		return false;
	if (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0)
		return path[strcspn(path + 8, "/") + 8] != '\0';
	if (*path != '/')
		return is_relative_path(path);
	return isalnum((unsigned char)path[1]) || path[1] == '_';
}

/* Express and Angular routes name their slots ":name": the same as "{name}". */
static void adopt_route_slots(struct assembly *a)
{
	struct assembly from = *a;
	size_t i = 0;

	*a = (struct assembly){ .slots = from.slots };
	while (i < from.len) {
		size_t len = 0;

		if (i && from.text[i] == ':' && from.text[i - 1] == '/') {
			while (isalnum((unsigned char)from.text[i + 1 + len]) ||
			       from.text[i + 1 + len] == '_')
				len++;
		}
		if (!len) {
			append(a, from.text + i++, 1);
			continue;
		}
		append_slot(a, &(struct js_token){ .text = from.text + i + 1, .len = len });
		i += 1 + len;
	}
}

/* Whether a concatenation may begin at @i: a string, or the name of a known one with a '+'. */
static bool may_begin(struct scan *s, size_t i)
{
	const struct js_token *token = token_at(s, i);

	if (token->kind == JS_STRING)
		return true;
	return token->kind == JS_NAME && is_punct(s, i + 1, '+') &&
	       !(i && is_punct(s, i - 1, '.')) && constant_value(s, token);
}

static int scan_tokens(struct scan *s, int (*found)(void *, const char *, const char *), void *arg)
{
	struct assembly a;
	int status = 0;
	size_t i = 0;

	while (i < s->tokens.nr && !status) {
		size_t end;

		if (!may_begin(s, i)) {
			i++;
			continue;
		}
		end = assemble(s, &a, i);
		/* A text in front of a path, "see " + "/x", does not make it one. */
		if (!looks_like_path(&a)) {
			i = end > i + 1 && a.text[0] && !isspace((unsigned char)a.text[0]) ? end
											   : i + 1;
			continue;
		}
		adopt_route_slots(&a);
		if (!a.too_long)
			status = found(arg, js_call_method(&s->tokens, i, end), a.text);
		i = end;
	}
	return status;
}

int jscan(const char *text, size_t len, int (*found)(void *, const char *, const char *), void *arg)
{
	struct scan *s = calloc(1, sizeof(*s));
	int status;

	if (!s)
		return -ENOMEM;
	status = js_lex(&s->tokens, text, len);
	if (!status) {
		learn_constants(s);
		status = scan_tokens(s, found, arg);
	}
	js_free(&s->tokens);
	free(s);
	return status;
}
