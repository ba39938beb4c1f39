/* SPDX-License-Identifier: GPL-2.0-only */
/* The trials that do not count, each with the reason. */
#ifndef SITU_SHOW_INVALID_H
#define SITU_SHOW_INVALID_H

#include <stdio.h>

#include "user/model/run.h"

/* Prints them to @out under a heading; nothing when all trials count. */
void invalid_print(const struct run *run, FILE *out);

#endif
