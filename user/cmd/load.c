// SPDX-License-Identifier: GPL-2.0-only
/* situ load: the load generator by itself. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "loadgen/engine.h"
#include "user/base/stop.h"
#include "user/base/text.h"
#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/export/export.h"
#include "user/show/summary.h"

#define DEFAULT_DURATION_NS (10 * NSEC_PER_SEC)
#define PROGRESS_TTY_NS	    (NSEC_PER_SEC / 2)
#define PROGRESS_PIPE_NS    (5 * NSEC_PER_SEC)
#define PROGRESS_SILENCE_NS (2 * NSEC_PER_SEC) /* a shorter load ends before it would help */
#define RATE_MAX	    1e7
#define DURATION_MAX_NS	    (365 * 86400e9)

struct load_options {
	const char *file;
	double rate;
	u64 connections;
	u64 duration_ns;
	u64 nr_requests;
	u64 threads;
	u64 seed;
	u64 warmup_ns;
	u64 timeout_ns;
	const char *method;
	struct opt_list headers;
	const char *body;
	bool keepalive; /* the default: only here so that -k of other tools is no error */
	bool no_keepalive;
	bool poisson;
	bool insecure;
	bool json;
	bool quiet;
};

#define AT(member) offsetof(struct load_options, member)

static const struct opt options[] = {
	{ 'f', "file", "WORKLOAD", OPT_STRING, AT(file), 0, 0,
	  "Endpoints, weights and variables from this YAML file; a URL then replaces its base" },
	{ 'r', "rate", "PER_S", OPT_REAL, AT(rate), 0.001, RATE_MAX,
	  "Open loop: send so many requests a second in all, whatever the server does. Without it "
	  "each connection sends as soon as it has its answer" },
	{ 'c', "connections", "N", OPT_COUNT, AT(connections), 1, ENGINE_CONNECTIONS_MAX,
	  "Requests under way at a time, each on a connection of its own (10)" },
	{ 'd', "duration", "TIME", OPT_DURATION, AT(duration_ns), 1e6, DURATION_MAX_NS,
	  "How long to send (10s unless -n is given)" },
	{ 'n', "requests", "N", OPT_COUNT, AT(nr_requests), 1, 1e15,
	  "Stop after so many requests" },
	{ 0, "poisson", NULL, OPT_FLAG, AT(poisson), 0, 0,
	  "Open loop with exponential gaps instead of even ones" },
	{ 0, "threads", "N", OPT_COUNT, AT(threads), 1, ENGINE_THREADS_MAX,
	  "Threads, each with its share of the connections (1)" },
	{ 0, "seed", "N", OPT_COUNT, AT(seed), 0, 0,
	  "Same seed: same requests, in the same order, due at the same times (1)" },
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
	{ 0, "insecure", NULL, OPT_FLAG, AT(insecure), 0, 0, "Take any TLS certificate" },
	{ 0, "json", NULL, OPT_FLAG, AT(json), 0, 0, "Print the result as JSON" },
	{ 'q', "quiet", NULL, OPT_FLAG, AT(quiet), 0, 0, "No progress on stderr" },
};

static const struct load_options defaults = {
	.connections = 10,
	.threads = 1,
	.seed = 1,
	.timeout_ns = 10 * NSEC_PER_SEC,
};

/* One line, rewritten on a terminal. */
static void print_progress(const struct engine_progress *now, void *arg)
{
	char elapsed[UNITS_TEXT], planned[UNITS_TEXT] = "", line[160];
	const bool *tty = arg;

	if (now->elapsed_ns < PROGRESS_SILENCE_NS)
		return;
	units_duration(elapsed, sizeof(elapsed), now->elapsed_ns);
	if (now->planned_ns)
		units_duration(planned, sizeof(planned), now->planned_ns);
	snprintf(line, sizeof(line),
		 "%s %s%s%s  %llu answered  %llu failed  %llu under way  "
		 "%llu waiting",
		 now->warming_up ? "warming up" : "load", elapsed, planned[0] ? " of " : "",
		 planned, (unsigned long long)now->answered, (unsigned long long)now->failed,
		 (unsigned long long)now->in_flight, (unsigned long long)now->backlog);
	fprintf(stderr, *tty ? "\r\033[K%s" : "%s\n", line);
	fflush(stderr);
}

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

static int check_options(const struct load_options *o, const struct args *args, struct err *err)
{
	size_t i;

	if (args->nr > 1)
		return err_set(err, EXIT_USAGE,
			       "one URL is enough, '%s' is another: use a "
			       "workload file for several",
			       args->item[1]);
	if (!args->nr && !o->file)
		return err_set(err, EXIT_USAGE, "nothing to load: give a URL or -f WORKLOAD");
	if (o->threads > o->connections)
		return err_set(err, EXIT_USAGE,
			       "%llu threads share %llu connections: give each "
			       "thread one at least",
			       (unsigned long long)o->threads, (unsigned long long)o->connections);
	if (o->poisson && o->rate <= 0)
		return err_set(err, EXIT_USAGE, "--poisson needs a rate: add --rate");
	if (o->keepalive && o->no_keepalive)
		return err_set(err, EXIT_USAGE,
			       "--keepalive and --no-keepalive exclude each "
			       "other: leave one out");
	for (i = 0; i < o->headers.nr; i++) {
		if (workload_check_header(o->headers.item[i], err))
			return -1;
	}
	return 0;
}

/* The frame of a run around what the engine fills in. */
static struct phase *make_run(struct run *run)
{
	struct utsname kernel;
	char host[256];

	if (uname(&kernel) || gethostname(host, sizeof(host)))
		return NULL;
	host[sizeof(host) - 1] = '\0';
	if (run_set_text(&run->name, "load") || run_set_text(&run->state, "unfinished") ||
	    run_set_text(&run->kernel, kernel.release) || run_add_host(run, host))
		return NULL;
	return run_add_phase(run, "", 1, "load");
}

/* What the table does not say. */
static void print_notes(const struct load_options *o, const struct phase *phase,
			const struct engine_result *result)
{
	const struct endpoint *all = &phase->endpoints[0];

	if (o->rate > 0)
		printf("\nTarget %g requests/s, answered %.5g/s.", o->rate, all->rate);
	if (result->backlog_max)
		printf(" Up to %llu requests waited for a free connection.",
		       (unsigned long long)result->backlog_max);
	if (result->not_sent)
		printf(" %llu were due and never sent: the target was missed.",
		       (unsigned long long)result->not_sent);
	if (o->rate > 0)
		putchar('\n');
	if (all->answered && result->first_error[0])
		printf("%sFirst failure: %s\n", o->rate > 0 ? "" : "\n", result->first_error);
	if (result->interrupted)
		fprintf(stderr, "situ: interrupted: this is the result of what ran\n");
}

static int print_result(const struct load_options *o, const struct run *run,
			const struct engine_result *result, struct err *err)
{
	const struct phase *phase = &run->phases[0];
	u64 codes = tally_total(&phase->endpoints[0].codes);

	if (o->json && export_json(run, stdout, err))
		return -1;
	if (!o->json) {
		if (summary_print_endpoints(phase, stdout))
			return err_set(err, EXIT_FAILED, "out of memory: free some");
		print_notes(o, phase, result);
	}
	if (codes || (result->interrupted && !phase->endpoints[0].attempted))
		return 0;
	fflush(stdout);
	return err_set(err, EXIT_FAILED, "no request was answered (%s): does the server run?",
		       result->first_error[0] ? result->first_error : "none was sent");
}

static int run_load(const struct load_options *o, const struct workload *w, struct err *err)
{
	bool tty = isatty(STDERR_FILENO);
	struct engine_config config = {
		.workload = w,
		.headers = o->headers.item,
		.nr_headers = o->headers.nr,
		.rate = o->rate,
		.poisson = o->poisson,
		.nr_requests = o->nr_requests,
		.duration_ns =
			o->duration_ns || o->nr_requests ? o->duration_ns : DEFAULT_DURATION_NS,
		.warmup_ns = o->warmup_ns,
		.connections = (unsigned int)o->connections,
		.threads = (unsigned int)o->threads,
		.seed = o->seed,
		.timeout_ns = o->timeout_ns,
		.keepalive = !o->no_keepalive,
		.insecure = o->insecure,
		.progress = o->quiet ? NULL : print_progress,
		.progress_arg = &tty,
		.progress_ns = tty ? PROGRESS_TTY_NS : PROGRESS_PIPE_NS,
	};
	struct engine_result result;
	struct run run = { 0 };
	struct phase *phase = make_run(&run);
	int status;

	if (!phase) {
		run_free(&run);
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	}
	status = engine_run(&config, phase, &result, err);
	if (tty && !o->quiet)
		fputs("\r\033[K", stderr);
	if (!status) {
		run.started_at_ns = phase->started_at_ns;
		run.duration_ns = phase->duration_ns;
		if (run_set_text(&run.state, result.interrupted ? "interrupted" : "finished"))
			status = err_set(err, EXIT_FAILED, "out of memory: free some");
		else
			status = print_result(o, &run, &result, err);
	}
	run_free(&run);
	return status;
}

static int run(const void *config, const struct args *args, struct err *err)
{
	const struct load_options *o = config;
	struct workload *w;
	int status;

	if (check_options(o, args, err))
		return -1;
	w = read_workload(o, args->nr ? args->item[0] : NULL, err);
	if (!w)
		return -1;
	status = run_load(o, w, err);
	workload_free(w);
	return status;
}

const struct command cmd_load = {
	.name = "load",
	.args = "[URL]",
	.summary = "Drive HTTP requests at a server and tell how it answered",
	.about = "With --rate the load is an open loop: requests are due at fixed times, and "
		 "their latency counts from then, so that a server that stalls is charged for "
		 "everyone it kept waiting. The latency from the actual start stands beside it. "
		 "Without --rate it is a closed loop.\n"
		 "An answer counts as good when its status is below 400, or as the workload "
		 "expects it. Redirects are answers and not followed; proxies are not used; each "
		 "request is sent at most once.\n"
		 "Ctrl-C ends the load, prints the result of what ran and exits with 0; a second "
		 "one ends at once. The exit status is 1 when not one request was answered.",
	.examples = "situ load http://127.0.0.1:8080/\n"
		    "situ load -r 500 -c 32 -d 30s http://127.0.0.1:8080/api/products\n"
		    "situ load -f workload.yaml -r 150 --warmup 2s --json\n"
		    "situ load -n 1000 -b '{\"id\":1}' http://127.0.0.1:8080/items\n",
	.opts = options,
	.nr_opts = ARRAY_SIZE(options),
	.config_size = sizeof(struct load_options),
	.defaults = &defaults,
	.run = run,
};
