/* SPDX-License-Identifier: GPL-2.0-only */
/* An experiment that the machine starts by itself: a systemd timer, or a line of root's crontab. */
#ifndef SITU_EXPERIMENT_SCHEDULE_H
#define SITU_EXPERIMENT_SCHEDULE_H

#include "user/base/err.h"
#include "user/experiment/cron.h"

#define SCHEDULE_UNITS "/etc/systemd/system"
#define SCHEDULE_LOCK  "/run/situ.lock"	  /* held by every run that is started by a schedule */
#define SCHEDULE_MARK  "# situ schedule " /* before the name, at the end of a crontab line */

enum schedule_with { SCHEDULE_SYSTEMD, SCHEDULE_CRON };

struct schedule {
	const char *name;  /* of the experiment: a name as plan.h has them */
	const char *file;  /* absolute path of the experiment file */
	const char *bin;   /* absolute path of situ */
	const char *store; /* absolute */
	struct cron cron;
};

/* True where systemd runs: what a schedule goes to unless somebody chooses. */
enum schedule_with schedule_default(void);

/*
 * Each adds the text that is installed: the two units of systemd, the line of the crontab. -EINVAL
 * for a path that cannot stand there (control bytes, and for the crontab '%'), or what adding to
 * the buffer failed with.
 */
int schedule_service_text(const struct schedule *schedule, struct buf *out);
int schedule_timer_text(const struct schedule *schedule, struct buf *out);
int schedule_crontab_line(const struct schedule *schedule, struct buf *out);

/* Copies the crontab @old to @out without the line of schedule @name. True when it had one. */
bool schedule_crontab_without(const char *old, const char *name, struct buf *out);

/*
 * Installs @schedule in place of an earlier one of its name, or removes the one called @name.
 * @units is the directory of systemd's units. 0, or -1 with @err set.
 */
int schedule_install(const struct schedule *schedule, enum schedule_with with, const char *units,
		     struct err *err);
int schedule_remove(const char *name, enum schedule_with with, const char *units, struct err *err);

/* Prints every schedule of situ, from both places. 0, or -1 with @err set. */
int schedule_list(const char *units, struct err *err);

#endif
