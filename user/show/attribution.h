/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the time of requests went, as trees of at most 80 columns. */
#ifndef SITU_SHOW_ATTRIBUTION_H
#define SITU_SHOW_ATTRIBUTION_H

#include <stdio.h>

#include "user/trace/bands.h"

enum attribution_choice {
	ATTRIBUTION_MEAN,  /* of all requests of the load, else of the busiest entry edge */
	ATTRIBUTION_SHORT, /* also the slowest hundredth, and of more of the entry edges */
	ATTRIBUTION_EVERY, /* of every endpoint and band */
};

/* Prints trees of @phase, each with who kept its services waiting and how much of it is known.
 * Nothing when no trace was taken. 0 or -ENOMEM. */
int attribution_print(const struct phase *phase, enum attribution_choice choice, FILE *out);

/* Whether there are traces of the endpoint @name, as attribution_print_endpoint() takes it. */
bool attribution_has_endpoint(const struct phase *phase, const char *name);

/*
 * Prints every band of the endpoint @name, which may lack its method; "all" is that of all.
 * 0, -ENOENT when there is none, or -ENOMEM.
 */
int attribution_print_endpoint(const struct phase *phase, const char *name, FILE *out);

#endif
