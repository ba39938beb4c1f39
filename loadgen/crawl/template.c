// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/url.h"

#define HASH_LEN_MIN  8	 /* hexadecimal, with a digit */
#define TOKEN_LEN_MIN 20 /* letters and digits, mixed */

void template_name(const char *text, size_t len, char name[TEMPLATE_NAME_MAX])
{
	/* Room is left for "_16" behind it. */
	size_t i, out = 0;

	for (i = 0; i < len && out < TEMPLATE_NAME_MAX - 5; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!isalnum(c) && out == 0)
			continue;
		if (isdigit(c) && out == 0)
			name[out++] = '_';
		name[out++] = isalnum(c) ? (char)c : '_';
	}
	while (out && name[out - 1] == '_')
		out--;
	name[out] = '\0';
	if (!out)
		memcpy(name, "value", sizeof("value"));
}

int template_add_slot(struct buf *to, const char *name)
{
	char slot[TEMPLATE_NAME_MAX + 8];
	unsigned int nr = 1;

	snprintf(slot, sizeof(slot), "{%s}", name);
	while (to->data && strstr(to->data, slot))
		snprintf(slot, sizeof(slot), "{%s_%u}", name, ++nr);
	return buf_puts(to, slot);
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len > end_len && strncasecmp(text + len - end_len, end, end_len) == 0;
}

void template_singular(const char *word, size_t len, char one[TEMPLATE_NAME_MAX])
{
	static const char *const es[] = { "sses", "xes", "ches", "shes", "uses" };
	static const char *const keep[] = { "ss", "us", "is" };
	const char *end = "";
	size_t i, cut = ends_with(word, len, "s");

	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		if (ends_with(word, len, keep[i]))
			cut = 0;
	}
	for (i = 0; i < ARRAY_SIZE(es); i++) {
		if (ends_with(word, len, es[i]))
			cut = 2;
	}
	if (len > 4 && ends_with(word, len, "ies")) {
		cut = 3;
		end = "y";
	}
	template_name(word, len - cut, one);
	if (*end && strlen(one) + 2 < TEMPLATE_NAME_MAX)
		memcpy(one + strlen(one), end, 2);
}

struct census {
	size_t digits, upper, lower, hex, dashes, other;
};

static struct census count(const char *text, size_t len)
{
	struct census c = { 0 };
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		c.digits += isdigit(byte) != 0;
		c.upper += isupper(byte) != 0;
		c.lower += islower(byte) != 0;
		c.hex += isxdigit(byte) != 0;
		c.dashes += byte == '-' || byte == '_';
		c.other += !isalnum(byte) && byte != '-' && byte != '_';
	}
	return c;
}

/* Letters, a dash, a number: "anonymous-17". */
static bool is_numbered(const char *text, size_t len)
{
	size_t i = len;

	while (i && isdigit((unsigned char)text[i - 1]))
		i--;
	return i > 1 && i < len && text[i - 1] == '-' && isalpha((unsigned char)text[0]);
}

bool template_is_id(const char *text, size_t len)
{
	struct census c = count(text, len);

	if (c.other || !len)
		return false;
	if (c.digits && c.digits + c.dashes == len && isdigit((unsigned char)text[0]))
		return true;
	/* With four dashes that is a UUID. */
	if (c.digits && c.hex + c.dashes == len && c.hex >= HASH_LEN_MIN)
		return true;
	if (c.digits && c.dashes && c.upper && !c.lower)
		return true;
	if (c.digits && c.digits != len && len >= TOKEN_LEN_MIN)
		return true;
	return is_numbered(text, len);
}

/* Length of an extension such as ".html" at the end of the segment @text[@len]. */
static size_t extension_len(const char *text, size_t len)
{
	size_t i = len;

	while (i && isalpha((unsigned char)text[i - 1]) && len - i < 5)
		i--;
	return i > 1 && i < len && text[i - 1] == '.' ? len - i + 1 : 0;
}

/* Adds the segment @at[@len], that follows @before[@before_len], or the slot for it. */
static void add_segment(struct buf *tmpl, struct span segment, struct span before)
{
	size_t extension = extension_len(segment.text, segment.len);
	char name[TEMPLATE_NAME_MAX] = "id";

	if (!template_is_id(segment.text, segment.len - extension)) {
		buf_add(tmpl, segment.text, segment.len);
		return;
	}
	if (before.len && !template_is_id(before.text, before.len))
		template_singular(before.text, before.len, name);
	template_add_slot(tmpl, name);
	buf_add(tmpl, segment.text + segment.len - extension, extension);
}

static void add_path(struct buf *tmpl, const char *path, size_t len)
{
	struct span before = { 0 };
	const char *end = path + len;

	while (path < end) {
		size_t segment = strcspn(path + 1, "/?");

		if (segment > (size_t)(end - path - 1))
			segment = (size_t)(end - path - 1);
		buf_puts(tmpl, "/");
		add_segment(tmpl, (struct span){ path + 1, segment }, before);
		before = (struct span){ path + 1, segment };
		path += 1 + segment;
	}
}

static void add_params(struct buf *tmpl, const char *query)
{
	const char *separator = "?";

	while (*query) {
		size_t len = strcspn(query, "&"), key = strcspn(query, "=&");
		char name[TEMPLATE_NAME_MAX];

		buf_puts(tmpl, separator);
		buf_add(tmpl, query, key);
		if (key < len) {
			buf_puts(tmpl, "=");
			template_name(query, key, name);
			template_add_slot(tmpl, name);
		}
		separator = "&";
		query += len + (query[len] == '&');
	}
}

static size_t count_slots(const char *tmpl)
{
	size_t nr = 0;

	for (; *tmpl; tmpl++)
		nr += *tmpl == '{';
	return nr;
}

int template_of(const char *target, char **tmpl)
{
	struct buf text = buf_init(TEMPLATE_LEN_MAX);
	size_t path = strcspn(target, "?");

	add_path(&text, target, path);
	if (target[path])
		add_params(&text, target + path + 1);
	if (!text.failed && count_slots(text.data ? text.data : "") > TEMPLATE_SLOTS_MAX)
		text.failed = -E2BIG;
	if (text.failed || !text.data) {
		int status = text.failed ? text.failed : -EINVAL;

		buf_free(&text);
		return status;
	}
	*tmpl = text.data;
	return 0;
}

size_t template_slots(const char *tmpl, struct span slot[TEMPLATE_SLOTS_MAX])
{
	size_t nr = 0;

	while ((tmpl = strchr(tmpl, '{')) && nr < TEMPLATE_SLOTS_MAX) {
		size_t len = strcspn(++tmpl, "}");

		slot[nr++] = (struct span){ tmpl, len };
		tmpl += len;
	}
	return nr;
}

struct span template_context(const char *tmpl, size_t nr)
{
	struct span slot[TEMPLATE_SLOTS_MAX];
	const char *end, *start;

	if (nr >= template_slots(tmpl, slot) || memchr(tmpl, '?', (size_t)(slot[nr].text - tmpl)))
		return (struct span){ 0 };
	end = slot[nr].text - 1;
	while (end > tmpl && *end != '/')
		end--;
	start = end;
	while (start > tmpl && start[-1] != '/')
		start--;
	if (memchr(start, '{', (size_t)(end - start)))
		return (struct span){ 0 };
	return (struct span){ start, (size_t)(end - start) };
}

bool template_match(const char *tmpl, const char *target, struct span value[TEMPLATE_SLOTS_MAX])
{
	bool query = false;
	size_t nr = 0;

	while (*tmpl) {
		char stop[4] = { '?', '/', 0, 0 };
		size_t len;

		if (*tmpl != '{') {
			query |= *tmpl == '?';
			if (*tmpl++ != *target++)
				return false;
			continue;
		}
		tmpl += strcspn(tmpl, "}");
		if (!*tmpl++ || nr == TEMPLATE_SLOTS_MAX)
			return false;
		if (query)
			memcpy(stop, "&", 2);
		stop[strlen(stop)] = *tmpl;
		len = strcspn(target, stop);
		if (!len && !query)
			return false;
		value[nr++] = (struct span){ target, len };
		target += len;
	}
	return !*target;
}

char *template_expand(const char *tmpl, const char *const *value)
{
	struct buf text = buf_init(16 * CRAWL_URL_MAX);
	size_t nr = 0;

	while (*tmpl) {
		size_t len = strcspn(tmpl, "{");

		buf_add(&text, tmpl, len);
		tmpl += len;
		if (!*tmpl)
			break;
		buf_puts(&text, value[nr++]);
		tmpl += strcspn(tmpl, "}");
		tmpl += *tmpl == '}';
	}
	if (text.failed)
		buf_free(&text);
	return text.data;
}

bool template_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		if (*a == '{') {
			a += strcspn(a, "}");
			b += strcspn(b, "}");
		}
		if (!*a || !*b)
			break;
		a++;
		b++;
	}
	return !*a && !*b;
}
