// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/build.h"
#include "user/attribute/measure.h"
#include "user/attribute/tracer.h"
#include "user/attribute/usage.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/collect/collector.h"
#include "user/collect/spans.h"

#define SETTLE_NS (60 * NSEC_PER_MSEC)

/* A service that was named: it has a row in every phase, idle or not. */
struct named {
	char *cgroup_path, *name, *host;
};

struct measure {
	struct cgroupfs *fs;
	struct names *names;
	struct collector *collector;
	struct tracer *tracer;
	struct snapshot before;
	struct snapshot last; /* of the last measure_end() */
	struct usages used_before, used_last;
	struct named *named;
	size_t nr_named;
};

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

static int open_parts(struct measure *m, bool spans, struct err *err)
{
	struct features features;
	bool by_v1_cpu;

	if (cgroupfs_open(&m->fs, ""))
		return err_set(err, EXIT_ENVIRONMENT,
			       "no cgroup hierarchy is mounted: mount -t cgroup2 none "
			       "/sys/fs/cgroup");
	if (names_open(&m->names, m->fs, NULL) || tracer_open(&m->tracer))
		return no_memory(err);
	/* Containers of an engine that uses the v1 hierarchies are all in the v2 root. */
	by_v1_cpu = cgroupfs_mount(m->fs, CGROUP_V1_CPU) != NULL;
	if (features_decide(&features, by_v1_cpu, err))
		return -1;
	if (!spans)
		features_without_spans(&features);
	return collector_open(&m->collector, &features, by_v1_cpu, err);
}

int measure_open(struct measure **out, bool spans, struct err *err)
{
	struct measure *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (!m)
		return no_memory(err);
	if (open_parts(m, spans, err)) {
		measure_close(m);
		return -1;
	}
	*out = m;
	return 0;
}

void measure_close(struct measure *m)
{
	if (!m)
		return;
	collector_close(m->collector);
	tracer_close(m->tracer);
	measure_forget_services(m);
	names_close(m->names);
	cgroupfs_close(m->fs);
	snapshot_free(&m->before);
	snapshot_free(&m->last);
	usages_free(&m->used_before);
	usages_free(&m->used_last);
	free(m);
}

int measure_name_service(struct measure *m, const char *cgroup_path, const char *name,
			 const char *host)
{
	struct named *grown = realloc(m->named, (m->nr_named + 1) * sizeof(*grown)), *named;

	if (!grown)
		return -ENOMEM;
	m->named = grown;
	named = &grown[m->nr_named++];
	named->cgroup_path = strdup(cgroup_path);
	named->name = text_dup(name);
	named->host = text_dup(host);
	if (!named->cgroup_path || !named->name || !named->host)
		return -ENOMEM;
	return names_add_service(m->names, cgroup_path, name, host);
}

void measure_forget_services(struct measure *m)
{
	size_t i;

	for (i = 0; i < m->nr_named; i++) {
		free(m->named[i].cgroup_path);
		free(m->named[i].name);
		free(m->named[i].host);
	}
	free(m->named);
	m->named = NULL;
	m->nr_named = 0;
	if (m->names)
		names_forget_services(m->names);
}

/* Rows for the named services that did nothing: such a one still holds memory. */
static int add_idle(const struct measure *m, struct phase *phase)
{
	size_t i;

	for (i = 0; i < m->nr_named; i++) {
		const struct named *named = &m->named[i];

		if (!phase_find_service(phase, named->name, named->host) &&
		    !phase_add_service(phase, named->name, named->host))
			return -ENOMEM;
	}
	return 0;
}

int measure_sample_cost(struct measure *m, bool on)
{
	return collector_sample_cost(m->collector, on);
}

static int take(struct measure *m, struct snapshot *s, struct usages *used, struct err *err)
{
	const char **paths = calloc(m->nr_named + 1, sizeof(*paths));
	int code;
	size_t i;

	if (!paths)
		return no_memory(err);
	for (i = 0; i < m->nr_named; i++)
		paths[i] = m->named[i].cgroup_path;
	snapshot_reset(s);
	usages_free(used);
	code = collector_snapshot(m->collector, s);
	if (!code)
		code = usages_take(used, m->fs, s, paths, m->nr_named);
	free(paths);
	if (code)
		return err_set(err, EXIT_FAILED, "cannot read the BPF maps: %s", strerror(-code));
	return 0;
}

int measure_poll(struct measure *m)
{
	return spans_drain(m->collector, tracer_add, m->tracer);
}

void measure_settle(struct measure *m)
{
	if (measure_marks_fd(m) >= 0)
		clock_sleep_until(clock_mono_ns() + SETTLE_NS);
}

static int poll_failed(int code, struct err *err)
{
	return err_set(err, EXIT_FAILED, "cannot read the spans of requests: %s", strerror(-code));
}

int measure_marks_fd(struct measure *m)
{
	return spans_marks_fd(m->collector);
}

int measure_begin(struct measure *m, struct err *err)
{
	int code = measure_poll(m); /* what came before is not of this phase */

	if (code)
		return poll_failed(code, err);
	if (take(m, &m->before, &m->used_before, err))
		return -1;
	collector_forget(m->collector);
	tracer_begin(m->tracer, m->before.mono_ns);
	return 0;
}

int measure_end(struct measure *m, struct phase *phase, struct err *err)
{
	int code = measure_poll(m);

	if (code)
		return poll_failed(code, err);
	if (take(m, &m->last, &m->used_last, err))
		return -1;
	if (build_phase(phase, &m->before, &m->last, m->names) || add_idle(m, phase) ||
	    tracer_end(m->tracer, phase, &m->before, &m->last, m->names))
		return no_memory(err);
	usages_add(phase, &m->used_before, &m->used_last, m->names);
	return 0;
}

void measure_continue(struct measure *m)
{
	struct snapshot before = m->before;

	m->before = m->last;
	m->last = before;
	usages_free(&m->used_before);
	m->used_before = m->used_last;
	memset(&m->used_last, 0, sizeof(m->used_last));
	tracer_continue(m->tracer);
	collector_forget(m->collector);
	names_trim(m->names);
}
