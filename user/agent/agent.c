// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "user/agent/agent.h"
#include "user/agent/own.h"
#include "user/agent/serve.h"
#include "user/attribute/measure.h"
#include "user/base/clock.h"
#include "user/base/stop.h"

/* The cost of programs is sampled for a tenth of an interval: sampling costs, too. */
#define SAMPLE_SHARE	 10
#define SAMPLE_MAX_NS	 NSEC_PER_SEC
#define POLL_NO_SPANS_NS NSEC_PER_SEC

struct agent {
	const struct agent_config *config;
	struct measure *measure;
	struct serve *serve;
	struct total total;
	struct own_facts facts;
	struct utsname uts;
};

static u64 thread_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (u64)now.tv_sec * NSEC_PER_SEC + (u64)now.tv_nsec;
}

static int publish_text(struct agent *agent, const struct openmetrics_live *live,
			enum openmetrics_text format, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int code;

	if (!out)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	code = export_openmetrics_live(live, format, out, err);
	if (fclose(out) != 0)
		code = err_set(err, EXIT_FAILED, "out of memory: free some");
	if (code) {
		free(text);
		return -1;
	}
	if (serve_publish(agent->serve, format, text, len))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return 0;
}

/* Both texts at each interval, asked for or not: so no request can make work. */
static int publish(struct agent *agent, struct err *err)
{
	struct serve_counts counts = serve_counts(agent->serve);
	struct openmetrics_number own[OWN_NR];
	struct openmetrics_live live = { &agent->total.sum, &agent->total.last, own, OWN_NR };
	u64 began_ns = thread_cpu_ns();
	int code;

	agent->facts.scrapes = counts.scrapes;
	agent->facts.other_requests = counts.others;
	own_numbers(&agent->facts, own);
	code = publish_text(agent, &live, OPENMETRICS_1_0, err);
	if (!code)
		code = publish_text(agent, &live, OPENMETRICS_OLDER, err);
	agent->facts.written_ns += thread_cpu_ns() - began_ns;
	return code;
}

/* Until @until_ns, or a little less long. False once it shall end. */
static bool nap(const struct agent *agent, u64 until_ns)
{
	u64 now_ns = clock_mono_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	u64 most_ns = agent->config->no_spans ? POLL_NO_SPANS_NS : MEASURE_POLL_NS;

	if (left_ns > most_ns)
		left_ns = most_ns;
	/* A signal that comes before poll() is seen one nap later. */
	if (!stop_signal())
		poll(NULL, 0, (int)((left_ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC));
	return !stop_signal();
}

/* Takes the spans in until @until_ns. 1 once it shall end, 0, or -1 with @err set. */
static int watch(struct agent *agent, u64 until_ns, struct err *err)
{
	while (clock_mono_ns() < until_ns) {
		int code;

		if (!nap(agent, until_ns))
			return 1;
		code = measure_poll(agent->measure);
		if (code)
			return err_set(err, EXIT_FAILED, "cannot read the spans of requests: %s",
				       strerror(-code));
		serve_reap(agent->serve, clock_mono_ns());
	}
	return 0;
}

static u64 sample_ns(u64 interval_ns)
{
	u64 share_ns = interval_ns / SAMPLE_SHARE;

	return share_ns < SAMPLE_MAX_NS ? share_ns : SAMPLE_MAX_NS;
}

/* One interval that ends at @until_ns. As watch(). */
static int run_interval(struct agent *agent, u64 until_ns, struct err *err)
{
	struct phase interval = { 0 };
	int code;

	/* A kernel that cannot do it was warned of at the start. */
	measure_sample_cost(agent->measure, true);
	code = watch(agent, clock_mono_ns() + sample_ns(agent->config->interval_ns), err);
	measure_sample_cost(agent->measure, false);
	if (!code)
		code = watch(agent, until_ns, err);
	if (code)
		return code;
	if (measure_end(agent->measure, &interval, err)) {
		phase_free(&interval);
		return -1;
	}
	measure_continue(agent->measure);
	agent->facts.measured_at_ns = interval.started_at_ns + interval.duration_ns;
	code = total_add(&agent->total, &interval, clock_mono_ns());
	if (code)
		return err_set(err, EXIT_FAILED, "cannot add an interval to the total: %s",
			       strerror(-code));
	return publish(agent, err);
}

static int measure_on(struct agent *agent, struct err *err)
{
	u64 until_ns = clock_mono_ns();
	int code = 0;

	while (!code) {
		u64 now_ns = clock_mono_ns();

		until_ns += agent->config->interval_ns;
		/* A machine that slept: intervals that are over are not made up for. */
		if (until_ns <= now_ns)
			until_ns = now_ns + agent->config->interval_ns;
		code = run_interval(agent, until_ns, err);
	}
	return code < 0 ? -1 : 0;
}

static int start(struct agent *agent, int fd, struct err *err)
{
	if (measure_sample_cost(agent->measure, true))
		warn("this kernel does not tell what BPF programs cost: that part is left out");
	measure_sample_cost(agent->measure, false);
	if (serve_start(&agent->serve, fd, err) || measure_begin(agent->measure, err))
		return -1;
	uname(&agent->uts);
	agent->facts = (struct own_facts){
		.total = &agent->total,
		.started_at_ns = clock_real_ns(),
		.measured_at_ns = clock_real_ns(),
		.interval_ns = agent->config->interval_ns,
		.kernel = agent->uts.release,
	};
	return publish(agent, err);
}

int agent_run(const struct agent_config *config, struct err *err)
{
	struct agent agent = { .config = config };
	struct listen_addr addr = config->listen;
	char where[LISTEN_TEXT];
	int fd = listen_open(&addr, err), code;

	if (fd < 0)
		return -1;
	if (measure_open(&agent.measure, !config->no_spans, err)) {
		close(fd);
		return -1;
	}
	listen_text(&addr, where);
	if (!listen_is_loopback(&addr))
		warn("whoever reaches %s can read the names of all services: keep others out",
		     where);
	code = start(&agent, fd, err);
	if (!code) {
		fprintf(stderr, "Measuring: http://%s/metrics\n", where);
		code = measure_on(&agent, err);
	}
	serve_stop(agent.serve);
	measure_close(agent.measure);
	total_free(&agent.total);
	return code;
}
