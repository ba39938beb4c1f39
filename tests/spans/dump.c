// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the spans of all traces, one line each of tab-separated fields under a head line, until
 * its standard input ends. To stderr: "ready" once it measures; at the end whose the slots are,
 * and what was lost.
 *   dump < FIFO > FILE
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "user/collect/collector.h"
#include "user/collect/spans.h"

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
	return 0;
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
	snapshot_free(&s);
	return 0;
}

int main(void)
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
	return code != 0;
}
