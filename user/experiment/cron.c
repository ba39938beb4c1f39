// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/experiment/cron.h"

struct limits {
	const char *name;
	unsigned int low, high;
	const char *const *words; /* of the values from low on */
	unsigned int nr_words;
};

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
				      "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static const struct limits limits[CRON_FIELDS] = {
	[CRON_MINUTE] = { "minute", 0, 59, NULL, 0 },
	[CRON_HOUR] = { "hour", 0, 23, NULL, 0 },
	[CRON_DAY] = { "day of the month", 1, 31, NULL, 0 },
	[CRON_MONTH] = { "month", 1, 12, months, ARRAY_SIZE(months) },
	[CRON_WEEKDAY] = { "day of the week", 0, 7, weekdays, ARRAY_SIZE(weekdays) },
};

/* Reads a number or a word at *@text, which moves behind it. 0 or -1. */
static int read_value(const struct limits *l, const char **text, unsigned int *value)
{
	unsigned int i;
	char *end;

	if (**text >= '0' && **text <= '9') {
		unsigned long number = strtoul(*text, &end, 10);

		*text = end;
		*value = (unsigned int)number;
		return number >= l->low && number <= l->high ? 0 : -1;
	}
	for (i = 0; i < l->nr_words; i++) {
		if (strncasecmp(*text, l->words[i], 3) != 0)
			continue;
		*text += 3;
		*value = l->low + i;
		return 0;
	}
	return -1;
}

/* Reads "*", "N" or "N-M", and "/STEP" behind it. 0 or -1. */
static int read_range(const struct limits *l, const char **text, u64 *set)
{
	unsigned int from = l->low, to = l->high, step = 1;
	bool star = **text == '*', open = star;
	unsigned long number;
	char *end;

	if (star) {
		(*text)++;
	} else {
		if (read_value(l, text, &from))
			return -1;
		to = from;
		if (**text == '-') {
			(*text)++;
			open = true;
			if (read_value(l, text, &to) || to < from)
				return -1;
		}
	}
	if (**text == '/') {
		if (!open || (*text)[1] < '1' || (*text)[1] > '9')
			return -1; /* "5/10" means one thing to some crons, nothing to others */
		number = strtoul(*text + 1, &end, 10);
		step = number > l->high ? l->high + 1 : (unsigned int)number;
		*text = end;
	}
	for (; from <= to; from += step)
		*set |= 1ULL << from;
	return 0;
}

static int read_field(enum cron_field field, const char *text, struct cron *cron, struct err *err)
{
	const struct limits *l = &limits[field];
	const char *c = text;

	cron->any[field] = *text == '*';
	for (;;) {
		if (read_range(l, &c, &cron->set[field]) || (*c && *c != ','))
			return err_set(err, EXIT_USAGE,
				       "'%s' is no %s: write *, numbers from %u to %u, ranges like "
				       "%u-%u, steps like */2, or a list of them",
				       text, l->name, l->low, l->high, l->low, l->high);
		if (!*c)
			break;
		c++;
	}
	if (field == CRON_WEEKDAY && (cron->set[field] & (1ULL << 7)))
		cron->set[field] = (cron->set[field] | 1) & 0x7f;
	return 0;
}

static const char *nickname(const char *text)
{
	static const char *const names[][2] = {
		{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },
		{ "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
		{ "@monthly", "0 0 1 * *" },  { "@yearly", "0 0 1 1 *" },
		{ "@annually", "0 0 1 1 *" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i][0]) == 0)
			return names[i][1];
	}
	return text;
}

int cron_parse(const char *text, struct cron *cron, struct err *err)
{
	char copy[sizeof(cron->text)], *word, *rest = copy;
	size_t len = 0;
	int field = 0;

	*cron = (struct cron){ 0 };
	text = nickname(text);
	if (strlen(text) >= sizeof(copy) || strpbrk(text, "\r\n%"))
		return err_set(err, EXIT_USAGE,
			       "'%.40s...' is no time: write five fields like "
			       "'0 */6 * * *'",
			       text);
	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (field == CRON_FIELDS)
			break;
		if (read_field((enum cron_field)field, word, cron, err))
			return -1;
		len += (size_t)snprintf(cron->text + len, sizeof(cron->text) - len, "%s%s",
					field ? " " : "", word);
		field++;
	}
	if (field == CRON_FIELDS && !word)
		return 0;
	return err_set(err, EXIT_USAGE,
		       "'%s' has %s than five fields: write minute, hour, day, month, weekday, "
		       "like '0 */6 * * *'",
		       text, word ? "more" : "less");
}

/* Adds the values of @set as a list with @format, or "*" when it holds all from @low to @high. */
static void add_list(struct buf *out, const struct limits *l, u64 set)
{
	unsigned int i, nr = 0, all = 0;

	for (i = l->low; i <= l->high; i++)
		all += (set >> i & 1) == 0;
	if (!all) {
		buf_puts(out, "*");
		return;
	}
	for (i = l->low; i <= l->high; i++) {
		if (set >> i & 1)
			buf_printf(out, "%s%02u", nr++ ? "," : "", i);
	}
}

static void add_weekdays(struct buf *out, u64 set)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (set >> i & 1)
			buf_printf(out, "%s%s", nr++ ? "," : "", names[i]);
	}
	buf_puts(out, " ");
}

static void add_line(struct buf *out, const struct cron *cron, bool by_weekday, bool by_day)
{
	u64 every_day = 0xfffffffe;

	buf_puts(out, "OnCalendar=");
	if (by_weekday)
		add_weekdays(out, cron->set[CRON_WEEKDAY]);
	buf_puts(out, "*-");
	add_list(out, &limits[CRON_MONTH], cron->set[CRON_MONTH]);
	buf_puts(out, "-");
	add_list(out, &limits[CRON_DAY], by_day ? cron->set[CRON_DAY] : every_day);
	buf_puts(out, " ");
	add_list(out, &limits[CRON_HOUR], cron->set[CRON_HOUR]);
	buf_puts(out, ":");
	add_list(out, &limits[CRON_MINUTE], cron->set[CRON_MINUTE]);
	buf_puts(out, ":00\n");
}

int cron_on_calendar(const struct cron *cron, struct buf *out)
{
	bool weekday = (cron->set[CRON_WEEKDAY] & 0x7f) != 0x7f;

	/* crontab(5): with both days restricted either will do; with a '*' in one, both must. */
	if (!cron->any[CRON_DAY] && !cron->any[CRON_WEEKDAY]) {
		add_line(out, cron, true, false);
		add_line(out, cron, false, true);
	} else {
		add_line(out, cron, weekday, true);
	}
	return out->failed;
}
