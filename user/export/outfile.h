/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is there whole or not at all: what was at its path before stays until the end. */
#ifndef SITU_EXPORT_OUTFILE_H
#define SITU_EXPORT_OUTFILE_H

#include <stdio.h>

#include "user/base/err.h"

struct outfile {
	FILE *out; /* write here */
	char *path;
	char *temporary; /* renamed to path in the end; NULL: written in place */
};

/*
 * Opens @path for writing, by way of a temporary file beside it. A symbolic link is followed; what
 * is not a regular file (a device, a pipe) is written to as it is; NULL and "-" are standard
 * output. 0, or -1 with @err set and nothing to close.
 */
int outfile_open(struct outfile *file, const char *path, struct err *err);

/*
 * Ends @file: with @failed 0 what was written is flushed to the disk and takes its name, else it
 * is removed. 0, or -1 with @err set.
 */
int outfile_close(struct outfile *file, int failed, struct err *err);

#endif
