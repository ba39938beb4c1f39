// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/vartext.h"

#define NUMBER_LEN_MAX 20 /* -9223372036854775808 */

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

/* Length of the "{name}" at @s, 0 when there is none. */
static size_t reference_len(const char *s)
{
	size_t i = 1;

	if (s[0] != '{' || (!isalpha((unsigned char)s[1]) && s[1] != '_'))
		return 0;
	while (i <= VARTEXT_NAME_MAX && (isalnum((unsigned char)s[i]) || s[i] == '_'))
		i++;
	return i <= VARTEXT_NAME_MAX && s[i] == '}' ? i + 1 : 0;
}

static int find_variable(const struct variable *vars, size_t nr, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strlen(vars[i].name) == len && memcmp(vars[i].name, name, len) == 0)
			return (int)i;
	}
	return -1;
}

static void add_part(struct vartext *t, int var, const char *text, size_t len)
{
	if (var < 0 && !len)
		return;
	t->parts[t->nr_parts++] = (struct vartext_part){ var, text, len };
	if (var < 0)
		t->len_max += len;
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
	add_part(t, -1, source, strlen(source));
	return 0;
}

int vartext_compile(struct vartext *t, const char *source, const struct variable *vars, size_t nr,
		    char *unknown)
{
	const char *literal = source, *at = source;

	if (make_room(t, source))
		return -ENOMEM;
	while (*at) {
		size_t len = reference_len(at);
		int var;

		if (!len && at[0] == '{' && (len = reference_len(at + 1)) && at[len + 1] == '}') {
			add_part(t, -1, literal, (size_t)(at - literal));
			add_part(t, -1, at + 1, len);
			literal = at += len + 2;
			continue;
		}
		len = reference_len(at);
		if (!len) {
			at++;
			continue;
		}
		var = find_variable(vars, nr, at + 1, len - 2);
		if (var < 0) {
			snprintf(unknown, VARTEXT_NAME_MAX, "%.*s", (int)len - 2, at + 1);
			vartext_free(t);
			return -ENOENT;
		}
		add_part(t, -1, literal, (size_t)(at - literal));
		add_part(t, var, NULL, 0);
		t->len_max += variable_len_max(&vars[var]);
		t->varies = true;
		literal = at += len;
	}
	add_part(t, -1, literal, (size_t)(at - literal));
	return 0;
}

void vartext_free(struct vartext *t)
{
	free(t->parts);
	*t = (struct vartext){ 0 };
}

static size_t put_value(const struct variable *var, u64 choice, char *to)
{
	size_t len;

	if (!var->nr_values)
		return (size_t)snprintf(to, NUMBER_LEN_MAX + 1, "%lld",
					(long long)((u64)*var->from + choice));
	len = strlen(var->values[choice]);
	memcpy(to, var->values[choice], len);
	return len;
}

size_t vartext_expand(const struct vartext *t, const struct variable *vars, const u64 *choice,
		      char *to)
{
	size_t len = 0, i;

	for (i = 0; i < t->nr_parts; i++) {
		const struct vartext_part *part = &t->parts[i];

		if (part->var >= 0) {
			len += put_value(&vars[part->var], choice[part->var], to + len);
			continue;
		}
		memcpy(to + len, part->text, part->len);
		len += part->len;
	}
	to[len] = '\0';
	return len;
}
