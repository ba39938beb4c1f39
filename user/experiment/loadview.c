// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/compare_trials.h"
#include "user/experiment/loadview.h"

static bool has(const char *const *names, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

size_t loadview_list(const struct run *run, const char **names, size_t most)
{
	size_t nr = 0, i;

	for (i = 0; i < run->nr_phases && nr < most; i++) {
		if (*run->phases[i].placement && !has(names, nr, run->phases[i].name))
			names[nr++] = run->phases[i].name;
	}
	return nr;
}

int loadview_make(const struct run *run, const char *phase, struct run *view)
{
	static char name[] = COMPARE_PHASE;
	size_t i;

	*view = *run;
	view->nr_phases = 0;
	view->phases = calloc(run->nr_phases + 1, sizeof(*view->phases));
	if (!view->phases)
		return -ENOMEM;
	for (i = 0; i < run->nr_phases; i++) {
		if (strcmp(run->phases[i].name, phase) != 0 || !phase_counts(&run->phases[i]))
			continue;
		view->phases[view->nr_phases] = run->phases[i];
		view->phases[view->nr_phases++].name = name;
	}
	return 0;
}
