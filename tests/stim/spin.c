// SPDX-License-Identifier: GPL-2.0-only
/*
 * Burns CPU time of a known amount, by its own clock: spin MILLISECONDS [BURSTS].
 * With BURSTS the time is cut into that many parts with a sleep of 1 ms behind each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	long long total_ns;
	long bursts, i;

	if (argc < 2) {
		fprintf(stderr, "usage: spin MILLISECONDS [BURSTS]\n");
		return 2;
	}
	total_ns = atoll(argv[1]) * 1000000LL;
	bursts = argc > 2 ? atol(argv[2]) : 1;
	for (i = 1; i <= bursts; i++) {
		while (cpu_ns() < total_ns * i / bursts)
			;
		if (i < bursts)
			nanosleep(&pause, NULL);
	}
	return 0;
}
