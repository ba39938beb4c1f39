/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge of workloads. */
#ifndef SITU_LOADGEN_WORKLOAD_CHECK_H
#define SITU_LOADGEN_WORKLOAD_CHECK_H

#include <curl/curl.h>

#include "loadgen/workload.h"
#include "user/base/config.h"

/* Where a text stands, for errors; zeroed: on the command line. */
struct place {
	const struct config_source *source;
	char path[64]; /* as config_error() takes it */
};

/*
 * Checks the filled @w and makes what is derived from it. @source is where it came from, NULL: a
 * command line. 0, or -1 with @err set.
 */
int workload_check(struct workload *w, const struct config_source *source, struct err *err);

/*
 * The parts of @url, which stands at @at, when it is of http or https, with a host and without
 * user name and fragment; the caller frees them with curl_url_cleanup(). NULL with @err set.
 */
CURLU *workload_parse_url(struct place at, const char *url, struct err *err);

#endif
