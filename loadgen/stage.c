// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/stage.h"
#include "user/base/units.h"

/* A plain number: strtod() alone takes signs, blanks, hexadecimals and "inf" as well. */
static bool parse_rate(const char **text, double *rate)
{
	size_t len = strspn(*text, "0123456789.");
	char *end;

	if (!len)
		return false;
	*rate = strtod(*text, &end);
	if (end != *text + len || *rate > STAGE_RATE_MAX)
		return false;
	*text = end;
	return true;
}

int stage_parse(const char *text, struct schedule_stage *stage, struct err *err)
{
	const char *at = text;
	bool good = parse_rate(&at, &stage->from);

	stage->to = stage->from;
	if (good && *at == '-') {
		at++;
		good = parse_rate(&at, &stage->to);
	}
	good = good && *at == ':' && units_parse_duration(at + 1, &stage->length_ns) == 0 &&
	       stage->length_ns >= NSEC_PER_MSEC && stage->length_ns <= STAGE_LENGTH_MAX_NS;
	if (good)
		return 0;
	return err_set(err, EXIT_USAGE,
		       "'%s' is no stage: write RATE:TIME (100:30s) or FROM-TO:TIME (0-500:1m)",
		       text);
}
