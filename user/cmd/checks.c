// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>

#include "user/cmd/checks.h"
#include "user/experiment/check.h"

int checks_parse(const struct opt_list *checks, struct err *err)
{
	struct check check;
	size_t i;

	for (i = 0; i < checks->nr; i++) {
		if (check_parse(checks->item[i], &check, err))
			return -1;
		check_free(&check);
	}
	return 0;
}

static void print_outcome(const struct check *check, const struct check_outcome *outcome)
{
	static const char *const words[] = { "met", "NOT met", "NOT shown" };

	printf("check %s: %s", check->text, words[outcome->result]);
	if (isfinite(outcome->low))
		printf(", ratio %.3g (95 %%: %.3g..%.3g) from %u blocks", outcome->ratio,
		       outcome->low, outcome->high, outcome->pairs);
	else
		printf(", %u blocks are too few", outcome->pairs);
	putchar('\n');
}

int checks_run(const struct opt_list *checks, const struct run *run, bool quiet, struct err *err)
{
	size_t i, missed = 0;

	for (i = 0; i < checks->nr; i++) {
		struct check_outcome outcome;
		struct check check;
		int failed = check_parse(checks->item[i], &check, err);

		if (!failed)
			failed = check_run(&check, run, COMPARE_SEED, &outcome, err);
		if (!failed && !quiet)
			print_outcome(&check, &outcome);
		missed += !failed && outcome.result != CHECK_MET;
		check_free(&check);
		if (failed)
			return -1;
	}
	if (missed)
		return err_set(err, EXIT_THRESHOLD,
			       "%zu of %zu checks not met: see 'situ compare' for the figures",
			       missed, checks->nr);
	return EXIT_OK;
}
