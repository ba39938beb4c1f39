/* SPDX-License-Identifier: GPL-2.0-only */
/* A run in tables of at most 80 columns. */
#ifndef SITU_SHOW_SUMMARY_H
#define SITU_SHOW_SUMMARY_H

#include <stdio.h>

#include "user/model/run.h"

/*
 * Prints, per placement of @run (its trials added up): the client's view (endpoints), the
 * services' view, the disks, the edges' view, then what was lost and what situ itself took.
 * Colours and bold only when @out is a terminal and NO_COLOR is unset. 0 or -ENOMEM.
 */
int summary_print(const struct run *run, FILE *out);

/*
 * The same for a reader who has just run it, a screen per placement: the endpoints, where the time
 * of the mean request went, the services. 0 or -ENOMEM.
 */
int summary_print_brief(const struct run *run, FILE *out);

/*
 * Prints, per placement of @run, where the time of requests went: for every endpoint and band, or
 * those of @endpoint (may lack its method; NULL: all). 0, -ENOENT when no trace was taken of it, or
 * -ENOMEM.
 */
int summary_print_trees(const struct run *run, const char *endpoint, FILE *out);

/* Only the endpoints' table of one phase: the result of a load. */
int summary_print_endpoints(const struct phase *phase, FILE *out);

/* Where the requests' time went: connections, and the phases of a request. */
int summary_print_phases(const struct phase *phase, FILE *out);

#endif
