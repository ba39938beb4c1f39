// SPDX-License-Identifier: GPL-2.0-only
/*
 * Burns CPU time of a known amount, by its own clock: spin MILLISECONDS [BURSTS [FILE]]
 * With BURSTS the time is cut into that many parts with a sleep of 1 ms behind each; with FILE it
 * begins when that exists. Writes a line when it is up to it and prints at its end, in ns by
 * /proc/self/schedstat, what it waited for a CPU meanwhile, and in its whole life.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

/* 0 without CONFIG_SCHED_INFO. */
static long long waited_ns(void)
{
	FILE *file = fopen("/proc/self/schedstat", "r");
	char text[128] = "", *end = text;

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	strtoll(text, &end, 10);
	return strtoll(end, NULL, 10);
}

int main(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	long long total_ns, start_ns, before_ns, after_ns;
	long bursts, i;

	if (argc < 2) {
		fprintf(stderr, "usage: spin MILLISECONDS [BURSTS]\n");
		return 2;
	}
	total_ns = atoll(argv[1]) * 1000000LL;
	bursts = argc > 2 ? atol(argv[2]) : 1;
	puts("ready");
	fflush(stdout);
	while (argc > 3 && access(argv[3], F_OK) != 0)
		nanosleep(&pause, NULL);
	before_ns = waited_ns();
	start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (i = 1; i <= bursts; i++) {
		while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns < total_ns * i / bursts)
			;
		if (i < bursts)
			nanosleep(&pause, NULL);
	}
	after_ns = waited_ns();
	printf("%lld %lld\n", after_ns - before_ns, after_ns);
	return 0;
}
