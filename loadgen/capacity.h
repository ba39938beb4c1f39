/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Search for the highest rate at which a load reaches its goals: the rate is doubled (or halved,
 * when the first is too much) until one is met and one missed, then the gap between the two is
 * halved until it is narrow. Pure: the caller loads, and says how it went.
 */
#ifndef SITU_LOADGEN_CAPACITY_H
#define SITU_LOADGEN_CAPACITY_H

#include <stdbool.h>

#define CAPACITY_STEPS_MAX 24
#define CAPACITY_GAP	   0.05 /* the search ends when the bounds are closer, of the upper one */

struct capacity {
	double first; /* requests per second */
	double least; /* nothing is tried outside these two */
	double most;
	double met;    /* the highest rate that reached the goals; 0: none yet */
	double missed; /* the lowest that did not; 0: none yet */
	unsigned int steps;
};

/* The rate to try next; 0: the search is over, and capacity->met is its result. */
double capacity_next(const struct capacity *capacity);

/* Notes how the load at @rate, which capacity_next() named, went. */
void capacity_note(struct capacity *capacity, double rate, bool met);

#endif
