/* SPDX-License-Identifier: GPL-2.0-only */
/* What a load says of itself, for machines: the self-check, thresholds and sessions. */
#ifndef SITU_CMD_LOAD_VERDICT_H
#define SITU_CMD_LOAD_VERDICT_H

#include <stdio.h>

#include "loadgen/engine.h"
#include "loadgen/goal.h"

/*
 * The member "load" of the document as JSON text: @findings[@nr] against the result, and whether
 * @all, the endpoint, reached each of @thresholds. To be freed; NULL without memory.
 */
char *load_verdict_json(const struct engine_result *result, const struct finding *findings,
			size_t nr, const struct goals *thresholds, const struct endpoint *all);

/*
 * The same as rows behind those of export_csv() of @run, whose last phase was judged: metrics
 * "load_...", a row with the value 1 for each finding. A full disk is for the caller to see.
 */
void load_verdict_csv(const struct run *run, const struct engine_result *result,
		      const struct finding *findings, size_t nr, const struct goals *thresholds,
		      FILE *out);

#endif
