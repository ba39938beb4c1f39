/* SPDX-License-Identifier: GPL-2.0-only */
/* Quantities as people write them, both ways, from one table of units. */
#ifndef SITU_BASE_UNITS_H
#define SITU_BASE_UNITS_H

#include <stddef.h>

#include "user/base/types.h"

#define UNITS_TEXT 16 /* enough for every text that the functions below write */

/*
 * Parses a duration ("250ms", "8s", "1.5m", "2h"; a bare number is seconds) into *@ns.
 * Returns 0, or -EINVAL for anything else, for a negative and for one of more than 100 years.
 */
int units_parse_duration(const char *text, u64 *ns);

/* Parses bytes ("4096", "64k", "10MiB": powers of 1024) into *@bytes. 0 or -EINVAL. */
int units_parse_bytes(const char *text, u64 *bytes);

/* Writes @ns with three significant digits: "847ns", "12.3us", "4.50ms", "1.2s". Returns @buf. */
const char *units_duration(char *buf, size_t size, u64 ns);

/* Writes @bytes with three significant digits: "512B", "4.0KiB", "1.24GiB". Returns @buf. */
const char *units_bytes(char *buf, size_t size, u64 bytes);

/* Writes @count as "812", "12.3k", "4.56M". Returns @buf. */
const char *units_count(char *buf, size_t size, double count);

#endif
