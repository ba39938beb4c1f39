/* SPDX-License-Identifier: GPL-2.0-only */
/* Points in time as exports write them: RFC 3339 in UTC, to the nanosecond. */
#ifndef SITU_EXPORT_WHEN_H
#define SITU_EXPORT_WHEN_H

#include "user/base/types.h"

#define WHEN_TEXT 40

/* Writes @real_ns (since 1970) as "2026-02-03T04:05:06.123456789Z". Returns @buf. */
const char *when_format(char buf[WHEN_TEXT], u64 real_ns);

/* Reads that, with any number of decimals up to nine, into *@real_ns. 0 or -1. */
int when_parse(const char *text, u64 *real_ns);

#endif
