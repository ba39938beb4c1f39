// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "user/base/units.h"

struct unit {
	const char *name;
	double factor;
};

/* Each table from the smallest unit to the largest; a second spelling stands behind the first. */
static const struct unit durations[] = {
	{ "ns", 1 },   { "us", 1e3 },	{ "ms", 1e6 },	  { "s", 1e9 },
	{ "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 },
};
static const struct unit sizes[] = {
	{ "B", 1 },
	{ "KiB", 1024.0 },
	{ "MiB", 1048576.0 },
	{ "GiB", 1073741824.0 },
	{ "TiB", 1099511627776.0 },
};
static const struct unit size_shorthands[] = {
	{ "k", 1024.0 },
	{ "M", 1048576.0 },
	{ "G", 1073741824.0 },
	{ "T", 1099511627776.0 },
};
static const struct unit counts[] = {
	{ "", 1 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 },
};

static const struct unit *find(const struct unit *table, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcasecmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* Splits @text into a number and the unit's name behind it. 0 or -EINVAL. */
static int split(const char *text, double *number, const char **name)
{
	char *end;

	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	errno = 0;
	*number = strtod(text, &end);
	if (errno || end == text || !isfinite(*number))
		return -EINVAL;
	*name = end;
	return 0;
}

int units_parse_duration(const char *text, u64 *ns)
{
	const double limit = 100 * 365.25 * 86400e9;
	const struct unit *unit;
	const char *name;
	double number;

	if (split(text, &number, &name))
		return -EINVAL;
	unit = find(durations, ARRAY_SIZE(durations), *name ? name : "s");
	if (!unit || number * unit->factor > limit)
		return -EINVAL;
	*ns = (u64)(number * unit->factor + 0.5);
	return 0;
}

int units_parse_bytes(const char *text, u64 *bytes)
{
	const struct unit *unit;
	const char *name;
	double number;

	if (split(text, &number, &name))
		return -EINVAL;
	unit = find(sizes, ARRAY_SIZE(sizes), *name ? name : "B");
	if (!unit)
		unit = find(size_shorthands, ARRAY_SIZE(size_shorthands), name);
	if (!unit || number * unit->factor >= 9e18)
		return -EINVAL;
	*bytes = (u64)(number * unit->factor + 0.5);
	return 0;
}

/* The largest unit of @table, of its first @nr, that leaves @value at 1 or above. */
static const char *format(char *buf, size_t size, double value, const struct unit *table, size_t nr)
{
	size_t i = nr - 1;
	double scaled;
	int digits;

	while (i > 0 && value < table[i].factor)
		i--;
	/* 999.6 us would print as 1000us: it is 1.00ms; 1023.9 KiB is 1.00MiB. */
	if (i + 1 < nr && value / table[i].factor + 0.5 >= table[i + 1].factor / table[i].factor)
		i++;
	scaled = value / table[i].factor;
	digits = scaled >= 99.95 || i == 0 ? 0 : scaled >= 9.995 ? 1 : 2;
	snprintf(buf, size, "%.*f%s", digits, scaled, table[i].name);
	return buf;
}

const char *units_duration(char *buf, size_t size, u64 ns)
{
	/* Up to seconds: "95.0s" reads better than "1.58m". */
	return format(buf, size, (double)ns, durations, 4);
}

const char *units_bytes(char *buf, size_t size, u64 bytes)
{
	return format(buf, size, (double)bytes, sizes, ARRAY_SIZE(sizes));
}

const char *units_count(char *buf, size_t size, double count)
{
	return format(buf, size, count, counts, ARRAY_SIZE(counts));
}
