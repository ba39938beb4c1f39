/* SPDX-License-Identifier: GPL-2.0-only */
/* The five fields of a crontab line (crontab(5)), and the same as systemd.time(7) has it. Pure. */
#ifndef SITU_EXPERIMENT_CRON_H
#define SITU_EXPERIMENT_CRON_H

#include <stdbool.h>

#include "user/base/buf.h"
#include "user/base/err.h"
#include "user/base/types.h"

enum cron_field { CRON_MINUTE, CRON_HOUR, CRON_DAY, CRON_MONTH, CRON_WEEKDAY, CRON_FIELDS };

struct cron {
	u64 set[CRON_FIELDS];  /* bit n: value n; Sunday is 0 */
	bool any[CRON_FIELDS]; /* the field began with '*': cron(8) then ignores it for the day */
	char text[128];	       /* five fields, one blank between them */
};

/*
 * Parses "M H D M W" with numbers, names of months and weekdays, lists, ranges and steps, or
 * "@hourly", "@daily", "@weekly", "@monthly", "@yearly". 0, or -1 with @err set (EXIT_USAGE).
 */
int cron_parse(const char *text, struct cron *cron, struct err *err);

/*
 * Adds lines "OnCalendar=..." to @out: two where cron starts on the day of the month or of the
 * week, one else. 0, or what adding to the buffer failed with.
 */
int cron_on_calendar(const struct cron *cron, struct buf *out);

#endif
