// SPDX-License-Identifier: GPL-2.0-only
/* Reading the mapped rows: sums over CPUs, what belongs to nobody, and a snapshot used again. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "bpf/sum.h"
#include "user/collect/drain.h"

#define CPUS 3

static struct mapped_rows rows;

static int set_up(void **state)
{
	(void)state;
	rows = (struct mapped_rows){ .cpus = CPUS };
	rows.owners = calloc(SLOTS_MAX, sizeof(*rows.owners));
	rows.sched = calloc((size_t)CPUS * SLOTS_MAX, sizeof(*rows.sched));
	rows.cpu = calloc(CPUS, sizeof(*rows.cpu));
	rows.disks = aligned_alloc(64, (size_t)CPUS * DISK_ROWS_MAX * sizeof(*rows.disks));
	rows.edges = calloc(EDGE_ROWS_MAX, sizeof(*rows.edges));
	rows.waits = calloc(WAIT_ROWS_MAX, sizeof(*rows.waits));
	rows.sums = calloc(SUM_ROWS_MAX, sizeof(*rows.sums));
	if (!rows.owners || !rows.sched || !rows.cpu || !rows.disks || !rows.edges || !rows.waits ||
	    !rows.sums)
		return -1;
	memset(rows.disks, 0, (size_t)CPUS * DISK_ROWS_MAX * sizeof(*rows.disks));
	rows.owners[5].key = 77;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(rows.owners);
	free(rows.sched);
	free(rows.cpu);
	free(rows.disks);
	free(rows.edges);
	free(rows.waits);
	free(rows.sums);
	return 0;
}

static struct disk_row *disk(unsigned int cpu, u32 number)
{
	return &rows.disks[(size_t)cpu * DISK_ROWS_MAX + number];
}

static void test_disk_sums_over_cpus(void **state)
{
	const u64 key = DISK_KEY(5, DISK_WRITE, 8 << 20 | 1);
	struct snapshot s = { 0 };
	unsigned int cpu;
	(void)state;

	/* The first CPU has not completed any. */
	for (cpu = 1; cpu < CPUS; cpu++) {
		struct disk_row *row = disk(cpu, 7);

		row->key = key;
		row->count = 10 + cpu;
		row->bytes = 4096 * cpu;
		row->errors = cpu;
		row->queue_sum_ns = 100 * cpu;
		row->device_sum_ns = 1000 * cpu;
		row->queue[HIST_KERNEL_NR - 1] = cpu;
		row->device[0] = 2 * cpu;
	}
	/* What a CPU has left in a row without a key is nobody's. */
	disk(0, 7)->count = 999;
	assert_int_equal(drain_rows(&rows, &s), 0);
	assert_int_equal(s.nr_disks, 1);
	assert_int_equal(s.disks_used, 1);
	assert_int_equal(s.disks[0].owner, 5);
	assert_int_equal(s.disks[0].op, DISK_WRITE);
	assert_int_equal(s.disks[0].dev, 8 << 20 | 1);
	assert_int_equal(s.disks[0].row.count, 23);
	assert_int_equal(s.disks[0].row.bytes, 4096 * 3);
	assert_int_equal(s.disks[0].row.errors, 3);
	assert_int_equal(s.disks[0].row.queue_sum_ns, 300);
	assert_int_equal(s.disks[0].row.device_sum_ns, 3000);
	assert_int_equal(s.disks[0].row.queue[HIST_KERNEL_NR - 1], 3);
	assert_int_equal(s.disks[0].row.device[0], 6);
	snapshot_free(&s);
}

static void test_sched_sums_over_cpus(void **state)
{
	struct snapshot s = { 0 };
	unsigned int cpu;
	(void)state;

	for (cpu = 0; cpu < CPUS; cpu++) {
		struct sched_row *row = &rows.sched[(size_t)cpu * SLOTS_MAX + 5];

		row->cpu_ns = 7;
		row->involuntary = 2;
		row->slice[3] = 1;
	}
	assert_int_equal(drain_rows(&rows, &s), 0);
	assert_int_equal(s.nr_owners, 6);
	assert_int_equal(s.slots_used, 1);
	assert_int_equal(s.owners[5].key, 77);
	assert_int_equal(s.sched[5].cpu_ns, 21);
	assert_int_equal(s.sched[5].involuntary, 6);
	assert_int_equal(s.sched[5].slice[3], 3);
	snapshot_free(&s);
}

/* Nothing of the last time may show through, and what was many may be few. */
static void test_used_again(void **state)
{
	struct snapshot s = { 0 };
	u32 i;
	(void)state;

	for (i = 0; i < 100; i++) {
		rows.edges[i].key.port = 80;
		rows.waits[i] = (struct wait_row){ WAIT_KEY(5, SLOT_IDLE), 3 };
		*disk(0, i) = (struct disk_row){ .key = DISK_KEY(5, DISK_READ, i + 1), .count = 1 };
	}
	rows.sched[5].cpu_ns = 9;
	s.losses[0] = 4;
	assert_int_equal(drain_rows(&rows, &s), 0);
	assert_int_equal(s.nr_edges, 100);
	assert_int_equal(s.nr_waits, 100);
	assert_int_equal(s.nr_disks, 100);
	memset(rows.edges + 1, 0, 99 * sizeof(*rows.edges));
	memset(rows.waits + 1, 0, 99 * sizeof(*rows.waits));
	memset(disk(0, 1), 0, 99 * sizeof(*rows.disks));
	snapshot_reset(&s);
	assert_int_equal(s.losses[0], 0);
	assert_int_equal(drain_rows(&rows, &s), 0);
	assert_int_equal(s.nr_edges, 1);
	assert_int_equal(s.nr_waits, 1);
	assert_int_equal(s.waits[0].offender, WAIT_BY_IDLE);
	assert_int_equal(s.nr_disks, 1);
	assert_int_equal(s.disks[0].row.count, 1);
	assert_int_equal(s.sched[5].cpu_ns, 9);
	snapshot_free(&s);
}

/* The row of sums @number: calls of the edge in row 9 that @whom_for made. */
static void put_sum(u32 number, u32 whom_for, u32 generation)
{
	struct span_record call = { .edge = 9, .edge_generation = generation };

	rows.sums[number].key = sum_key(whom_for, false, sum_where(&call));
	rows.sums[number].calls = 10 + number;
}

static void test_sums_are_read_by_their_edges(void **state)
{
	struct span_record unix_call = { .edge = SPAN_NONE, .client_slot = 5, .server_slot = 6 };
	struct span_record marked = { .endpoint = 3 };
	struct snapshot s = { 0 };
	(void)state;

	rows.edges[9].key = (struct edge_key){ .client_slot = 5, .server_slot = 7, .port = 80 };
	rows.edges[9].generation = SUM_GENERATION_MASK + 3; /* of which the key has 2 */
	put_sum(0, sum_for(&marked), 2);
	put_sum(4, sum_for(&unix_call), 2);
	put_sum(5, sum_for(&unix_call), 1); /* the row was another edge's then */
	assert_int_equal(drain_rows(&rows, &s), 0);
	assert_int_equal(s.sums_used, 2);
	assert_int_equal(s.nr_sums, 2);
	assert_int_equal(s.sums[0].whom_for.mark, 3);
	assert_int_equal(s.sums[0].call.client, 5);
	assert_int_equal(s.sums[0].call.server, 7);
	assert_int_equal(s.sums[0].call.edge.port, 80);
	assert_int_equal(s.sums[0].row.calls, 10);
	assert_false(s.sums[0].entry);
	assert_int_equal(s.sums[1].whom_for.mark, 0);
	assert_int_equal(s.sums[1].whom_for.client, 5);
	assert_int_equal(s.sums[1].whom_for.server, 6);
	assert_int_equal(s.sums[1].whom_for.edge.port, 0);
	assert_int_equal(s.sums[1].row.calls, 14);
	snapshot_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_disk_sums_over_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sched_sums_over_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_used_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sums_are_read_by_their_edges, set_up,
						tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
