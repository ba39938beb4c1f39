/* SPDX-License-Identifier: GPL-2.0-only */
/* How a measurement that runs beside the load learns which request is which endpoint's. */
#ifndef SITU_CMD_LOAD_MARKS_H
#define SITU_CMD_LOAD_MARKS_H

#include "user/base/err.h"
#include "user/base/types.h"

/*
 * Maps the marks that the process which started this one has handed down, and says that they are
 * now this process's. *@marks is NULL when there are none; kept until the process ends. 0, or -1
 * with @err set.
 */
int load_marks_map(u64 **marks, struct err *err);

#endif
