/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SITU_CMD_HELP_H
#define SITU_CMD_HELP_H

/* Prints what situ is, its commands and some examples to stdout. */
void help_overview(void);

/* The text of `situ help workload`. */
extern const char help_workload[];

#endif
