/* SPDX-License-Identifier: GPL-2.0-only */
/* What `situ load` was asked to do. Internal to the load command's files. */
#ifndef SITU_CMD_LOAD_OPTIONS_H
#define SITU_CMD_LOAD_OPTIONS_H

#include "loadgen/engine.h"
#include "loadgen/goal.h"
#include "user/base/opts.h"

struct load_options {
	const char *file;
	double rate;
	struct opt_list stages;
	u64 connections;
	u64 duration_ns;
	u64 nr_requests;
	u64 think_ns;
	u64 threads;
	u64 seed;
	u64 warmup_ns;
	u64 timeout_ns;
	const char *method;
	struct opt_list headers;
	const char *body;
	bool keepalive; /* the default: only here so that -k of other tools is no error */
	bool no_keepalive;
	bool no_polling;
	u64 requests_per_connection;
	bool poisson;
	bool http1; /* the default, as keepalive */
	bool http2;
	bool http3;
	bool insecure;
	const char *cacert;
	const char *cert;
	const char *key;
	const char *unix_socket;
	struct opt_list resolve;
	struct opt_list sources;
	bool compressed;
	bool find_capacity;
	const char *slo;
	struct opt_list thresholds;
	bool strict;
	bool json;
	bool csv;
	const char *hdr;
	bool schema;
	bool quiet;
};

/* The options, checked and parsed. */
struct load_job {
	const struct load_options *options;
	struct schedule_stage stages[SCHEDULE_STAGES_MAX];
	size_t nr_stages;
	struct goals thresholds;
	struct goals slo;
	struct engine_config config; /* without workload and progress */
};

/* Fills @job from @o and @args, which must outlive it. 0, or -1 with @err set. */
int load_job_make(struct load_job *job, const struct load_options *o, const struct args *args,
		  struct err *err);

#endif
