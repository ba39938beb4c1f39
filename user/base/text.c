// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "user/base/text.h"

#define TEXT_DUP_MAX 4096

/*
 * Decodes one character at @s into @cp; returns its length, or 0 when the bytes are not valid
 * UTF-8 (overlong, surrogate, out of range, cut short). RFC 3629.
 */
static size_t decode(const unsigned char *s, unsigned int *cp)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	*cp = s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

/* Characters that move the cursor, reorder a line or hide in it. */
static int unprintable(unsigned int cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

size_t text_clean(char *dst, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t out = 0;

	if (!size)
		return 0;
	while (*s) {
		unsigned int cp = 0;
		size_t len = decode(s, &cp);

		if (!len || unprintable(cp)) {
			if (out + 1 >= size)
				break;
			dst[out++] = '?';
			s += len ? len : 1;
			continue;
		}
		if (out + len >= size)
			break;
		memcpy(dst + out, s, len);
		out += len;
		s += len;
	}
	dst[out] = '\0';
	return out;
}

char *text_dup(const char *src)
{
	size_t size = strnlen(src, TEXT_DUP_MAX) + 1;
	char *copy = malloc(size);

	if (copy)
		text_clean(copy, size, src);
	return copy;
}

/* Walks the cleaned @s until @columns are used up; reports the bytes passed and columns taken. */
static void measure(const char *s, int columns, size_t *bytes, int *width)
{
	const unsigned char *at = (const unsigned char *)s;

	*width = 0;
	while (*at) {
		unsigned int cp = 0;
		size_t len = decode(at, &cp);
		int w = len ? wcwidth((wchar_t)cp) : 1;

		/* Unknown to the C library's table, or the C locale: one column is what shows. */
		if (w < 0)
			w = 1;
		if (*width + w > columns)
			break;
		*width += w;
		at += len ? len : 1;
	}
	*bytes = (size_t)(at - (const unsigned char *)s);
}

int text_width(const char *s)
{
	size_t bytes;
	int width;

	measure(s, 1 << 20, &bytes, &width);
	return width;
}

size_t text_fit(const char *s, int columns)
{
	size_t bytes;
	int width;

	measure(s, columns, &bytes, &width);
	return bytes;
}

int text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static int width_of_word(const char *text, int len)
{
	return text_width(text) - text_width(text + len);
}

void text_print_wrapped(FILE *out, const char *text, int indent, int width)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " \n"), columns = width_of_word(text, len);

		if (column > indent && column + 1 + columns > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		column += columns;
		text += len;
		if (text[0] == '\n') {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}
