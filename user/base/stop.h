/* SPDX-License-Identifier: GPL-2.0-only */
/* The one global of the program: somebody asked it to stop. */
#ifndef SITU_BASE_STOP_H
#define SITU_BASE_STOP_H

/*
 * Makes SIGINT, SIGTERM and SIGHUP set the stop flag (without SA_RESTART, so that a sleeping call
 * returns with EINTR) and SIGPIPE harmless. A second SIGINT ends the process at once. A SIGHUP
 * that is ignored, as under nohup(1), stays so.
 */
void stop_on_signals(void);

/* Number of the signal that asked to stop, SIGINT rather than another; 0 while nobody has. */
int stop_signal(void);

#endif
