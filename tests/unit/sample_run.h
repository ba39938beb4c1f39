/* SPDX-License-Identifier: GPL-2.0-only */
/* A small run with round numbers: two placements of web > cart > redis under a load. */
#ifndef SITU_TESTS_SAMPLE_RUN_H
#define SITU_TESTS_SAMPLE_RUN_H

#include "user/model/run.h"

/* @count values of @value_ns. */
static inline void fill(struct hist *hist, unsigned int sub_bits, u64 value_ns, u64 count)
{
	while (count--)
		assert_int_equal(hist_record(hist, sub_bits, value_ns), 0);
}

static inline void sample_service(struct phase *phase, const char *name, const char *host,
				  u64 cpu_ns, u64 wait_ns)
{
	struct service *service = phase_add_service(phase, name, host);

	assert_non_null(service);
	service->cpu_ns = cpu_ns;
	fill(&service->runq_wait_ns, HIST_KERNEL_SUB_BITS, wait_ns, 990);
	fill(&service->runq_wait_ns, HIST_KERNEL_SUB_BITS, 20 * wait_ns, 10);
	fill(&service->slice_ns, HIST_KERNEL_SUB_BITS, cpu_ns / 1000, 1000);
	service->switches = 1000;
	service->mem_bytes = 64 << 20;
	service->net_rx_bytes = 1 << 20;
	service->net_tx_bytes = 2 << 20;
}

static inline void sample_edge(struct phase *phase, const char *client, const char *server,
			       const char *addr, const char *hosts, u64 response_ns)
{
	const char client_host[] = { hosts[0], 0 }, server_host[] = { hosts[1], 0 };
	struct edge *edge = phase_add_edge(phase, client, server, addr, client_host, server_host);

	assert_non_null(edge);
	edge->connections = 10;
	edge->responses = 1000;
	fill(&edge->connect_ns, HIST_KERNEL_SUB_BITS, 80000, 10);
	fill(&edge->response_ns, HIST_KERNEL_SUB_BITS, response_ns, 1000);
	fill(&edge->service_ns, HIST_KERNEL_SUB_BITS, response_ns / 2, 1000);
	edge->network_ns.count = 1000;
	edge->network_ns.sum_ns = 1000 * (response_ns / 2);
	fill(&edge->rtt_ns, HIST_KERNEL_SUB_BITS, 30000, 1000);
	edge->bytes_tx = 1 << 20;
	edge->bytes_rx = 2 << 20;
}

static inline void sample_endpoint(struct phase *phase, const char *name, u64 nr, u64 latency_ns,
				   u64 timeouts)
{
	struct endpoint *endpoint = phase_add_endpoint(phase, name);

	assert_non_null(endpoint);
	endpoint->attempted = nr;
	endpoint->answered = nr - timeouts;
	endpoint->rate = (double)endpoint->answered / 10;
	assert_int_equal(tally_add(&endpoint->codes, "200", endpoint->answered), 0);
	if (timeouts)
		assert_int_equal(tally_add(&endpoint->errors, "timeout", timeouts), 0);
	fill(&endpoint->latency_ns, HIST_CLIENT_SUB_BITS, latency_ns, endpoint->answered);
	fill(&endpoint->send_lag_ns, HIST_CLIENT_SUB_BITS, 20000, nr);
}

/* One trial: @slow multiplies every latency, so that two placements differ by a known ratio. */
static inline void sample_trial(struct run *run, const char *placement, unsigned int number,
				double slow, u64 timeouts)
{
	bool spread = strcmp(placement, "spread") == 0;
	struct phase *phase = run_add_phase(run, placement, number, "measure");
	u64 ms = (u64)(slow * 1e6);
	struct program *program;
	struct disk *disk;

	assert_non_null(phase);
	phase->duration_ns = 10 * NSEC_PER_SEC;
	sample_endpoint(phase, "GET /api/catalogue/product/{sku}", 600, 4 * ms, 0);
	sample_endpoint(phase, "POST /api/cart/add", 400, 8 * ms, timeouts);
	sample_endpoint(phase, "all", 1000, 5 * ms, timeouts);
	sample_service(phase, "web", "a", 2 * NSEC_PER_SEC, 20000);
	sample_service(phase, "cart", spread ? "b" : "a", 1 * NSEC_PER_SEC, 40000);
	sample_service(phase, "redis", spread ? "b" : "a", NSEC_PER_SEC / 2, 10000);
	disk = service_add_disk(&phase->services[2], "vda", "write");
	assert_non_null(disk);
	disk->count = 100;
	disk->bytes = 100 << 12;
	fill(&disk->queue_ns, HIST_KERNEL_SUB_BITS, 5000, 100);
	fill(&disk->device_ns, HIST_KERNEL_SUB_BITS, 300000, 100);
	sample_edge(phase, "web", "cart", spread ? "10.0.1.2:8080" : "10.0.0.2:8080",
		    spread ? "ab" : "aa", ms);
	sample_edge(phase, "cart", "redis", "10.0.0.3:6379", spread ? "bb" : "aa", ms / 4);
	phase->self_cpu_ns = 50 * NSEC_PER_MSEC;
	phase->self_rss_bytes = 12 << 20;
	phase->self_map_bytes = 4 << 20;
	program = phase_add_program(phase, "sched_switch");
	assert_non_null(program);
	program->run_count = 1000000;
	program->run_ns = 110 * 1000000ULL;
}

/* Placements "packed" and "spread" with @trials pairs; spread's latencies are twice packed's. */
static inline void sample_run(struct run *run, unsigned int trials)
{
	unsigned int i;

	assert_int_equal(run_set_text(&run->name, "sample"), 0);
	assert_int_equal(run_set_text(&run->state, "finished"), 0);
	assert_int_equal(run_set_text(&run->kernel, "6.18.5"), 0);
	for (i = 1; i <= trials; i++) {
		sample_trial(run, "packed", i, 1 + 0.01 * i, 0);
		sample_trial(run, "spread", i, 2 * (1 + 0.01 * i), 0);
	}
}

#endif
