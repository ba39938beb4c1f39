/* SPDX-License-Identifier: GPL-2.0-only */
/* Two placements held against each other, in words and a table, or as JSON. */
#ifndef SITU_SHOW_COMPARISON_H
#define SITU_SHOW_COMPARISON_H

#include <stdio.h>

#include "user/experiment/compare.h"

/*
 * Prints which of the client's figures moved most and how sure that is, then the @most first rows
 * of @c, in tables of at most 80 columns. 0 or -ENOMEM.
 */
int comparison_print(const struct comparison *c, size_t most, FILE *out);

/*
 * Prints one JSON document of all rows: schema, situ_version, run{id,name}, a, b, trials_a,
 * trials_b, margin, level, least_pairs and differences[]{entity, subject, metric, unit, stat, a,
 * b, ratio, ratio_low, ratio_high, p_value, trials_a, trials_b, pairs, verdict}; numbers that are
 * not known are null. 0, -ENOMEM, or -EIO when @out does not take it.
 */
int comparison_print_json(const struct comparison *c, const struct run *run, double margin,
			  FILE *out);

#endif
