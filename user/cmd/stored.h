/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands on stored runs have in common. */
#ifndef SITU_CMD_STORED_H
#define SITU_CMD_STORED_H

#include "user/base/err.h"
#include "user/base/opts.h"
#include "user/model/run.h"
#include "user/store/store.h"

/* Loads the run that "STORE[:RUN]" names into the empty @run. 0, or -1 with @err set. */
int stored_run(const char *reference, struct run *run, struct err *err);

/* The run that @selector names in @list, an id before a name, which must then be the only one of
 * it. NULL with @err set when there is none such. */
const struct store_run *stored_find(const struct store_list *list, const char *path,
				    const char *selector, struct err *err);

/* "3%" or "0.03" of option --margin into *@margin. 0, or -1 with @err set. */
int stored_margin(const char *text, double *margin, struct err *err);

#endif
