// SPDX-License-Identifier: GPL-2.0-only
/* The texts of a schedule. Pure; putting them in their places is schedule_install.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/schedule.h"

/* Adds @text as one word of systemd's command lines: systemd.service(5), "Command lines". */
static int add_systemd_word(struct buf *out, const char *text)
{
	const char *c;

	buf_puts(out, " \"");
	for (c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return -EINVAL;
		if (strchr("\"\\", *c))
			buf_printf(out, "\\%c", *c);
		else if (strchr("%$", *c))
			buf_printf(out, "%c%c", *c, *c);
		else
			buf_add(out, c, 1);
	}
	return buf_puts(out, "\"");
}

/* Adds @text as one word of sh; cron takes '%' for the end of the line. */
static int add_shell_word(struct buf *out, const char *text)
{
	const char *c;

	buf_puts(out, " '");
	for (c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '%')
			return -EINVAL;
		if (*c == '\'')
			buf_puts(out, "'\\''");
		else
			buf_add(out, c, 1);
	}
	return buf_puts(out, "'");
}

/* The command: one that waits until the run before it has ended would only be late itself. */
static int add_command(const struct schedule *s, struct buf *out,
		       int (*add_word)(struct buf *, const char *))
{
	const char *const words[] = { s->bin, "run", "--lock", SCHEDULE_LOCK, "--overlap",
				      "skip", "-o",  s->store, s->file };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		int failed = add_word(out, words[i]);

		if (failed)
			return failed;
	}
	return 0;
}

int schedule_service_text(const struct schedule *schedule, struct buf *out)
{
	int failed;

	buf_printf(out,
		   "[Unit]\n"
		   "Description=situ experiment %s\n"
		   "\n"
		   "[Service]\n"
		   "Type=oneshot\n"
		   "ExecStart=",
		   schedule->name);
	failed = add_command(schedule, out, add_systemd_word);
	/* situ seals the run and stops the services before it ends. */
	return failed ? failed : buf_puts(out, "\nTimeoutStopSec=60\n");
}

int schedule_timer_text(const struct schedule *schedule, struct buf *out)
{
	buf_printf(out,
		   "[Unit]\n"
		   "Description=situ experiment %s, by cron's '%s'\n"
		   "\n"
		   "[Timer]\n",
		   schedule->name, schedule->cron.text);
	cron_on_calendar(&schedule->cron, out);
	return buf_puts(out, "AccuracySec=1s\n"
			     "\n"
			     "[Install]\n"
			     "WantedBy=timers.target\n");
}

int schedule_crontab_line(const struct schedule *schedule, struct buf *out)
{
	char *log;
	int failed;

	buf_puts(out, schedule->cron.text);
	failed = add_command(schedule, out, add_shell_word);
	if (failed)
		return failed;
	/* Mail, where cron would send it, gets lost on a machine without a mail server. */
	if (asprintf(&log, "%s.log", schedule->store) < 0)
		return -ENOMEM;
	buf_puts(out, " >>");
	failed = add_shell_word(out, log);
	free(log);
	return failed ? failed : buf_printf(out, " 2>&1 " SCHEDULE_MARK "%s\n", schedule->name);
}

/* True when the line @line[@len] is that of schedule @name; of any when that is NULL. */
static bool is_marked(const char *line, size_t len, const char *name)
{
	const char *mark = memmem(line, len, SCHEDULE_MARK, strlen(SCHEDULE_MARK));
	size_t left;

	if (!mark)
		return false;
	mark += strlen(SCHEDULE_MARK);
	left = len - (size_t)(mark - line);
	return left == strlen(name) && memcmp(mark, name, left) == 0;
}

bool schedule_crontab_without(const char *old, const char *name, struct buf *out)
{
	bool had = false;

	while (*old) {
		size_t len = strcspn(old, "\n");

		if (is_marked(old, len, name)) {
			had = true;
		} else {
			buf_add(out, old, len);
			buf_puts(out, "\n");
		}
		old += len + (old[len] == '\n');
	}
	return had;
}
