/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of sums over calls, out of the mapped maps. Internal to collect/. */
#ifndef SITU_COLLECT_SUMS_H
#define SITU_COLLECT_SUMS_H

#include "user/collect/drain.h"

/*
 * What the key of @row says, with slots as owners, into @sample with a copy of the row. False when
 * that was another edge's, which has been taken back.
 */
bool sums_read(const struct mapped_rows *rows, const struct sum_row *row,
	       struct sum_sample *sample);

/* Appends all rows that can be read to @s. 0 or -ENOMEM. */
int sums_drain(const struct mapped_rows *rows, struct snapshot *s);

#endif
