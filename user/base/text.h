/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings from outside (comm, cgroup, URL, header, YAML) are hostile. They are cleaned once where
 * they come in: valid UTF-8 without control, bidi or zero-width characters, bounded. Every sink
 * then adds only its own quoting.
 */
#ifndef SITU_BASE_TEXT_H
#define SITU_BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Copies @src into @dst[@size], at most @size - 1 bytes and never half a character; each invalid
 * byte and each control, bidi or zero-width character becomes '?'. Returns the length of @dst.
 */
size_t text_clean(char *dst, size_t size, const char *src);

/* A cleaned copy of @src that the caller frees, cut at 4 KiB; NULL without memory. */
char *text_dup(const char *src);

/* Columns that the cleaned @s takes on a terminal (wide characters count two). */
int text_width(const char *s);

/* Length in bytes of the longest start of the cleaned @s that fits into @columns. */
size_t text_fit(const char *s, int columns);

/* True when @s matches the shell-like @prefix exactly at its start. */
int text_starts(const char *s, const char *prefix);

/*
 * Prints the cleaned @text and a line's end, broken at blanks before @width columns and at its own
 * line breaks, each line after the first indented by @indent columns. The first one is taken to
 * begin there already.
 */
void text_print_wrapped(FILE *out, const char *text, int indent, int width);

#endif
