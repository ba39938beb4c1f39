/* SPDX-License-Identifier: GPL-2.0-only */
/* A histogram as a few rows with bars. Pure. */
#ifndef SITU_SHOW_BARS_H
#define SITU_SHOW_BARS_H

#include <stdbool.h>

#include "user/model/hist.h"

struct bar {
	u64 lower_ns, upper_ns; /* values v with lower <= v < upper */
	u64 count;
};

/*
 * Merges the buckets of @h from the first to the last in use into at most @most rows @bar, empty
 * ones between them included: neighbours are joined in powers of two, so that rows stay equal
 * steps of a log scale. Returns the number of rows; 0 when @h is empty or has only a mean.
 */
size_t bars_build(const struct hist *h, size_t most, struct bar *bar);

/*
 * Writes a bar of @count against the longest one, of @longest, that takes @columns; to an eighth
 * of a column with @unicode, else in '#'. A count above 0 never looks empty. Returns @text.
 */
const char *bars_text(char *text, size_t size, u64 count, u64 longest, int columns, bool unicode);

#endif
