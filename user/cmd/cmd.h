/* SPDX-License-Identifier: GPL-2.0-only */
/* Every command's entry: one file of this folder each. The order of `situ --help` is main.c's. */
#ifndef SITU_CMD_CMD_H
#define SITU_CMD_CMD_H

#include "user/base/opts.h"

extern const struct command cmd_doctor;
extern const struct command cmd_live;
extern const struct command cmd_agent;
extern const struct command cmd_record;
extern const struct command cmd_load;
extern const struct command cmd_crawl;
extern const struct command cmd_run;
extern const struct command cmd_schedule;
extern const struct command cmd_compare;
extern const struct command cmd_trend;
extern const struct command cmd_ls;
extern const struct command cmd_show;
extern const struct command cmd_export;
extern const struct command cmd_import;
extern const struct command cmd_merge;
extern const struct command cmd_join;
extern const struct command cmd_rm;
extern const struct command cmd_completion;
extern const struct command cmd_help;

/* The commands above in the order of `situ --help`, closed by NULL: defined in main.c. */
extern const struct command *const commands[];

#endif
