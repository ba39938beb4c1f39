// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/join/halves.h"
#include "user/join/trees.h"
#include "user/model/pool.h"
#include "user/model/profile.h"

#define NOTES_ROOM (64 << 10)
#define NAME_ROOM  4096

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* One placement and one phase name: what 'situ record' makes. */
static int check_recording(const struct run *run, struct err *err)
{
	size_t i;

	if (!run->nr_phases)
		return err_set(err, EXIT_USAGE, "run '%s' is empty: record anew", run->name);
	if (!run->nr_hosts)
		return err_set(err, EXIT_USAGE, "run '%s' does not say its host: record anew",
			       run->name);
	for (i = 0; i < run->nr_phases; i++) {
		if (!same(run->phases[i].placement, run->phases[0].placement) ||
		    !same(run->phases[i].name, run->phases[0].name))
			return err_set(err, EXIT_USAGE,
				       "run '%s' is an experiment: join takes what 'situ record' "
				       "made on each host",
				       run->name);
	}
	return 0;
}

static int check_hosts(const struct run *a, const struct run *b, struct err *err)
{
	size_t i, k;

	for (i = 0; i < a->nr_hosts; i++) {
		for (k = 0; k < b->nr_hosts; k++) {
			if (same(a->hosts[i], b->hosts[k]))
				return err_set(err, EXIT_USAGE,
					       "two of the runs are of host '%s': give one of each "
					       "host",
					       a->hosts[i]);
		}
	}
	return 0;
}

static u64 end_of(const struct run *run)
{
	u64 end_ns = run->started_at_ns + run->duration_ns;
	size_t i;

	/* A recording that was killed does not know how long it took; its intervals do. */
	for (i = 0; i < run->nr_phases; i++) {
		u64 phase_ns = run->phases[i].started_at_ns + run->phases[i].duration_ns;

		end_ns = phase_ns > end_ns ? phase_ns : end_ns;
	}
	return end_ns;
}

/* By the hosts' own clocks: all that they are compared for. */
static int check_overlap(const struct run *const *runs, size_t nr, struct err *err)
{
	const struct run *last = runs[0], *first = runs[0];
	size_t i;

	for (i = 1; i < nr; i++) {
		if (runs[i]->started_at_ns > last->started_at_ns)
			last = runs[i];
		if (end_of(runs[i]) < end_of(first))
			first = runs[i];
	}
	if (last->started_at_ns < end_of(first))
		return 0;
	return err_set(err, EXIT_USAGE,
		       "the run of '%s' ended before that of '%s' began: join what was recorded at "
		       "the same time, and see that the hosts' clocks agree",
		       first->hosts[0], last->hosts[0]);
}

static int check(const struct run *const *runs, size_t nr, struct err *err)
{
	size_t i, k;

	if (nr < 2)
		return err_set(err, EXIT_USAGE, "join takes the runs of two hosts or more");
	for (i = 0; i < nr; i++) {
		if (check_recording(runs[i], err))
			return -1;
		for (k = 0; k < i; k++) {
			if (check_hosts(runs[k], runs[i], err))
				return -1;
		}
	}
	return check_overlap(runs, nr, err);
}

/* The text that all have, else theirs one behind the other. */
static int join_texts(const struct run *const *runs, size_t nr, size_t offset, char **to)
{
	struct buf text = buf_init(NAME_ROOM);
	size_t i, k;
	int err;

	buf_puts(&text, "");
	for (i = 0; i < nr; i++) {
		const char *at = *(char *const *)((const char *)runs[i] + offset);

		for (k = 0; k < i; k++) {
			if (same(*(char *const *)((const char *)runs[k] + offset), at))
				break;
		}
		if (k == i && *at)
			buf_printf(&text, "%s%s", text.len ? ", " : "", at);
	}
	/* Too long is cut by what is there. */
	err = text.failed == -ENOMEM ? -ENOMEM : run_set_text(to, text.data);
	buf_free(&text);
	return err;
}

static int describe(const struct run *const *runs, size_t nr, struct run *out)
{
	size_t i, k;

	out->started_at_ns = runs[0]->started_at_ns;
	if (run_set_text(&out->state, "finished") || run_set_text(&out->name, runs[0]->name) ||
	    join_texts(runs, nr, offsetof(struct run, kernel), &out->kernel) ||
	    join_texts(runs, nr, offsetof(struct run, cpus), &out->cpus) ||
	    join_texts(runs, nr, offsetof(struct run, situ_version), &out->situ_version) ||
	    join_texts(runs, nr, offsetof(struct run, clock_source), &out->clock_source))
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		if (runs[i]->started_at_ns < out->started_at_ns)
			out->started_at_ns = runs[i]->started_at_ns;
		if (runs[i]->duration_ns > out->duration_ns)
			out->duration_ns = runs[i]->duration_ns;
		if (!same(runs[i]->state, "finished") && run_set_text(&out->state, "interrupted"))
			return -ENOMEM;
		for (k = 0; k < runs[i]->nr_hosts; k++) {
			if (run_add_host(out, runs[i]->hosts[k]))
				return -ENOMEM;
		}
	}
	return 0;
}

static int pool_sources(const struct run *const *runs, size_t nr, struct source *sources)
{
	size_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		sources[i].run = runs[i];
		err = pool_placement_by(runs[i], runs[i]->phases[0].placement,
					runs[i]->phases[0].name, POOL_BY_ADDRESS,
					&sources[i].pooled);
	}
	return err;
}

/* All of @from but its edges and profiles, which are joined. */
static int add_rest(struct phase *to, struct phase *from)
{
	const size_t nr_edges = from->nr_edges, nr_profiles = from->nr_profiles;
	const u64 longest_ns =
		to->duration_ns > from->duration_ns ? to->duration_ns : from->duration_ns;
	int err;

	from->nr_edges = from->nr_profiles = 0;
	err = pool_add(to, from, POOL_BY_HOST);
	from->nr_edges = nr_edges;
	from->nr_profiles = nr_profiles;
	to->duration_ns = longest_ns;
	return err;
}

/* An endpoint that another host has, too, and that is not the load's, gets its host's name. */
static int add_name(const struct source *sources, size_t nr, size_t at, const char *endpoint,
		    struct buf *name)
{
	bool load = phase_find_endpoint(&sources[at].pooled, endpoint), elsewhere = false;
	size_t i;

	for (i = 0; i < nr; i++)
		elsewhere |= i != at && phase_find_profile(&sources[i].pooled, endpoint);
	buf_puts(name, endpoint);
	if (elsewhere && !load)
		buf_printf(name, " (%s)", sources[at].run->hosts[0]);
	return name->failed;
}

static int add_profile(struct phase *to, const struct profile *from, const char *name)
{
	struct profile *profile = phase_find_profile(to, name);

	if (!profile)
		profile = phase_add_profile(to, name);
	return profile ? profile_merge(profile, from) : -ENOMEM;
}

static int add_trace(struct phase *to, const struct kept_trace *from, const char *name)
{
	struct kept_trace *trace = phase_add_trace(to, name, from->flaws);
	size_t i;

	if (!trace)
		return -ENOMEM;
	trace->weight = from->weight;
	trace->slow = from->slow;
	for (i = 0; i < from->nr_spans; i++) {
		const struct kept_span *span = &from->spans[i];
		struct kept_span *copy =
			kept_add_span(trace, span->client, span->server, span->server_addr);
		struct kept_span texts;

		if (!copy)
			return -ENOMEM;
		texts = *copy;
		*copy = *span;
		copy->client = texts.client;
		copy->server = texts.server;
		copy->server_addr = texts.server_addr;
	}
	return 0;
}

static int add_profiles(struct phase *to, const struct source *sources, size_t nr, size_t at)
{
	const struct phase *from = &sources[at].pooled;
	int err = 0;
	size_t i;

	for (i = 0; i < from->nr_profiles && !err; i++) {
		struct buf name = buf_init(NAME_ROOM + NAME_ROOM);

		err = add_name(sources, nr, at, from->profiles[i].endpoint, &name);
		if (!err)
			err = add_profile(to, &from->profiles[i], name.data);
		buf_free(&name);
	}
	return err;
}

static int add_traces(struct phase *to, const struct source *sources, size_t nr, size_t at)
{
	const struct run *run = sources[at].run;
	int err = 0;
	size_t i, k;

	for (i = 0; i < run->nr_phases && !err; i++) {
		const struct phase *phase = &run->phases[i];

		for (k = 0; k < phase->nr_traces && phase_counts(phase) && !err; k++) {
			struct buf name = buf_init(NAME_ROOM + NAME_ROOM);

			err = add_name(sources, nr, at, phase->traces[k].endpoint, &name);
			if (!err)
				err = add_trace(to, &phase->traces[k], name.data);
			buf_free(&name);
		}
	}
	return err;
}

static int build(struct source *sources, size_t nr, const struct halves *halves, struct run *out)
{
	const struct phase *like = &sources[0].run->phases[0];
	struct phase *phase = run_add_phase(out, like->placement, 1, like->name);
	int err = phase ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < nr && !err; i++) {
		err = add_rest(phase, &sources[i].pooled);
		if (!err)
			err = add_profiles(phase, sources, nr, i);
		if (!err)
			err = add_traces(phase, sources, nr, i);
	}
	if (!err)
		err = halves_add_edges(halves, sources, nr, phase);
	return err;
}

int join_runs(const struct run *const *runs, size_t nr, double margin, struct run *out,
	      struct join_report *report, struct err *err)
{
	struct halves halves = { 0 };
	struct source *sources;
	int code;
	size_t i;

	*report = (struct join_report){ .notes = buf_init(NOTES_ROOM) };
	if (check(runs, nr, err))
		return -1;
	sources = calloc(nr, sizeof(*sources));
	code = sources ? pool_sources(runs, nr, sources) : -ENOMEM;
	if (!code)
		code = halves_find(sources, nr, margin, &halves, report);
	if (!code)
		code = trees_join(sources, nr, margin, &halves, report);
	if (!code)
		code = describe(runs, nr, out) ? -ENOMEM : build(sources, nr, &halves, out);
	for (i = 0; sources && i < nr; i++)
		phase_free(&sources[i].pooled);
	free(sources);
	halves_free(&halves);
	if (code == -EINVAL)
		return err_set(err, EXIT_USAGE,
			       "the runs have histograms of two resolutions: they are of versions "
			       "of situ that cannot be joined");
	return code ? no_memory(err) : 0;
}

void join_report_free(struct join_report *report)
{
	buf_free(&report->notes);
}
