/* SPDX-License-Identifier: GPL-2.0-only */
/* The trend of figures over runs, as tables or JSON. */
#ifndef SITU_SHOW_TREND_H
#define SITU_SHOW_TREND_H

#include <stdio.h>

#include "user/experiment/trend.h"

/* Prints a table per series of the runs named @name, with its changes. 0 or -ENOMEM. */
int trend_print(const struct trend *trend, const char *name, FILE *out);

/*
 * Prints one JSON document: schema, situ_version, name, series[]{placement, kpi, unit,
 * points[]{run, started_at, value, trials}, changes[]{run, before, after, p_value}}. 0, -ENOMEM, or
 * -EIO when @out does not take it.
 */
int trend_print_json(const struct trend *trend, const char *name, FILE *out);

#endif
