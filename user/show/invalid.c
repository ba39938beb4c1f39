// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "user/show/invalid.h"

/* The phases of one attempt share one reason: it is told once. */
static bool told(const struct run *run, size_t i)
{
	const struct phase *phase = &run->phases[i], *before = phase - 1;

	return i > 0 && phase->trial == before->trial && phase->attempt == before->attempt &&
	       strcmp(phase->placement, before->placement) == 0;
}

void invalid_print(const struct run *run, FILE *out)
{
	bool first = true;
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];

		if (phase_counts(phase) || told(run, i))
			continue;
		if (first)
			fputs("\nTrials that do not count, left out of all that is shown:\n", out);
		first = false;
		fprintf(out, "  %s, trial %u, attempt %u: %s\n", phase->placement, phase->trial,
			phase->attempt, phase->invalid);
	}
}
