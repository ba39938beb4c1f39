// SPDX-License-Identifier: GPL-2.0-only
/* Texts as YAML and the templates of a workload want them. */
#include <ctype.h>
#include <string.h>

#include "loadgen/crawl/emit.h"
#include "loadgen/vartext.h"

/* True when YAML takes @text as it stands, in flow and in block: letters, digits, a few signs. */
static bool is_plain(const char *text)
{
	const char *c;

	if (!isalnum((unsigned char)*text) && *text != '/')
		return false;
	for (c = text; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("/_.~-", *c))
			return false;
	}
	return true;
}

/* Length of the UTF-8 character at @s that needs no escape; 0: escape its first byte. */
static size_t printable_len(const unsigned char *s)
{
	if (*s >= 0x20 && *s < 0x7f)
		return *s == '"' || *s == '\\' ? 0 : 1;
	if (*s >= 0xc3 && *s < 0xe0)
		return 2;
	/* U+D7FF and below, so that the byte order mark and the noncharacters are none of them. */
	if (*s >= 0xe1 && *s < 0xed)
		return 3;
	return 0;
}

/* The code point of the valid UTF-8 at @s, of *@len bytes. */
static unsigned int decode(const unsigned char *s, size_t *len)
{
	unsigned int code;
	size_t i;

	*len = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	code = *len == 1 ? *s : *s & (0x7fU >> *len);
	for (i = 1; i < *len; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*len = i;
			return 0xfffd;
		}
		code = code << 6 | (s[i] & 0x3f);
	}
	return code;
}

int emit_scalar(struct buf *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (is_plain(text))
		return buf_puts(to, text);
	buf_puts(to, "\"");
	while (*s) {
		size_t len = printable_len(s);
		unsigned int code;

		if (len && strnlen((const char *)s, len) == len) {
			buf_add(to, s, len);
			s += len;
			continue;
		}
		code = decode(s, &len);
		if (code < 0x80 && strchr("\"\\", (int)code))
			buf_printf(to, "\\%c", (int)code);
		else
			buf_printf(to, "\\U%08X", code);
		s += len;
	}
	return buf_puts(to, "\"");
}

int emit_literal(struct buf *to, const char *text)
{
	while (*text) {
		size_t len = vartext_reference_len(text);

		if (len)
			buf_printf(to, "{%.*s}", (int)len, text);
		else
			buf_add(to, text, 1);
		text += len ? len : 1;
	}
	return to->failed;
}
