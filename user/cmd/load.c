// SPDX-License-Identifier: GPL-2.0-only
/* situ load: the load generator by itself. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/cmd/load_capacity.h"
#include "user/cmd/load_link.h"
#include "user/cmd/load_progress.h"
#include "user/cmd/load_result.h"
#include "user/export/export.h"

#define RATE_MAX	1e7
#define DURATION_MAX_NS (365 * 86400e9)

#define AT(member)	offsetof(struct load_options, member)

static const struct opt options[] = {
	{ 'f', "file", "WORKLOAD", OPT_STRING, AT(file), 0, 0,
	  "Requests and sessions from this YAML file (see 'situ help workload'); a URL then "
	  "replaces its base" },
	{ 'r', "rate", "PER_S", OPT_REAL, AT(rate), 0.001, RATE_MAX,
	  "Open loop: send so many requests a second in all, whatever the server does. Without it "
	  "each connection sends as soon as it has its answer" },
	{ 0, "stage", "RATE:TIME", OPT_LIST, AT(stages), 0, 0,
	  "Open loop in stages, one after the other: 100:30s, or a ramp 0-500:1m" },
	{ 'c', "connections", "N", OPT_COUNT, AT(connections), 1, ENGINE_CONNECTIONS_MAX,
	  "Requests, or users of sessions, under way at a time, each with a connection of its own "
	  "(10)" },
	{ 'd', "duration", "TIME", OPT_DURATION, AT(duration_ns), 1e6, DURATION_MAX_NS,
	  "How long to send (10s unless -n is given)" },
	{ 'n', "requests", "N", OPT_COUNT, AT(nr_requests), 1, 1e15,
	  "Stop after so many requests; a session counts as one" },
	{ 0, "think", "TIME", OPT_DURATION, AT(think_ns), 0, DURATION_MAX_NS,
	  "Closed loop: pause of each connection between an answer and the next request, or "
	  "between sessions; the workload says how long users think within them" },
	{ 0, "poisson", NULL, OPT_FLAG, AT(poisson), 0, 0,
	  "Open loop with exponential gaps instead of even ones" },
	{ 0, "threads", "N", OPT_COUNT, AT(threads), 1, ENGINE_THREADS_MAX,
	  "Threads, each with its share of the connections (1)" },
	{ 0, "seed", "N", OPT_COUNT, AT(seed), 0, 0,
	  "Same seed: same requests, in the same order, due at the same times (1)" },
	{ 0, "no-polling", NULL, OPT_FLAG, AT(no_polling), 0, 0,
	  "Open loop: sleep whenever there is nothing to do, at the price of some 30 us that a "
	  "sleeping CPU takes to send, and to see an answer" },
	{ 0, "warmup", "TIME", OPT_DURATION, AT(warmup_ns), 0, DURATION_MAX_NS,
	  "Send for so long before, without counting; kept connections stay open" },
	{ 0, "timeout", "TIME", OPT_DURATION, AT(timeout_ns), 1e6, 86400e9,
	  "Longest that a request may take, connection included (10s)" },
	{ 'm', "method", "NAME", OPT_STRING, AT(method), 0, 0, "Method for the URL (GET)" },
	{ 'H', "header", "'NAME: VALUE'", OPT_LIST, AT(headers), 0, 0,
	  "Header for every request; may be given several times" },
	{ 'b', "body", "TEXT", OPT_STRING, AT(body), 0, 0, "Body for the URL; makes it a POST" },
	{ 'k', "keepalive", NULL, OPT_FLAG, AT(keepalive), 0, 0,
	  "Use connections again: the default, here for habit's sake" },
	{ 0, "no-keepalive", NULL, OPT_FLAG, AT(no_keepalive), 0, 0,
	  "A new connection for every request" },
	{ 0, "requests-per-connection", "N", OPT_COUNT, AT(requests_per_connection), 1, 4e9,
	  "Close a connection after so many requests" },
	{ 0, "http1.1", NULL, OPT_FLAG, AT(http1), 0, 0, "HTTP/1.1: the default" },
	{ 0, "http2", NULL, OPT_FLAG, AT(http2), 0, 0,
	  "HTTP/2, one request at a time on each connection; without TLS from its first byte" },
	{ 0, "http3", NULL, OPT_FLAG, AT(http3), 0, 0,
	  "HTTP/3, where libcurl has it: 'situ doctor' tells" },
	{ 0, "insecure", NULL, OPT_FLAG, AT(insecure), 0, 0, "Take any TLS certificate" },
	{ 0, "cacert", "FILE", OPT_STRING, AT(cacert), 0, 0,
	  "Trust the CA certificates in this PEM file instead of the system's" },
	{ 0, "cert", "FILE", OPT_STRING, AT(cert), 0, 0, "Client certificate, PEM" },
	{ 0, "key", "FILE", OPT_STRING, AT(key), 0, 0, "Its private key, unless FILE holds both" },
	{ 0, "unix-socket", "PATH", OPT_STRING, AT(unix_socket), 0, 0,
	  "Connect to this socket, whatever host the URL names" },
	{ 0, "resolve", "HOST:PORT:ADDRESS", OPT_LIST, AT(resolve), 0, 0,
	  "Connect to ADDRESS for HOST and PORT; may be given several times" },
	{ 0, "source", "ADDRESS", OPT_LIST, AT(sources), 0, 0,
	  "Address or interface that connections start at; several take turns" },
	{ 0, "compressed", NULL, OPT_FLAG, AT(compressed), 0, 0,
	  "Ask for compressed bodies and unpack them" },
	{ 0, "threshold", "GOALS", OPT_LIST, AT(thresholds), 0, 0,
	  "Exit with 4 unless all are met: 'p99<50ms,errors<1%,rate>=100'; also p99.9, max, mean, "
	  "and errors as a count" },
	{ 0, "strict", NULL, OPT_FLAG, AT(strict), 0, 0,
	  "Exit with 4 when the self-check finds that the generator was the limit" },
	{ 0, "find-capacity", NULL, OPT_FLAG, AT(find_capacity), 0, 0,
	  "Search the highest rate that meets --slo, from --rate (100) on; -d is a step's (5s)" },
	{ 0, "slo", "GOALS", OPT_STRING, AT(slo), 0, 0, "What --find-capacity is to meet" },
	{ 0, "json", NULL, OPT_FLAG, AT(json), 0, 0, "Print the result as JSON" },
	{ 0, "csv", NULL, OPT_FLAG, AT(csv), 0, 0, "Print the result as CSV" },
	{ 0, "hdr", "FILE", OPT_STRING, AT(hdr), 0, 0,
	  "Write the latencies of all good answers in HdrHistogram's percentile text" },
	{ 0, "schema", NULL, OPT_FLAG, AT(schema), 0, 0, "Print the JSON Schema of --json" },
	{ 'q', "quiet", NULL, OPT_FLAG, AT(quiet), 0, 0, "No progress on stderr" },
};

/* What ab, wrk, wrk2, hey, oha, vegeta, bombardier and k6 call things. */
static const struct opt_habit habits[] = {
	{ "-z", "the length is -d 10s here" },
	{ "-t", "threads are --threads N here, a time limit is --timeout 10s, the length -d 10s" },
	{ "-R", "the rate is -r PER_S here" },
	{ "-r", "ab's -r can go, errors end no load" },
	{ "-d", "hey's body is -b TEXT here, ab's -d can go" },
	{ "-w", "the rate is -r PER_S here, a warm-up --warmup 2s" },
	{ "-p", "a body is -b TEXT here: -b \"$(cat FILE)\"" },
	{ "-D", "a body is -b TEXT here: -b \"$(cat FILE)\"" },
	{ "-T", "headers are -H 'Content-Type: ...' here" },
	{ "-A", "headers are -H 'Authorization: ...' or -H 'Accept: ...' here" },
	{ "-a", "headers are -H 'Authorization: Basic ...' here" },
	{ "-C", "headers are -H 'Cookie: NAME=VALUE' here" },
	{ "-B", "say it with --source ADDRESS; wrk2's -B can go, all quantiles are printed" },
	{ "-E", "say it with --cert FILE" },
	{ "-F", "a body is -b TEXT here, its form -H 'Content-Type: ...'" },
	{ "-I", "say it with -m HEAD" },
	{ "-P", "proxies are not used: load the proxy itself by its URL" },
	{ "-S", "leave it out: it has no use here" },
	{ "-U", "leave it out: the latency from the actual start is printed too" },
	{ "-V", "say it with 'situ --version'" },
	{ "-Z",
	  "requests to several addresses are a workload file: -f (see 'situ help workload')" },
	{ "-o", "results go to standard output: --json or --csv, then > FILE" },
	{ "-s",
	  "a script is a workload file here: -f (see 'situ help workload'); ab's time limit is --timeout 10s" },
	{ "-i", "say it with -m HEAD; k6's -i is -n N here" },
	{ "-u", "say it with -m PUT -b TEXT; k6's -u is -c N here" },
	{ "-v", "leave it out: failures are told as it is; wrk's -v is 'situ --version'" },
	{ "-e", "say it with --csv, or --hdr FILE" },
	{ "-g", "say it with --csv, or --hdr FILE" },
	{ "-l",
	  "answers of any length are good here, and all quantiles are printed: leave it out" },
	{ "-L", "all quantiles are printed: leave it out" },
	{ "-x", "proxies are not used: load the proxy itself by its URL" },
	{ "-X", "the method is -m NAME here; proxies are not used" },
	{ "-h2", "say it with --http2" },
	{ "-host", "headers are -H 'Host: NAME' here" },
	{ "-header", "headers are -H 'NAME: VALUE' here" },
	{ "-cpus", "threads are --threads N here" },
	{ "-targets",
	  "requests to several addresses are a workload file: -f (see 'situ help workload')" },
	{ "-disable-keepalive", "say it with --no-keepalive" },
	{ "-disable-compression", "bodies are compressed with --compressed only: leave it out" },
	{ "-disable-redirects", "redirects are answers and not followed: leave it out" },
	{ "--latency", "all quantiles are printed: leave it out" },
	{ "--latencies", "all quantiles are printed: leave it out" },
	{ "--u_latency", "the latency from the actual start is printed too: leave it out" },
	{ "--latency-correction",
	  "say it with -r PER_S: latency then counts from when a request was due" },
	{ "--script", "a script is a workload file here: -f (see 'situ help workload')" },
	{ "--disable-keepalive", "say it with --no-keepalive" },
	{ "--no-connection-reuse", "say it with --no-keepalive" },
	{ "--disable-compression", "bodies are compressed with --compressed only: leave it out" },
	{ "--redirect", "redirects are answers and not followed: leave it out" },
	{ "--no-tui", "say it with -q" },
	{ "--host", "headers are -H 'Host: NAME' here" },
	{ "--data", "the body is -b TEXT here" },
	{ "--body-file", "a body is -b TEXT here: -b \"$(cat FILE)\"" },
	{ "--connect-to", "say it with --resolve HOST:PORT:ADDRESS" },
	{ "--connect-timeout", "--timeout 10s is for all of a request, its connection included" },
	{ "--http-version", "say it with --http1.1, --http2 or --http3" },
	{ "--insecure-skip-tls-verify", "say it with --insecure" },
	{ "--out", "results go to standard output: --json or --csv, then > FILE" },
	{ "--output", "results go to standard output: --json or --csv, then > FILE" },
	{ "--qps", "the rate is -r PER_S here" },
	{ "--rps", "the rate is -r PER_S here" },
	{ "--iterations", "say it with -n N" },
	{ "--concurrency", "connections are -c N here" },
	{ "--clients", "connections are -c N here" },
	{ "--workers", "connections are -c N here, threads --threads N" },
	{ "--vus", "connections, or users of sessions, are -c N here" },
};

static const struct load_options defaults = {
	.connections = 10,
	.threads = 1,
	.seed = 1,
	.timeout_ns = 10 * NSEC_PER_SEC,
};

static struct workload *read_workload(const struct load_options *o, const char *url,
				      struct err *err)
{
	struct workload *w;

	if (!o->file)
		return workload_from_url(url, o->method, o->body, err);
	if (o->method || o->body) {
		err_set(err, EXIT_USAGE, "--%s goes with a URL alone: put it into %s",
			o->method ? "method" : "body", o->file);
		return NULL;
	}
	w = workload_load(o->file, err);
	if (!w || (url && workload_set_base(w, url, err)))
		goto fail;
	if (w->base)
		return w;
	err_set(err, EXIT_USAGE, "%s has no base: add 'base: http://host:port' or give a URL",
		o->file);
fail:
	workload_free(w);
	return NULL;
}

/* The frame of a run around what the engine fills in. */
static int make_run(struct run *run, struct err *err)
{
	struct utsname kernel;
	char host[256];

	*run = (struct run){ 0 };
	if (uname(&kernel) || gethostname(host, sizeof(host)))
		return err_set(err, EXIT_FAILED, "this host has no name: set one");
	host[sizeof(host) - 1] = '\0';
	if (run_set_text(&run->name, "load") || run_set_text(&run->state, "unfinished") ||
	    run_set_text(&run->kernel, kernel.release) || run_add_host(run, host))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return 0;
}

static int load_once(struct load_job *job, struct load_link *link, struct run *run, struct err *err)
{
	struct phase *phase = run_add_phase(run, "", 1, "load");
	struct load_progress progress;
	struct engine_result result;
	int status;

	if (!phase)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (!job->options->quiet)
		load_progress_start(&progress, &job->config);
	status = engine_run(&job->config, phase, &result, err);
	if (!job->options->quiet)
		load_progress_end(&progress);
	if (status)
		return -1;
	run->started_at_ns = phase->started_at_ns;
	run->duration_ns = phase->duration_ns;
	if (run_set_text(&run->state, result.interrupted ? "interrupted" : "finished"))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (load_link_report(link, run, err))
		return -1;
	return load_result_print(job, run, &result, err);
}

static int run(const void *config, const struct args *args, struct err *err)
{
	const struct load_options *o = config;
	struct load_link link = { .result_fd = -1 };
	struct load_job job;
	struct workload *w;
	struct run run;
	int status;

	if (o->schema)
		return export_schema(stdout, err);
	if (load_job_make(&job, o, args, err))
		return -1;
	w = read_workload(o, args->nr ? args->item[0] : NULL, err);
	if (!w)
		return -1;
	job.config.workload = w;
	status = make_run(&run, err);
	/* The steps of a search are loads of their own: no endpoint has one latency. */
	if (!status && !o->find_capacity)
		status = load_link_open(&link, err);
	job.config.marks = link.marks;
	if (!status)
		status = o->find_capacity ? load_capacity_find(&job, &run, err)
					  : load_once(&job, &link, &run, err);
	run_free(&run);
	workload_free(w);
	return status;
}

const struct command cmd_load = {
	.name = "load",
	.args = "[URL]",
	.summary = "Drive HTTP requests at a server and tell how it answered",
	.about =
		"With --rate the load is an open loop: requests are due at fixed times, and "
		"their latency counts from then, so that a server that stalls is charged for "
		"everyone it kept waiting. The latency from the actual start stands beside it. "
		"Without --rate it is a closed loop.\n"
		"An answer counts as good when its status is below 400, or as the workload "
		"expects it. Redirects are answers and not followed; proxies are not used; each "
		"request is sent at most once.\n"
		"The self-check tells when the generator, not the server, was the limit: when it "
		"sent late by more than a quarter of the median latency at p99, when a thread took "
		"95 % of a CPU or the machine's host 2 % of all, when the target was missed.\n"
		"An option of ab, wrk, hey, oha, vegeta or k6 that is not known here by its name "
		"is answered with what it is called.\n"
		"Ctrl-C ends the load, prints the result of what ran and exits with 0; a second "
		"one ends at once. The exit status is 1 when not one request was answered, 4 when "
		"a --threshold was not met, or with --strict the self-check.",
	.examples = "situ load http://127.0.0.1:8080/\n"
		    "situ load -r 500 -c 32 -d 30s http://127.0.0.1:8080/api/products\n"
		    "situ load -f workload.yaml -r 150 --warmup 2s --json\n"
		    "situ load --stage 10-200:30s --stage 200:1m http://127.0.0.1:8080/\n"
		    "situ load --find-capacity --slo 'p99<50ms,errors<1%' http://127.0.0.1:8080/\n"
		    "situ load -n 1000 -b '{\"id\":1}' http://127.0.0.1:8080/items\n",
	.opts = options,
	.nr_opts = ARRAY_SIZE(options),
	.habits = habits,
	.nr_habits = ARRAY_SIZE(habits),
	.config_size = sizeof(struct load_options),
	.defaults = &defaults,
	.run = run,
};
