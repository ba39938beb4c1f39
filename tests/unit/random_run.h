/* SPDX-License-Identifier: GPL-2.0-only */
/* A run with every entity and every metric of the table, and equality of two runs. */
#ifndef SITU_TESTS_RANDOM_RUN_H
#define SITU_TESTS_RANDOM_RUN_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/metrics.h"
#include "user/model/profile.h"

/* A fixed sequence (xorshift64*), so that a failure can be repeated. */
static inline u64 random_u64(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* A value of any magnitude below 2^40: as likely small as large, and above HIST_CEIL at times. */
static inline u64 random_ns(u64 *state)
{
	return (random_u64(state) >> 24) >> (random_u64(state) % 40);
}

/* Sometimes empty, sometimes only a mean, else full; of either resolution. */
static inline void random_hist(struct hist *h, u64 *state)
{
	unsigned int sub_bits = random_u64(state) % 2 ? HIST_KERNEL_SUB_BITS : HIST_CLIENT_SUB_BITS;
	unsigned int i, nr = random_u64(state) % 200;

	if (random_u64(state) % 8 == 0) {
		*h = (struct hist){ .count = nr + 1, .sum_ns = 12345, .min_ns = HIST_UNKNOWN };
		return;
	}
	for (i = 0; i < nr; i++)
		assert_int_equal(hist_record(h, sub_bits, random_ns(state)), 0);
}

static inline void random_metrics(enum metric_entity entity, void *object, u64 *state)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		switch (metric->kind) {
		case METRIC_COUNTER:
		case METRIC_GAUGE:
			*metric_u64(metric, object) =
				random_u64(state) >> (4 + random_u64(state) % 60);
			break;
		case METRIC_REAL:
			*metric_real(metric, object) = (double)random_u64(state) / 7e9;
			break;
		case METRIC_HIST:
			random_hist(metric_hist(metric, object), state);
			break;
		case METRIC_TALLY:
			tally_add(metric_tally(metric, object), "zulu", random_u64(state) >> 9);
			tally_add(metric_tally(metric, object), "404", 101);
			tally_add(metric_tally(metric, object), "two, \"words\"", 7);
			break;
		}
	}
}

static inline void random_slice(struct slice *slice, u64 *state)
{
	enum component c;

	slice->calls = random_ns(state);
	for (c = 0; c < COMPONENT_NR; c++) {
		slice->ns[c] = random_u64(state) % 2 ? random_ns(state) : 0;
		slice->sum_ns[c] = slice->ns[c] + (random_u64(state) % 2 ? random_ns(state) : 0);
	}
}

static inline void random_profile(struct profile *profile, u64 *state)
{
	static const char *const paths[] = { "", "web", "web\nc\xc3\xa4rt, \"x\"",
					     "web\n=1+1\nredis" };
	u32 bucket;
	size_t i;

	random_metrics(ENTITY_COVERAGE, profile, state);
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		struct place *place = profile_place(profile, paths[i]);

		for (bucket = i ? 0 : HIST_NR(HIST_CLIENT_SUB_BITS) - 1;
		     bucket < HIST_NR(HIST_CLIENT_SUB_BITS);
		     bucket += 1 + (u32)(random_u64(state) % 300))
			random_slice(place_slice(place, bucket), state);
	}
	random_metrics(ENTITY_HOP, profile_hop(profile, "load", "web", "[::1]:80", true), state);
	random_metrics(ENTITY_HOP, profile_hop(profile, "web", "=1+1", "", false), state);
}

static inline void random_trace(struct kept_trace *trace, u64 *state)
{
	u32 i;

	trace->weight = random_ns(state);
	trace->slow = random_u64(state) % 2;
	for (i = 0; i < 4; i++) {
		struct kept_span *span = kept_add_span(trace, "web", "\"cart\"", "[::1]:80");

		span->parent = i ? (u32)(random_u64(state) % i) : KEPT_ROOT;
		span->client_isn = (u32)random_u64(state);
		span->server_isn = (u32)random_u64(state);
		span->ordinal = (u32)random_u64(state);
		span->sent_ns = 1790000000123456789ULL + random_ns(state);
		span->read_ns = span->sent_ns + random_ns(state);
		span->returned_ns = i % 2 ? span->read_ns : 0;
		span->arrived_ns = span->begun_ns = span->answered_ns = span->sent_ns;
		span->connect_ns = random_ns(state);
		span->cpu_ns = random_ns(state);
		span->runq_ns = random_ns(state);
		span->throttled_ns = random_ns(state);
		span->disk_ns = random_ns(state);
	}
}

static inline void random_phase(struct phase *phase, u64 *state)
{
	static const char *const ops[] = { "read", "write", "flush" };
	static const char *const names[] = { "web", "kätalog \xe2\x82\xac", "=1+1", "" };
	char addr[32];
	size_t i, j;

	phase->started_at_ns = 1790000000123456789ULL + random_u64(state) % 1000000007;
	phase->duration_ns = 10000000001ULL + random_u64(state) % 1000003;
	random_metrics(ENTITY_PHASE, phase, state);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct service *service = phase_add_service(phase, names[i], i % 2 ? "b" : "a");

		random_metrics(ENTITY_SERVICE, service, state);
		for (j = 0; j < i; j++)
			random_metrics(ENTITY_DISK, service_add_disk(service, "vda", ops[j]),
				       state);
	}
	for (i = 0; i < 5; i++) {
		snprintf(addr, sizeof(addr), "10.83.0.%zu:8080", i);
		random_metrics(ENTITY_EDGE,
			       phase_add_edge(phase, "web", names[i % 3], addr, "a", "b"), state);
	}
	random_metrics(ENTITY_ENDPOINT, phase_add_endpoint(phase, "GET /api/{id}?a=1,2"), state);
	random_metrics(ENTITY_ENDPOINT, phase_add_endpoint(phase, "all"), state);
	random_profile(phase_add_profile(phase, "GET /api/{id}?a=1,2"), state);
	random_profile(phase_add_profile(phase, "(remote) -> web"), state);
	random_trace(phase_add_trace(phase, "GET /api/{id}?a=1,2", ""), state);
	random_trace(phase_add_trace(phase, "(remote) -> web", "lost, ambiguous"), state);
	random_metrics(ENTITY_PROGRAM, phase_add_program(phase, "sched_switch"), state);
	random_metrics(ENTITY_PROGRAM, phase_add_program(phase, "tcp_probe"), state);
}

/* The caller frees it. Not stored: id 0, no duration, unfinished. */
static inline struct run random_run(u64 seed)
{
	static const char *const placements[] = { "packed", "spread" };
	struct run run = { .started_at_ns = 1789999999000000001ULL };
	unsigned int i;

	run_set_text(&run.uuid, "7c9e6679-7425-40de-944b-e07fc1f90ae7");
	run_set_text(&run.name, "shop \"demo\"");
	run_set_text(&run.state, "unfinished");
	run_set_text(&run.kernel, "6.18.0-test");
	run_set_text(&run.situ_version, SITU_VERSION);
	run_set_text(&run.cpus, "2 of \"Some CPU\"");
	run_set_text(&run.clock_source, "tsc");
	run_set_file(&run.plan, "name: shop\n\tseed: 'x'\n");
	run_set_text(&run.plan_hash, "0123456789abcdef");
	run_set_text(&run.workload_hash, "fedcba9876543210");
	run.seed = INT64_MAX;
	run.trials = 3;
	run_add_host(&run, "a");
	run_add_host(&run, "b");
	for (i = 0; i < 6; i++)
		random_phase(run_add_phase(&run, placements[i % 2], 1 + i / 2, "measure"), &seed);
	random_phase(run_add_phase(&run, "packed", 1, "measure"), &seed);
	run.phases[6].attempt = 2;
	run_set_text(&run.phases[0].invalid, "the load generator lagged, \"much\"");
	return run;
}

static inline void assert_hist_equal(const struct hist *a, const struct hist *b)
{
	assert_int_equal(a->count, b->count);
	if (!a->count)
		return;
	assert_int_equal(a->sum_ns, b->sum_ns);
	assert_int_equal(a->buckets == NULL, b->buckets == NULL);
	if (!a->buckets)
		return;
	assert_int_equal(a->sub_bits, b->sub_bits);
	assert_int_equal(a->min_ns, b->min_ns);
	assert_int_equal(a->max_ns, b->max_ns);
	assert_memory_equal(a->buckets, b->buckets, HIST_NR(a->sub_bits) * sizeof(*a->buckets));
}

static inline void assert_tally_equal(const struct tally *a, const struct tally *b)
{
	size_t i;

	assert_int_equal(a->nr, b->nr);
	for (i = 0; i < a->nr; i++) {
		assert_string_equal(a->item[i].label, b->item[i].label);
		assert_int_equal(a->item[i].count, b->item[i].count);
	}
}

static inline void assert_metrics_equal(enum metric_entity entity, const void *a, const void *b)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		switch (metric->kind) {
		case METRIC_COUNTER:
		case METRIC_GAUGE:
			assert_int_equal(*metric_u64(metric, a), *metric_u64(metric, b));
			break;
		case METRIC_REAL:
			assert_memory_equal(metric_real(metric, a), metric_real(metric, b),
					    sizeof(double));
			break;
		case METRIC_HIST:
			assert_hist_equal(metric_hist(metric, a), metric_hist(metric, b));
			break;
		case METRIC_TALLY:
			assert_tally_equal(metric_tally(metric, a), metric_tally(metric, b));
			break;
		}
	}
}

static inline void assert_services_equal(const struct service *a, const struct service *b)
{
	size_t i;

	assert_string_equal(a->name, b->name);
	assert_string_equal(a->host, b->host);
	assert_metrics_equal(ENTITY_SERVICE, a, b);
	assert_int_equal(a->nr_disks, b->nr_disks);
	for (i = 0; i < a->nr_disks; i++) {
		assert_string_equal(a->disks[i].device, b->disks[i].device);
		assert_string_equal(a->disks[i].op, b->disks[i].op);
		assert_metrics_equal(ENTITY_DISK, &a->disks[i], &b->disks[i]);
	}
}

static inline void assert_edges_equal(const struct edge *a, const struct edge *b)
{
	assert_string_equal(a->client, b->client);
	assert_string_equal(a->server, b->server);
	assert_string_equal(a->server_addr, b->server_addr);
	assert_string_equal(a->client_host, b->client_host);
	assert_string_equal(a->server_host, b->server_host);
	assert_metrics_equal(ENTITY_EDGE, a, b);
}

static inline void assert_profiles_equal(const struct profile *a, const struct profile *b)
{
	size_t i;

	assert_string_equal(a->endpoint, b->endpoint);
	assert_metrics_equal(ENTITY_COVERAGE, a, b);
	assert_int_equal(a->nr_places, b->nr_places);
	for (i = 0; i < a->nr_places; i++) {
		assert_string_equal(a->places[i].path, b->places[i].path);
		assert_int_equal(a->places[i].scope, b->places[i].scope);
		assert_int_equal(a->places[i].nr_slices, b->places[i].nr_slices);
		assert_memory_equal(a->places[i].slices, b->places[i].slices,
				    a->places[i].nr_slices * sizeof(*a->places[i].slices));
	}
	assert_int_equal(a->nr_hops, b->nr_hops);
	for (i = 0; i < a->nr_hops; i++) {
		assert_string_equal(a->hops[i].client, b->hops[i].client);
		assert_string_equal(a->hops[i].server, b->hops[i].server);
		assert_string_equal(a->hops[i].server_addr, b->hops[i].server_addr);
		assert_int_equal(a->hops[i].entry, b->hops[i].entry);
		assert_metrics_equal(ENTITY_HOP, &a->hops[i], &b->hops[i]);
	}
}

/* Of two phases; the JSON document does not hold them. */
static inline void assert_traces_equal(const struct phase *a, const struct phase *b)
{
	size_t i, k;

	assert_int_equal(a->nr_traces, b->nr_traces);
	for (i = 0; i < a->nr_traces; i++) {
		const struct kept_trace *t = &a->traces[i], *u = &b->traces[i];

		assert_string_equal(t->endpoint, u->endpoint);
		assert_string_equal(t->flaws, u->flaws);
		assert_int_equal(t->weight, u->weight);
		assert_int_equal(t->slow, u->slow);
		assert_int_equal(t->nr_spans, u->nr_spans);
		for (k = 0; k < t->nr_spans; k++) {
			struct kept_span left = t->spans[k], right = u->spans[k];

			assert_string_equal(left.client, right.client);
			assert_string_equal(left.server, right.server);
			assert_string_equal(left.server_addr, right.server_addr);
			left.client = left.server = left.server_addr = NULL;
			right.client = right.server = right.server_addr = NULL;
			assert_memory_equal(&left, &right, sizeof(left));
		}
	}
}

static inline void assert_phases_equal(const struct phase *a, const struct phase *b)
{
	size_t i;

	assert_string_equal(a->placement, b->placement);
	assert_int_equal(a->trial, b->trial);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->attempt, b->attempt);
	assert_string_equal(a->invalid, b->invalid);
	assert_int_equal(a->started_at_ns, b->started_at_ns);
	assert_int_equal(a->duration_ns, b->duration_ns);
	assert_metrics_equal(ENTITY_PHASE, a, b);
	assert_int_equal(a->nr_services, b->nr_services);
	for (i = 0; i < a->nr_services; i++)
		assert_services_equal(&a->services[i], &b->services[i]);
	assert_int_equal(a->nr_edges, b->nr_edges);
	for (i = 0; i < a->nr_edges; i++)
		assert_edges_equal(&a->edges[i], &b->edges[i]);
	assert_int_equal(a->nr_endpoints, b->nr_endpoints);
	for (i = 0; i < a->nr_endpoints; i++) {
		assert_string_equal(a->endpoints[i].name, b->endpoints[i].name);
		assert_metrics_equal(ENTITY_ENDPOINT, &a->endpoints[i], &b->endpoints[i]);
	}
	assert_int_equal(a->nr_profiles, b->nr_profiles);
	for (i = 0; i < a->nr_profiles; i++)
		assert_profiles_equal(&a->profiles[i], &b->profiles[i]);
	assert_int_equal(a->nr_programs, b->nr_programs);
	for (i = 0; i < a->nr_programs; i++) {
		assert_string_equal(a->programs[i].name, b->programs[i].name);
		assert_metrics_equal(ENTITY_PROGRAM, &a->programs[i], &b->programs[i]);
	}
}

static inline void assert_runs_equal(const struct run *a, const struct run *b)
{
	size_t i;

	assert_int_equal(a->id, b->id);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->state, b->state);
	assert_string_equal(a->kernel, b->kernel);
	assert_string_equal(a->uuid, b->uuid);
	assert_string_equal(a->situ_version, b->situ_version);
	assert_string_equal(a->cpus, b->cpus);
	assert_string_equal(a->clock_source, b->clock_source);
	assert_string_equal(a->plan, b->plan);
	assert_string_equal(a->plan_hash, b->plan_hash);
	assert_string_equal(a->workload_hash, b->workload_hash);
	assert_int_equal(a->seed, b->seed);
	assert_int_equal(a->trials, b->trials);
	assert_int_equal(a->started_at_ns, b->started_at_ns);
	assert_int_equal(a->duration_ns, b->duration_ns);
	assert_int_equal(a->nr_hosts, b->nr_hosts);
	for (i = 0; i < a->nr_hosts; i++)
		assert_string_equal(a->hosts[i], b->hosts[i]);
	assert_int_equal(a->nr_phases, b->nr_phases);
	for (i = 0; i < a->nr_phases; i++)
		assert_phases_equal(&a->phases[i], &b->phases[i]);
}

#endif
