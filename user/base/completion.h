/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SITU_BASE_COMPLETION_H
#define SITU_BASE_COMPLETION_H

#include "user/base/buf.h"
#include "user/base/opts.h"

/*
 * Writes a bash completion script for the program @name with the NULL-terminated @commands to
 * @out: commands, their long options, the values of an option whose metavar lists them
 * ("json|csv"), file names otherwise. Returns 0 or out->failed.
 */
int completion_bash(struct buf *out, const char *name, const struct command *const *commands);

#endif
