/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stimuli, each a program of one file, have in common. */
#ifndef SITU_TESTS_STIM_STIM_H
#define SITU_TESTS_STIM_STIM_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static inline long long clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static inline long long now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Says what failed, by errno. Returns 1, which main() does then. */
static inline int fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	return 1;
}

#endif
