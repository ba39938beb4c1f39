// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/base/units.h"
#include "user/model/hist.h"
#include "user/show/loadline.h"

void loadline_add_rate(struct loadline *line, double rate)
{
	if (line->nr_rates == LOADLINE_RATES)
		memmove(line->rates, line->rates + 1, --line->nr_rates * sizeof(*line->rates));
	line->rates[line->nr_rates++] = rate;
}

static size_t add(char *text, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static size_t add(char *text, size_t len, const char *fmt, ...)
{
	va_list ap;
	int more;

	va_start(ap, fmt);
	more = vsnprintf(text + len, LOADLINE_TEXT - len, fmt, ap);
	va_end(ap);
	if (more < 0)
		return len;
	len += (size_t)more;
	return len < LOADLINE_TEXT ? len : LOADLINE_TEXT - 1;
}

static size_t add_time(char *text, size_t len, const char *name, u64 ns)
{
	char time[UNITS_TEXT];

	if (ns == HIST_UNKNOWN)
		return add(text, len, "  %s -", name);
	return add(text, len, "  %s %s", name, units_duration(time, sizeof(time), ns));
}

/* The rates between none and the highest, in eighths of a line's height. */
static size_t add_spark(const struct loadline *line, char *text, size_t len)
{
	static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double most = 0;
	size_t i;

	for (i = 0; i < line->nr_rates; i++) {
		if (line->rates[i] > most)
			most = line->rates[i];
	}
	for (i = 0; i < line->nr_rates; i++) {
		double share = most > 0 ? line->rates[i] / most : 0;

		len = add(text, len, "%s%s", i ? "" : "  ", bars[(size_t)(share * 7 + 0.5)]);
	}
	return len;
}

const char *loadline_format(const struct loadline *line, bool spark, char text[LOADLINE_TEXT])
{
	double rate = line->nr_rates ? line->rates[line->nr_rates - 1] : 0;
	char elapsed[UNITS_TEXT], planned[UNITS_TEXT], count[UNITS_TEXT];
	size_t len;

	len = add(text, 0, "%s %s", line->what,
		  units_duration(elapsed, sizeof(elapsed), line->elapsed_ns));
	if (line->planned_ns)
		len = add(text, len, " of %s",
			  units_duration(planned, sizeof(planned), line->planned_ns));
	len = add(text, len, "  %s/s  %llu in flight", units_count(count, sizeof(count), rate),
		  (unsigned long long)line->in_flight);
	if (line->backlog)
		len = add(text, len, "  %llu waiting", (unsigned long long)line->backlog);
	len = add_time(text, len, "p50", line->p50_ns);
	len = add_time(text, len, "p99", line->p99_ns);
	len = add(text, len, "  %llu failed", (unsigned long long)line->failed);
	if (spark)
		add_spark(line, text, len);
	return text;
}
