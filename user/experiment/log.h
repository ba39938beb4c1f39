/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a program's output goes to, and its last words. */
#ifndef SITU_EXPERIMENT_LOG_H
#define SITU_EXPERIMENT_LOG_H

#include <stdbool.h>

#include "user/base/err.h"

/*
 * Opens the file @path to add to its end, emptied first when @anew. Returns a descriptor, or -1
 * with @err set.
 */
int log_open(const char *path, bool anew, struct err *err);

/* Prints the last @nr lines of @path to stderr, cleaned, each behind "  @name: ". */
void log_print_tail(const char *path, const char *name, unsigned int nr);

#endif
