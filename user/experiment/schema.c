// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/experiment/schema.h"

static const char experiment[] =
#include "user/experiment/experiment.schema.json.h"
	;

static const char workload[] =
#include "user/experiment/workload.schema.json.h"
	;

const char *schema_text(const char *file)
{
	if (strcmp(file, "experiment") == 0)
		return experiment;
	return strcmp(file, "workload") == 0 ? workload : NULL;
}
