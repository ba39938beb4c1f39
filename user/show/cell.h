/* SPDX-License-Identifier: GPL-2.0-only */
/* Quantities as table cells, each in its unit; "-" for what is not known. */
#ifndef SITU_SHOW_CELL_H
#define SITU_SHOW_CELL_H

#include "user/model/hist.h"
#include "user/show/table.h"

/* @ns as "12.3ms"; HIST_UNKNOWN and NAN are unknown. */
void cell_duration(struct table *table, double ns);
/* The quantile @q of @hist; its mean. */
void cell_quantile(struct table *table, const struct hist *hist, double q);
void cell_mean(struct table *table, const struct hist *hist);
/* @bytes as "4.0KiB". */
void cell_bytes(struct table *table, double bytes);
/* @count: "123456" when it is whole and below a million, else three digits: "0.012", "12.3M". */
void cell_count(struct table *table, double count);
/* @part_ns of @whole_ns as "12.3" percent. */
void cell_percent(struct table *table, u64 part_ns, u64 whole_ns);
/* A count that is bad news above 0. */
void cell_bad_count(struct table *table, u64 count);

#endif
