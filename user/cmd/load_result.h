/* SPDX-License-Identifier: GPL-2.0-only */
/* What a load found, in the form that was asked for. Internal to the load command's files. */
#ifndef SITU_CMD_LOAD_RESULT_H
#define SITU_CMD_LOAD_RESULT_H

#include "user/cmd/load_options.h"

/*
 * Prints @run, whose last phase is the one of @result, to stdout (tables, JSON or CSV) and the
 * histogram to its file. Returns 0, or -1 with @err set: also when nothing was answered, or a
 * threshold was not met, or with --strict the generator was the limit.
 */
int load_result_print(const struct load_job *job, const struct run *run,
		      const struct engine_result *result, struct err *err);

/* Writes @run as JSON or CSV, when that was asked for. 0 or -1 with @err set. */
int load_result_export(const struct load_options *o, const struct run *run, struct err *err);

#endif
