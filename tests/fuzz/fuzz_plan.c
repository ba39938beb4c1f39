// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as an experiment file: a plan, or one line that says what is wrong. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sample_plan.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct plan_machine machine = sample_machine();
	struct err err = { 0 };
	struct plan *plan;

	if (size > CONFIG_BYTES_MAX)
		return -1;
	if (plan_parse("x.yaml", "/lab", (const char *)data, size, &machine, &plan, &err) == 0) {
		if (err.code != EXIT_OK || !plan)
			abort();
	} else if (plan || err.code == EXIT_OK || !err.text[0] || strchr(err.text, '\n')) {
		abort();
	}
	plan_free(plan);
	return 0;
}
