/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two hosts have of one system, with known times: on vm1, 100 requests of web, each 1 ms of
 * CPU and two calls to cart, of 5 ms each; on vm2, 200 requests of cart, 3 ms of CPU each and a
 * call of redis of 0.3 ms network and 1.2 ms CPU. So the network to cart takes 0.5 ms.
 */
#ifndef SITU_TESTS_SAMPLE_HOSTS_H
#define SITU_TESTS_SAMPLE_HOSTS_H

#include <string.h>

#include "tests/unit/sample_run.h"
#include "user/model/profile.h"

#define CART_ADDR "10.0.0.2:8080"
#define START_NS  (1770000000 * NSEC_PER_SEC)
#define MS	  1000000ULL

static inline void host_run(struct run *run, const char *host)
{
	struct phase *phase = run_add_phase(run, "", 1, "record");

	assert_non_null(phase);
	assert_int_equal(run_set_text(&run->name, "record"), 0);
	assert_int_equal(run_set_text(&run->state, "finished"), 0);
	assert_int_equal(run_set_text(&run->kernel, "6.18.5"), 0);
	assert_int_equal(run_set_text(&run->cpus, "2 of AMD EPYC"), 0);
	assert_int_equal(run_set_text(&run->clock_source, "tsc"), 0);
	assert_int_equal(run_set_text(&run->situ_version, "0.1.0"), 0);
	assert_int_equal(run_set_text(&run->uuid, ""), 0);
	assert_int_equal(run_set_text(&run->plan, ""), 0);
	assert_int_equal(run_set_text(&run->plan_hash, ""), 0);
	assert_int_equal(run_set_text(&run->workload_hash, ""), 0);
	assert_int_equal(run_add_host(run, host), 0);
	run->started_at_ns = phase->started_at_ns = START_NS;
	run->duration_ns = phase->duration_ns = 60 * NSEC_PER_SEC;
}

static inline struct edge *client_half(struct phase *phase, const char *client, const char *addr,
				       const char *host, u64 responses, u64 response_ns)
{
	struct edge *edge = phase_add_edge(phase, client, addr, addr, host, "");

	assert_non_null(edge);
	edge->responses = responses;
	edge->connections = 4;
	edge->bytes_tx = 1000 * responses;
	fill(&edge->response_ns, HIST_KERNEL_SUB_BITS, response_ns, responses);
	fill(&edge->connect_ns, HIST_COARSE_SUB_BITS, 80000, 4);
	return edge;
}

static inline struct edge *server_half(struct phase *phase, const char *peer, const char *server,
				       const char *addr, const char *host, u64 responses,
				       u64 service_ns)
{
	struct edge *edge = phase_add_edge(phase, peer, server, addr, "", host);

	assert_non_null(edge);
	edge->responses = responses;
	edge->connections = 4;
	edge->bytes_tx = 1000 * responses;
	fill(&edge->service_ns, HIST_KERNEL_SUB_BITS, service_ns, responses);
	return edge;
}

static inline void spend(struct profile *profile, const char *path, u64 calls,
			 enum component component, u64 ns)
{
	struct place *place = profile_place(profile, path);
	struct slice *slice = place_slice(place, hist_index(11 * MS, HIST_CLIENT_SUB_BITS));

	assert_non_null(slice);
	slice->calls += calls;
	slice->ns[component] += ns;
	slice->sum_ns[component] += ns;
}

/* A kept trace of one span, of the connection with the numbers @isn and @isn + 1. */
static inline void keep_call(struct phase *phase, const char *client, const char *server,
			     const char *addr, u32 isn)
{
	struct kept_trace *trace = phase_add_trace(phase, "kept", "");
	struct kept_span *span = kept_add_span(trace, client, server, addr);

	assert_non_null(span);
	span->client_isn = isn;
	span->server_isn = isn + 1;
}

static inline void host_vm1(struct run *run)
{
	struct profile *profile;
	struct phase *phase;

	host_run(run, "vm1");
	phase = &run->phases[0];
	assert_non_null(phase_add_service(phase, "web", "vm1"));
	client_half(phase, "web", CART_ADDR, "vm1", 200, 5 * MS);
	profile = phase_add_profile(phase, "load -> web");
	profile->total = 100;
	profile->complete = 90;
	assert_int_equal(tally_add(&profile->reasons, "handover", 10), 0);
	spend(profile, "", 100, COMPONENT_downstream, 1100 * MS);
	spend(profile, "web", 100, COMPONENT_cpu, 100 * MS);
	spend(profile, "web", 0, COMPONENT_downstream, 1000 * MS);
	spend(profile, "web\n" CART_ADDR, 200, COMPONENT_network, 1000 * MS);
}

static inline void host_vm2(struct run *run)
{
	struct profile *profile;
	struct phase *phase;

	host_run(run, "vm2");
	phase = &run->phases[0];
	assert_non_null(phase_add_service(phase, "cart", "vm2"));
	assert_non_null(phase_add_service(phase, "redis", "vm2"));
	server_half(phase, "10.0.0.1", "cart", CART_ADDR, "vm2", 200, 4500000)->retransmits = 3;
	profile = phase_add_profile(phase, "(remote) -> cart");
	profile->total = 200;
	profile->complete = 160;
	assert_int_equal(tally_add(&profile->reasons, "ambiguous", 40), 0);
	spend(profile, "", 200, COMPONENT_downstream, 0);
	spend(profile, "cart", 200, COMPONENT_cpu, 600 * MS);
	spend(profile, "cart", 0, COMPONENT_downstream, 300 * MS);
	spend(profile, "cart\nredis", 200, COMPONENT_network, 60 * MS);
	spend(profile, "cart\nredis", 0, COMPONENT_cpu, 240 * MS);
}

#endif
