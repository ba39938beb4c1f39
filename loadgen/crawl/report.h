/* SPDX-License-Identifier: GPL-2.0-only */
/* What a crawl found, for machines. */
#ifndef SITU_CRAWL_REPORT_H
#define SITU_CRAWL_REPORT_H

#include <stdio.h>

#include "loadgen/crawl/crawl.h"
#include "loadgen/crawl/emit.h"

/* "done", "pages", "time", "stopped". */
const char *report_end(enum crawl_end end);

/*
 * Prints one JSON document: schema, situ_version, url, workload, end, elapsed_ns, requests,
 * no_answer, workload_endpoints, workload_variables, fallback, left_out{}, and
 * endpoints[]{method, path, sources[], found_at, status, used, reason, why,
 * addresses[]{target, status}} where an address's status is an HTTP status or null. 0, -ENOMEM, or
 * -EIO when @out does not take it.
 */
int report_json(const struct site *site, const struct crawl_stats *stats,
		const struct emitted *emitted, const char *url, const char *workload,
		bool write_methods, FILE *out);

#endif
