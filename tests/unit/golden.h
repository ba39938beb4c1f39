/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that a function printed, held against a file of tests/golden/. */
#ifndef SITU_TESTS_GOLDEN_H
#define SITU_TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

static inline void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/*
 * Fails the running test unless @text is what tests/golden/@name holds; names the two files to
 * compare when not. With GOLDEN_UPDATE set in the environment it writes the golden file instead:
 * read its diff before you commit it.
 */
static inline void assert_golden(const char *name, const char *text)
{
	char path[256], now[256];
	struct buf want;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	snprintf(now, sizeof(now), "build/%s", name);
	if (getenv("GOLDEN_UPDATE"))
		write_text(path, text);
	assert_int_equal(buf_read_file(&want, path, 1 << 20), 0);
	if (strcmp(want.data, text) != 0) {
		write_text(now, text);
		fail_msg("diff %s %s", path, now);
	}
	buf_free(&want);
}

/* Columns of the widest line of @text. */
static inline int widest_line(const char *text)
{
	int widest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);
		int width = text_width(line);

		widest = width > widest ? width : widest;
		free(line);
		text += len + (text[len] == '\n');
	}
	return widest;
}

#endif
