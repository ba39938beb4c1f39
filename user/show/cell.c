// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "user/base/units.h"
#include "user/show/cell.h"

#define UNKNOWN "-"

void cell_duration(struct table *table, double ns)
{
	char text[UNITS_TEXT];

	if (!isfinite(ns) || ns < 0 || ns >= (double)HIST_UNKNOWN)
		table_text(table, UNKNOWN);
	else
		table_text(table, units_duration(text, sizeof(text), (u64)ns));
}

void cell_quantile(struct table *table, const struct hist *hist, double q)
{
	cell_duration(table, (double)hist_quantile(hist, q));
}

void cell_mean(struct table *table, const struct hist *hist)
{
	cell_duration(table, hist->count ? hist_mean(hist) : NAN);
}

void cell_bytes(struct table *table, double bytes)
{
	char text[UNITS_TEXT];

	if (!isfinite(bytes) || bytes < 0 || bytes >= 0x1p64)
		table_text(table, UNKNOWN);
	else
		table_text(table, units_bytes(text, sizeof(text), (u64)bytes));
}

void cell_count(struct table *table, double count)
{
	char text[UNITS_TEXT];

	if (!isfinite(count))
		table_text(table, UNKNOWN);
	else if (fabs(count) < 1e6 && count == floor(count))
		table_printf(table, "%.0f", count);
	else if (fabs(count) < 999.5)
		table_printf(table, "%.3g", count);
	else
		table_text(table, units_count(text, sizeof(text), count));
}

void cell_percent(struct table *table, u64 part_ns, u64 whole_ns)
{
	if (whole_ns)
		table_printf(table, "%.1f", 100 * (double)part_ns / (double)whole_ns);
	else
		table_text(table, UNKNOWN);
}

void cell_bad_count(struct table *table, u64 count)
{
	cell_count(table, (double)count);
	if (count)
		table_mark(table, TABLE_BAD);
}
