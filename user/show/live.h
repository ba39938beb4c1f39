/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal's edge of the live view: keys in, frames out. The only user of ncurses. */
#ifndef SITU_SHOW_LIVE_H
#define SITU_SHOW_LIVE_H

#include "user/attribute/measure.h"

/*
 * Shows what @m measures, interval by interval of @interval_ns, until q or a signal ends it. The
 * terminal is as it was when this returns: SIGINT, SIGTERM, SIGHUP and SIGQUIT are taken from a
 * descriptor meanwhile and cannot end the process inside. 0, or -1 with @err set (EXIT_USAGE when
 * standard input or output is no terminal, EXIT_ENVIRONMENT when nothing is known about it).
 */
int live_run(struct measure *m, u64 interval_ns, struct err *err);

/* -1 with @err set when live_run() could not show anything here. */
int live_check(struct err *err);

#endif
