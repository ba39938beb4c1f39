/* SPDX-License-Identifier: GPL-2.0-only */
/* A run, and what an export makes of it, as texts in memory. */
#ifndef SITU_TESTS_WRITTEN_H
#define SITU_TESTS_WRITTEN_H

#include "tests/unit/random_run.h"
#include "user/export/export.h"

/* What @write makes of @run, as a text that the caller frees. */
static inline char *written(const struct run *run,
			    int (*write)(const struct run *run, FILE *out, struct err *err),
			    size_t *len)
{
	struct err err = { 0 };
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	assert_non_null(out);
	if (write(run, out, &err))
		fail_msg("%s", err.text);
	assert_int_equal(fclose(out), 0);
	return text;
}

#endif
