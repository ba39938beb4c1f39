/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures until a command, a time or a signal ends it, and stores what it saw as it goes. */
#ifndef SITU_EXPERIMENT_RECORDER_H
#define SITU_EXPERIMENT_RECORDER_H

#include "user/base/err.h"
#include "user/model/run.h"

struct recording {
	const char *store;    /* path of the store */
	const char *name;     /* of the run */
	u64 duration_ns;      /* 0: no limit */
	u64 interval_ns;      /* a phase is stored so often: what a killed recording keeps */
	char *const *command; /* argv to run meanwhile, NULL-terminated; NULL: none */
	bool quiet;	      /* no progress on stderr */
	bool no_spans;	      /* do not follow requests through services */
};

/*
 * Records into the empty @run, which the caller frees in any case, and into the store. *@status
 * is the command's exit status as a shell gives it (128 + signal), 0 without a command.
 * Returns 0, or -1 with @err set; the run is then sealed "failed" where the store still takes it.
 */
int record(const struct recording *recording, struct run *run, int *status, struct err *err);

#endif
