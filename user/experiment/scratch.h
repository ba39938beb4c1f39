/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories that live as long as a run or a trial, in a place where everybody may write. */
#ifndef SITU_EXPERIMENT_SCRATCH_H
#define SITU_EXPERIMENT_SCRATCH_H

#include <sys/types.h>

/* Makes the directory @path, which must not exist, with @mode whatever the umask. 0 or -errno. */
int scratch_make(const char *path, mode_t mode);

/* Makes @path and the directories above it that are missing, mode 0755. 0 or -errno. */
int scratch_make_all(const char *path);

/*
 * Removes the directory @path and all below it, following no symbolic link below its parent.
 * 0 (also when there is none), or -errno of the last failure.
 */
int scratch_remove(const char *path);

#endif
