/* SPDX-License-Identifier: GPL-2.0-only */
/* The load phases of a run, each as a run of its own. Pure. */
#ifndef SITU_EXPERIMENT_LOADVIEW_H
#define SITU_EXPERIMENT_LOADVIEW_H

#include "user/model/run.h"

#define LOADVIEW_MOST 16 /* load phases that an experiment file can have */

/*
 * Lists the names of the phases of @run's trials, in the order in which they come first, at most
 * @most. Borrowed from @run. Returns how many.
 */
size_t loadview_list(const struct run *run, const char **names, size_t most);

/*
 * Fills @view with the phases of @run that are called @phase and count, renamed to what comparing
 * looks at. It borrows all from @run; free(view->phases) ends it. 0 or -ENOMEM.
 */
int loadview_make(const struct run *run, const char *phase, struct run *view);

#endif
