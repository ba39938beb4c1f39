/* SPDX-License-Identifier: GPL-2.0-only */
/* The histograms of one service, side by side. Internal to the live view. */
#ifndef SITU_SHOW_PANEL_H
#define SITU_SHOW_PANEL_H

#include "user/show/frame.h"

/*
 * Adds lines with the histograms of @service of @phase to @frame: run-queue wait, slice, response
 * time of the calls it makes, server time of the calls it gets; as many as fit into @width columns
 * and @height lines. 0 or -ENOMEM.
 */
int panel_add(struct frame *frame, const struct phase *phase, const struct service *service,
	      int width, int height, bool unicode);

#endif
