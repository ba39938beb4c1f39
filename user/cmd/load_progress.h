/* SPDX-License-Identifier: GPL-2.0-only */
/* A running load on stderr: a line that is rewritten on a terminal, else one now and then. */
#ifndef SITU_CMD_LOAD_PROGRESS_H
#define SITU_CMD_LOAD_PROGRESS_H

#include "loadgen/engine.h"
#include "user/show/loadline.h"

struct load_progress {
	bool tty;
	struct loadline line;
	u64 before_ns; /* elapsed and answered at the last look */
	u64 before_answered;
	bool was_warming_up;
};

/* Makes @config tell @progress. */
void load_progress_start(struct load_progress *progress, struct engine_config *config);

/* Takes the line off the terminal again. */
void load_progress_end(const struct load_progress *progress);

#endif
