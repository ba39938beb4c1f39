// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the spans of all traces, one line each of tab-separated fields under a head line, until
 * its standard input ends. To stderr: "ready" once it measures; at the end whose the slots are,
 * and what was lost.
 * There also the kernel's sums over all calls, each followed by what the spans make of it. EVERY:
 * only one of so many traces is sent.
 *   dump [EVERY] < FIFO > FILE
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/collect/collector.h"
#include "user/collect/spans.h"
#include "user/trace/estimate.h"

static struct estimates estimates;
static struct assembler *assembler;

static int estimate(const struct trace *trace, void *arg)
{
	(void)arg;
	estimates_add(&estimates, trace);
	return 0;
}

static void print_usage(const struct span_usage *u)
{
	printf("\t%llu\t%llu\t%llu\t%llu", (unsigned long long)u->cpu_ns,
	       (unsigned long long)u->runq_ns, (unsigned long long)u->throttled_ns,
	       (unsigned long long)u->disk_ns);
}

static int print(const struct span_record *r, void *data)
{
	const u64 stamps[] = { r->connect_ns, r->sent_ns,  r->returned_ns, r->read_ns,
			       r->arrived_ns, r->begun_ns, r->answered_ns };
	size_t i;

	(void)data;
	printf("%llx\t%u\t%d\t%u\t%u\t%u\t%u\t%d\t%u\t%u\t%u\t%u\t%u", (unsigned long long)r->trace,
	       r->id, (int)r->parent, r->flags, r->weight, r->nr_spans, r->endpoint, (int)r->edge,
	       r->client_slot, r->server_slot, r->ordinal, r->port, r->stream);
	for (i = 0; i < ARRAY_SIZE(stamps); i++)
		printf("\t%llu", (unsigned long long)stamps[i]);
	print_usage(&r->caller);
	print_usage(&r->used);
	putchar('\n');
	return assembler_add(assembler, r, estimate, NULL);
}

static void print_sum(const char *what, const struct sum_sample *sum, u64 calls, u64 flawed,
		      const u64 *ns)
{
	u32 i;

	fprintf(stderr, "%s\t%u\t%d\t%u\t%u\t%llu\t%llu", what, sum->whom_for.mark, sum->entry,
		sum->call.client, sum->call.server, (unsigned long long)calls,
		(unsigned long long)flawed);
	for (i = 0; i < SUM_NR; i++)
		fprintf(stderr, "\t%llu", (unsigned long long)ns[i]);
	fputc('\n', stderr);
}

static void print_sums(const struct snapshot *s)
{
	static const struct estimate none;
	u32 i;

	fprintf(stderr,
		"what\tmark\tentry\tclient\tserver\tcalls\tflawed\tnetwork\tconnect\tqueue\t"
		"cpu\trunq\tthrottled\tdisk\tdownstream\tother\ttime\n");
	for (i = 0; i < s->nr_sums; i++) {
		const struct sum_sample *sum = &s->sums[i];
		const struct estimate *of = estimates_find(&estimates, sum->row.key);

		if (!of)
			of = &none;
		print_sum("exact", sum, sum->row.calls, sum->row.flawed, sum->row.ns);
		print_sum("traced", sum, of->traced, 0, of->ns);
	}
}

/* Whose the slots are, and what was lost. */
static int explain(struct collector *c)
{
	struct snapshot s = { 0 };
	size_t i;

	if (collector_snapshot(c, &s))
		return 1;
	for (i = LOSS_SPAN_FULL; i < LOSS_NR; i++) {
		if (s.losses[i])
			fprintf(stderr, "lost\t%s\t%llu\n", loss_name(i),
				(unsigned long long)s.losses[i]);
	}
	for (i = SLOT_FIRST; i < s.nr_owners; i++) {
		if (s.owners[i].key)
			fprintf(stderr, "slot\t%zu\t%s\n", i, s.owners[i].name);
	}
	print_sums(&s);
	snapshot_free(&s);
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	struct features features;
	struct err err = { 0 };
	struct collector *c;
	int code = 0;

	if (features_decide(&features, true, &err) || collector_open(&c, &features, true, &err)) {
		fprintf(stderr, "dump: %s\n", err.text);
		return 1;
	}
	if (argc > 1)
		spans_hold(c, (u32)strtoul(argv[1], NULL, 10));
	if (assembler_open(&assembler))
		return 1;
	printf("trace\tid\tparent\tflags\tweight\tspans\tendpoint\tedge\tclient\tserver\tordinal\t"
	       "port\tstream\tconnect\tsent\treturned\tread\tarrived\tbegun\tanswered\t"
	       "caller_cpu\tcaller_runq\tcaller_throttled\tcaller_disk\tcpu\trunq\tthrottled\t"
	       "disk\n");
	fprintf(stderr, "ready\n");
	while (!code && poll(&in, 1, 100) == 0)
		code = spans_drain(c, print, NULL);
	if (!code)
		code = spans_drain(c, print, NULL);
	if (!code)
		code = explain(c);
	collector_close(c);
	assembler_close(assembler);
	return code != 0;
}
