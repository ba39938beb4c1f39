/* SPDX-License-Identifier: GPL-2.0-only */
/* One picture of the live view as lines of text: pure, so that tests see what a terminal shows. */
#ifndef SITU_SHOW_FRAME_H
#define SITU_SHOW_FRAME_H

#include <stdbool.h>

#include "user/model/run.h"

enum frame_look { FRAME_PLAIN, FRAME_BAR, FRAME_BOLD, FRAME_SELECTED, FRAME_FAINT };

struct frame_line {
	char *text;
	enum frame_look look;
};

struct frame {
	struct frame_line *line;
	size_t nr;
	int failed; /* 0 or -ENOMEM */
};

/* What the keys change. */
struct live_view {
	char selected[256]; /* service and host of the selected row; "": the first one */
	char selected_host[256];
	bool totals; /* since the start, not over the last interval */
	bool paused;
	bool help;
	bool unicode;
	u64 interval_ns;
};

/* What is shown. Both may be empty before the first interval is over. */
struct live_data {
	const struct phase *last;  /* the last interval */
	const struct phase *total; /* all intervals added up */
};

/*
 * Builds the empty @frame of at most @height lines of at most @width columns: the services, the
 * histograms of the selected one, losses, help. 0 or -ENOMEM; frame_free() in any case.
 */
int frame_build(const struct live_view *view, const struct live_data *data, int width, int height,
		struct frame *frame);
void frame_free(struct frame *frame);

/* Selects the service @step rows (negative: up) from the one selected, in the order shown. */
int frame_select(struct live_view *view, const struct live_data *data, int step);

/* Adds a line. Returns frame->failed. */
int frame_add(struct frame *frame, enum frame_look look, const char *text);

#endif
