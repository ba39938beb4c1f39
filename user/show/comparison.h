/* SPDX-License-Identifier: GPL-2.0-only */
/* Placements held against each other, in words and tables, or as JSON. */
#ifndef SITU_SHOW_COMPARISON_H
#define SITU_SHOW_COMPARISON_H

#include <stdio.h>

#include "user/experiment/ranking.h"

/*
 * Prints what the set-up can see (where there is an A/A copy), which placement is best for which
 * KPI, by how much, how sure and, of two placements, why; then tables: the KPIs, and of two
 * placements the @most first exploratory rows. At most 80 columns. 0 or -ENOMEM.
 */
int comparison_print(const struct ranking *ranking, const struct compare_options *options,
		     size_t most, FILE *out);

/*
 * comparison_print() of all placements of @run; nothing when there are fewer than two. 0, or -1
 * with @err set.
 */
int comparison_print_run(const struct run *run, const struct compare_options *options, size_t most,
			 FILE *out, struct err *err);

/*
 * Prints one JSON document: schema, situ_version, run{id,name}, margin, level, least_pairs, family,
 * seed, detectable[]{placement, subject, metric, stat, share, pairs, verdict}, kpis[]{kpi,
 * best, placements[]{placement, value, ratio, ratio_low, ratio_high, p_adjusted, verdict,
 * more_blocks}} (each against the best), reasons[]{subject, metric, a, b, difference,
 * difference_low, difference_high, p_value, pairs}, attribution[]{endpoint, band, a, b, difference,
 * difference_low, difference_high, p_value, pairs, rows[]{path[], component, and the same}} (of two
 * placements, in nanoseconds per request) and comparisons[]{a, b, trials_a, trials_b,
 * differences[]}. Beside them stand a, b, trials_a, trials_b and differences of the first
 * comparison. A difference is {entity, subject, metric, unit, stat, kpi, a, b, ratio, ratio_low,
 * ratio_high, p_value, p_adjusted, delta, trials_a, trials_b, pairs, verdict, more_blocks}; kpi is
 * null in an exploratory row, as is every number that is not known. 0, -ENOMEM, or -EIO when @out
 * does not take it.
 */
int comparison_print_json(const struct ranking *ranking, const struct compare_options *options,
			  const struct run *run, FILE *out);

#endif
