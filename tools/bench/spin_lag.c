// SPDX-License-Identifier: GPL-2.0-only
/*
 * spin_lag: how late a program is that does nothing but wait, awake, for the moments of a constant
 * rate: what interrupts, other threads and the host take of the CPU. No open loop on that CPU can
 * be more punctual.
 *
 *	spin_lag RATE SECONDS
 *
 * Prints the 99th percentile of its delays, in microseconds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "user/base/clock.h"

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	unsigned long rate = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long seconds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, nr, i;
	u64 start_ns, due_ns, now_ns, *lag_ns;

	if (rate < 1 || rate > 1000000 || seconds < 1 || seconds > 100) {
		fprintf(stderr, "usage: spin_lag RATE SECONDS\n");
		return 2;
	}
	nr = rate * seconds;
	lag_ns = calloc(nr, sizeof(*lag_ns));
	if (!lag_ns)
		return 1;
	start_ns = clock_mono_ns();
	for (i = 0; i < nr; i++) {
		due_ns = start_ns + (i + 1) * NSEC_PER_SEC / rate;
		do {
			now_ns = clock_mono_ns();
		} while (now_ns < due_ns);
		lag_ns[i] = now_ns - due_ns;
	}
	qsort(lag_ns, nr, sizeof(*lag_ns), compare);
	i = nr - 1 - nr / 100;
	printf("%.3f\n", (double)lag_ns[i] / NSEC_PER_USEC);
	free(lag_ns);
	return 0;
}
