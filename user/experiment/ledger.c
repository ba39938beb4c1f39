// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/experiment/ledger.h"

enum ledger_entry ledger_look(const struct run *run, const char *placement, unsigned int trial,
			      unsigned int retries, unsigned int *attempt)
{
	unsigned int last = 0;
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *phase = &run->phases[i];

		if (phase->trial != trial || strcmp(phase->placement, placement) != 0)
			continue;
		if (phase_counts(phase))
			return LEDGER_DONE;
		if (phase->attempt > last)
			last = phase->attempt;
	}
	*attempt = last + 1;
	return last > retries ? LEDGER_GIVEN_UP : LEDGER_OPEN;
}

unsigned int ledger_blocks(const struct run *run)
{
	unsigned int last = 0;
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		if (run->phases[i].trial > last)
			last = run->phases[i].trial;
	}
	return last;
}

/* Phases are added trial by trial: those of one attempt stand side by side. */
static int starts_attempt(const struct run *run, size_t i)
{
	const struct phase *phase = &run->phases[i], *before = phase - 1;

	return i == 0 || phase->trial != before->trial || phase->attempt != before->attempt ||
	       strcmp(phase->placement, before->placement) != 0;
}

unsigned int ledger_count(const struct run *run, const char *placement)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < run->nr_phases; i++)
		nr += starts_attempt(run, i) && phase_counts(&run->phases[i]) &&
		      strcmp(run->phases[i].placement, placement) == 0;
	return nr;
}
