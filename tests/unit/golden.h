/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that a function printed, held against a file of tests/golden/. */
#ifndef SITU_TESTS_GOLDEN_H
#define SITU_TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"

/*
 * Fails the running test unless @text is what tests/golden/@name holds; prints both when not.
 * With GOLDEN_UPDATE set in the environment it writes the file instead: read the diff before you
 * commit it.
 */
static inline void assert_golden(const char *name, const char *text)
{
	struct buf want;
	char path[256];

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	if (getenv("GOLDEN_UPDATE")) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(text, file);
		assert_int_equal(fclose(file), 0);
	}
	assert_int_equal(buf_read_file(&want, path, 1 << 20), 0);
	if (strcmp(want.data, text) != 0)
		print_error("# %s has:\n%s# but it is now:\n%s", path, want.data, text);
	assert_string_equal(want.data, text);
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
