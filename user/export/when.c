// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/export/when.h"

const char *when_format(char buf[WHEN_TEXT], u64 real_ns)
{
	time_t seconds = (time_t)(real_ns / NSEC_PER_SEC);
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(buf, WHEN_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, WHEN_TEXT - len, ".%09" PRIu64 "Z", (u64)(real_ns % NSEC_PER_SEC));
	return buf;
}

/* The decimals at *@at, which moves behind them, as nanoseconds. */
static u64 parse_decimals(const char **at)
{
	u64 scale = NSEC_PER_SEC, ns = 0;

	for (; **at >= '0' && **at <= '9' && scale > 1; (*at)++) {
		scale /= 10;
		ns += (u64)(**at - '0') * scale;
	}
	return ns;
}

int when_parse(const char *text, u64 *real_ns)
{
	struct tm tm = { 0 };
	const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	u64 decimals_ns = 0;
	time_t seconds;

	if (!at)
		return -1;
	if (*at == '.') {
		at++;
		decimals_ns = parse_decimals(&at);
	}
	if (strcmp(at, "Z") != 0)
		return -1;
	seconds = timegm(&tm);
	if (seconds < 0 || (u64)seconds >= UINT64_MAX / NSEC_PER_SEC)
		return -1;
	*real_ns = (u64)seconds * NSEC_PER_SEC + decimals_ns;
	return 0;
}
