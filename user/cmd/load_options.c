// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "loadgen/stage.h"
#include "user/cmd/load_options.h"

#define DEFAULT_DURATION_NS (10 * NSEC_PER_SEC)
#define CAPACITY_STEP_NS    (5 * NSEC_PER_SEC)

static int exclude(const char *one, const char *other, struct err *err)
{
	return err_set(err, EXIT_USAGE, "--%s and --%s exclude each other: leave one out", one,
		       other);
}

/* hey's and oha's -q 10, which is a flag here and leaves its value to stand for the URL. */
static int check_habit(const struct load_options *o, const struct args *args, struct err *err)
{
	const char *first = args->nr > 1 ? args->item[0] : "";

	if (!o->quiet || !*first || first[strspn(first, "0123456789.")])
		return 0;
	return err_set(err, EXIT_USAGE,
		       "-q is short for --quiet: a rate is -r %s here, of all connections together",
		       first);
}

static int check_source(const struct load_options *o, const struct args *args, struct err *err)
{
	size_t i;

	if (check_habit(o, args, err))
		return -1;
	if (args->nr > 1)
		return err_set(err, EXIT_USAGE,
			       "one URL is enough, '%s' is another: use a "
			       "workload file for several",
			       args->item[1]);
	if (!args->nr && !o->file)
		return err_set(err, EXIT_USAGE, "nothing to load: give a URL or -f WORKLOAD");
	for (i = 0; i < o->headers.nr; i++) {
		if (workload_check_header(o->headers.item[i], err))
			return -1;
	}
	return 0;
}

/* What is of one load, and of no step of a search. */
static int check_search(const struct load_options *o, struct err *err)
{
	const struct {
		bool given;
		const char *name;
	} others[] = {
		{ o->stages.nr, "stage" },
		{ o->nr_requests, "requests" },
		{ o->thresholds.nr, "threshold" },
		{ o->strict, "strict" },
		{ o->hdr, "hdr" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].given)
			return exclude("find-capacity", others[i].name, err);
	}
	return 0;
}

static int check_pace(const struct load_options *o, struct err *err)
{
	bool open = o->rate > 0 || o->stages.nr || o->find_capacity;

	if (o->threads > o->connections)
		return err_set(err, EXIT_USAGE,
			       "%llu threads share %llu connections: give each "
			       "thread one at least",
			       (unsigned long long)o->threads, (unsigned long long)o->connections);
	if (o->poisson && !open)
		return err_set(err, EXIT_USAGE, "--poisson needs a rate: add --rate");
	if (o->think_ns && open)
		return err_set(err, EXIT_USAGE,
			       "a rate says when requests are due: leave --think out");
	if (o->stages.nr && o->rate > 0)
		return exclude("stage", "rate", err);
	if (o->stages.nr && o->duration_ns)
		return exclude("stage", "duration", err);
	if (o->find_capacity && !o->slo)
		return err_set(err, EXIT_USAGE,
			       "--find-capacity needs what must be met: add --slo 'p99<50ms'");
	if (o->slo && !o->find_capacity)
		return err_set(err, EXIT_USAGE,
			       "--slo goes with --find-capacity: use --threshold for one load");
	return o->find_capacity ? check_search(o, err) : 0;
}

static int check_rest(const struct load_options *o, struct err *err)
{
	if (o->keepalive && o->no_keepalive)
		return exclude("keepalive", "no-keepalive", err);
	if (o->requests_per_connection && o->no_keepalive)
		return exclude("requests-per-connection", "no-keepalive", err);
	if (o->requests_per_connection && o->unix_socket)
		return exclude("requests-per-connection", "unix-socket", err);
	if (o->http2 && o->http3)
		return exclude("http2", "http3", err);
	if (o->http1 && (o->http2 || o->http3))
		return exclude("http1.1", o->http2 ? "http2" : "http3", err);
	if (o->json && o->csv)
		return exclude("json", "csv", err);
	return 0;
}

static int parse_stages(struct load_job *job, struct err *err)
{
	const struct opt_list *list = &job->options->stages;
	double highest = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		struct schedule_stage *stage = &job->stages[job->nr_stages++];

		if (stage_parse(list->item[i], stage, err))
			return -1;
		highest = stage->from > highest ? stage->from : highest;
		highest = stage->to > highest ? stage->to : highest;
		job->config.duration_ns += stage->length_ns;
	}
	if (list->nr && highest <= 0)
		return err_set(err, EXIT_USAGE, "all stages have a rate of 0: nothing is sent");
	job->config.stages = job->stages;
	job->config.nr_stages = job->nr_stages;
	return 0;
}

static int parse_goals(struct load_job *job, struct err *err)
{
	const struct opt_list *list = &job->options->thresholds;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		if (goals_parse(&job->thresholds, list->item[i], err))
			return -1;
	}
	return job->options->slo ? goals_parse(&job->slo, job->options->slo, err) : 0;
}

static u64 duration_of(const struct load_options *o)
{
	if (o->duration_ns || o->nr_requests)
		return o->duration_ns;
	return o->find_capacity ? CAPACITY_STEP_NS : DEFAULT_DURATION_NS;
}

static struct transport make_transport(const struct load_options *o)
{
	return (struct transport){
		.http = o->http3   ? TRANSPORT_HTTP3
			: o->http2 ? TRANSPORT_HTTP2
				   : TRANSPORT_HTTP1,
		.insecure = o->insecure,
		.cacert = o->cacert,
		.cert = o->cert,
		.key = o->key,
		.unix_socket = o->unix_socket,
		.resolve = o->resolve.item,
		.nr_resolve = o->resolve.nr,
		.sources = o->sources.item,
		.nr_sources = o->sources.nr,
		.compressed = o->compressed,
	};
}

int load_job_make(struct load_job *job, const struct load_options *o, const struct args *args,
		  struct err *err)
{
	*job = (struct load_job){ .options = o };
	if (check_source(o, args, err) || check_pace(o, err) || check_rest(o, err))
		return -1;
	job->config = (struct engine_config){
		.headers = o->headers.item,
		.nr_headers = o->headers.nr,
		.rate = o->rate,
		.poisson = o->poisson,
		.think_ns = o->think_ns,
		.nr_requests = o->nr_requests,
		.duration_ns = o->stages.nr ? 0 : duration_of(o),
		.warmup_ns = o->warmup_ns,
		.connections = (unsigned int)o->connections,
		.threads = (unsigned int)o->threads,
		.seed = o->seed,
		.timeout_ns = o->timeout_ns,
		.keepalive = !o->no_keepalive,
		.sleeps = o->no_polling,
		.requests_per_connection = (unsigned int)o->requests_per_connection,
		.transport = make_transport(o),
	};
	return parse_stages(job, err) || parse_goals(job, err) ? -1 : 0;
}
