// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/vartext.h"

#define NUMBER_LEN_MAX 20 /* -9223372036854775808 */
#define ESCAPED_MAX    6  /* a byte as \u0000 */

u64 variable_range(const struct variable *var)
{
	if (var->nr_values)
		return var->nr_values;
	return (u64)*var->to - (u64)*var->from + 1;
}

static size_t variable_len_max(const struct variable *var)
{
	size_t len = 0, i;

	if (!var->nr_values)
		return NUMBER_LEN_MAX;
	for (i = 0; i < var->nr_values; i++) {
		if (strlen(var->values[i]) > len)
			len = strlen(var->values[i]);
	}
	return len;
}

static size_t word_len(const char *s)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*s) && *s != '_')
		return 0;
	while (isalnum((unsigned char)s[len]) || s[len] == '_')
		len++;
	return len;
}

size_t vartext_reference_len(const char *s)
{
	const char *name = s + 1 + (s[0] == '{' && s[1] == '+');
	size_t len, more;

	if (s[0] != '{')
		return 0;
	len = word_len(name);
	if (len && name[len] == '.') {
		more = word_len(name + len + 1);
		if (!more)
			return 0;
		len += 1 + more;
	}
	if (!len || len >= VARTEXT_NAME_MAX || name[len] != '}')
		return 0;
	return (size_t)(name - s) + len + 1;
}

static int find_symbol(const struct symbol *symbols, size_t nr, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!symbols[i].hidden && strlen(symbols[i].name) == len &&
		    memcmp(symbols[i].name, name, len) == 0)
			return (int)i;
	}
	return -1;
}

static void add_literal(struct vartext *t, const char *text, size_t len)
{
	if (!len)
		return;
	t->parts[t->nr_parts++] = (struct vartext_part){ .symbol = -1, .text = text, .len = len };
	t->len_max += len;
}

/* Adds the reference of @len bytes at @at. 0 or -ENOENT. */
static int add_reference(struct vartext *t, const char *at, size_t len,
			 const struct symbol *symbols, size_t nr, char *unknown)
{
	bool raw = at[1] == '+';
	const char *name = at + 1 + raw;
	size_t name_len = len - 2 - raw;
	int i = find_symbol(symbols, nr, name, name_len);

	if (i < 0) {
		snprintf(unknown, VARTEXT_NAME_MAX, "%.*s", (int)name_len, name);
		return -ENOENT;
	}
	t->parts[t->nr_parts++] =
		(struct vartext_part){ .symbol = i, .raw = raw, .drawn = symbols[i].drawn };
	t->varies = true;
	if (symbols[i].drawn)
		t->len_max += variable_len_max(symbols[i].drawn);
	else
		t->given = true;
	return 0;
}

/* Room for as many parts as @source can have: a literal around every brace. */
static int make_room(struct vartext *t, const char *source)
{
	size_t braces = 0;

	for (; *source; source++)
		braces += *source == '{';
	*t = (struct vartext){ 0 };
	t->parts = malloc((2 * braces + 1) * sizeof(*t->parts));
	return t->parts ? 0 : -ENOMEM;
}

int vartext_literal(struct vartext *t, const char *source)
{
	if (make_room(t, source))
		return -ENOMEM;
	add_literal(t, source, strlen(source));
	return 0;
}

int vartext_compile(struct vartext *t, const char *source, const struct symbol *symbols, size_t nr,
		    enum vartext_place place, char *unknown)
{
	const char *literal = source, *at = source;

	if (make_room(t, source))
		return -ENOMEM;
	t->place = place;
	while (*at) {
		size_t len = vartext_reference_len(at), quoted = 0;

		if (!len && at[0] == '{')
			quoted = vartext_reference_len(at + 1);
		if (quoted && at[quoted + 1] == '}') {
			add_literal(t, literal, (size_t)(at - literal));
			add_literal(t, at + 1, quoted);
			literal = at += quoted + 2;
			continue;
		}
		if (!len) {
			at++;
			continue;
		}
		add_literal(t, literal, (size_t)(at - literal));
		if (add_reference(t, at, len, symbols, nr, unknown)) {
			vartext_free(t);
			return -ENOENT;
		}
		literal = at += len;
	}
	add_literal(t, literal, (size_t)(at - literal));
	return 0;
}

void vartext_free(struct vartext *t)
{
	free(t->parts);
	*t = (struct vartext){ 0 };
}

static size_t put_drawn(const struct variable *var, u64 choice, char *to)
{
	size_t len;

	if (!var->nr_values)
		return (size_t)snprintf(to, NUMBER_LEN_MAX + 1, "%lld",
					(long long)((u64)*var->from + choice));
	len = strlen(var->values[choice]);
	memcpy(to, var->values[choice], len);
	return len;
}

static size_t put_percent(unsigned char c, char *to)
{
	static const char digits[] = "0123456789ABCDEF";

	to[0] = '%';
	to[1] = digits[c >> 4];
	to[2] = digits[c & 15];
	return 3;
}

static size_t put_json(unsigned char c, char *to)
{
	if (c == '"' || c == '\\') {
		to[0] = '\\';
		to[1] = (char)c;
		return 2;
	}
	/* Six characters, and a NUL that the next byte or the end of the text writes over. */
	return (size_t)snprintf(to, ESCAPED_MAX + 1, "\\u%04x", (unsigned int)c);
}

/* Whether byte @c of a given value must not stand as it is. */
static bool needs_escape(enum vartext_place place, bool raw, unsigned char c)
{
	bool control = c < 0x20 || c == 0x7f;

	switch (place) {
	case VARTEXT_URL:
		if (raw)
			return c <= 0x20 || c >= 0x7f || c == '#';
		return !(isascii(c) && isalnum(c)) && !strchr("-._~", c);
	case VARTEXT_FORM:
		return !raw && !(isascii(c) && isalnum(c)) && !strchr("-._~", c);
	case VARTEXT_HEADER:
		return control;
	case VARTEXT_JSON:
		return !raw && (c < 0x20 || c == '"' || c == '\\');
	default:
		return false;
	}
}

static size_t put_given(const struct vartext *t, bool raw, const char *value, char *to)
{
	const char *begin = to;

	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (!needs_escape(t->place, raw, c))
			*to++ = *value;
		else if (t->place == VARTEXT_HEADER)
			*to++ = '?';
		else if (t->place == VARTEXT_JSON)
			to += put_json(c, to);
		else
			to += put_percent(c, to);
	}
	return (size_t)(to - begin);
}

size_t vartext_length(const struct vartext *t, const struct vartext_values *values)
{
	size_t len = t->len_max, i;

	for (i = 0; t->given && i < t->nr_parts; i++) {
		const struct vartext_part *part = &t->parts[i];

		if (part->symbol >= 0 && !part->drawn)
			len += ESCAPED_MAX * strlen(values->given[part->symbol]);
	}
	return len;
}

size_t vartext_expand(const struct vartext *t, const struct vartext_values *values, char *to)
{
	size_t len = 0, i;

	for (i = 0; i < t->nr_parts; i++) {
		const struct vartext_part *part = &t->parts[i];

		if (part->symbol < 0) {
			memcpy(to + len, part->text, part->len);
			len += part->len;
		} else if (part->drawn) {
			len += put_drawn(part->drawn, values->choice[part->symbol], to + len);
		} else {
			len += put_given(t, part->raw, values->given[part->symbol], to + len);
		}
	}
	to[len] = '\0';
	return len;
}
