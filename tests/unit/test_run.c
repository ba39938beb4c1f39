// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "tests/unit/random_run.h"

static void test_elements_are_found_by_their_keys(void **state)
{
	struct run run = { 0 };
	struct phase *phase = run_add_phase(&run, "packed", 3, "measure");
	struct service *service;
	char name[16];
	int i;
	(void)state;

	for (i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		service = phase_add_service(phase, name, i % 2 ? "b" : "a");
		assert_non_null(service);
		service->cpu_ns = (u64)i;
		assert_non_null(service_add_disk(service, "vda", "read"));
		assert_non_null(phase_add_edge(phase, name, "db", "10.0.0.1:1", "a", "b"));
		assert_non_null(phase_add_endpoint(phase, name));
	}
	for (i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		service = phase_find_service(phase, name, i % 2 ? "b" : "a");
		assert_non_null(service);
		assert_int_equal(service->cpu_ns, i);
		assert_null(phase_find_service(phase, name, i % 2 ? "a" : "b"));
		assert_string_equal(service_find_disk(service, "vda", "read")->op, "read");
		assert_null(service_find_disk(service, "vda", "write"));
		assert_null(service_find_disk(service, "vdb", "read"));
		assert_string_equal(phase_find_edge(phase, name, "db", "10.0.0.1:1")->client, name);
		assert_null(phase_find_edge(phase, name, "db", "10.0.0.1:2"));
		assert_string_equal(phase_find_endpoint(phase, name)->name, name);
	}
	assert_null(phase_find_service(phase, "s101", "a"));
	assert_null(phase_find_endpoint(phase, ""));
	run_free(&run);
}

static void test_new_elements_are_zeroed_with_their_texts(void **state)
{
	static const u64 zero[sizeof(struct edge) / sizeof(u64)];
	struct run run = { 0 };
	struct edge *edge;
	struct phase *phase;
	(void)state;

	phase = run_add_phase(&run, "", 1, "m");
	assert_string_equal(phase->placement, "");
	assert_int_equal(phase->trial, 1);
	edge = phase_add_edge(phase, "c", "s", "addr", "ch", "sh");
	assert_string_equal(edge->client, "c");
	assert_string_equal(edge->server, "s");
	assert_string_equal(edge->server_addr, "addr");
	assert_string_equal(edge->client_host, "ch");
	assert_string_equal(edge->server_host, "sh");
	assert_memory_equal(&edge->connections, zero,
			    sizeof(*edge) - offsetof(struct edge, connections));
	assert_int_equal(run_add_host(&run, "h"), 0);
	assert_string_equal(run.hosts[0], "h");
	run_free(&run);
	assert_null(run.phases);
	assert_null(run.hosts);
	assert_int_equal(run.nr_phases, 0);
	run_free(&run); /* twice is fine */
}

static void test_texts_are_cleaned(void **state)
{
	struct run run = { 0 };
	struct phase *phase = run_add_phase(&run, "a\nb", 1, "\x1b[2Jm");
	struct service *service = phase_add_service(phase,
						    "w\xff"
						    "b",
						    "h\te");
	char *text = NULL;
	(void)state;

	assert_string_equal(phase->placement, "a?b");
	assert_string_equal(phase->name, "?[2Jm");
	assert_string_equal(service->name, "w?b");
	assert_string_equal(service->host, "h?e");
	assert_int_equal(run_set_text(&text, "first"), 0);
	assert_int_equal(run_set_text(&text, "then\r"), 0);
	assert_string_equal(text, "then?");
	free(text);
	run_free(&run);
}

static void test_devices_that_hand_on(void **state)
{
	static const char *const names[] = { "loop0", "dm-3", "vda", "nvme0n1", "8:0", "" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct disk disk = { .device = (char *)names[i] };

		assert_int_equal(disk_hands_on(&disk), i < 2);
	}
}

static void test_tally(void **state)
{
	struct tally tally = { 0 };
	char label[16];
	int i, round;
	(void)state;

	assert_int_equal(tally_total(&tally), 0);
	assert_int_equal(tally_get(&tally, "x"), 0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 37; i++) {
			snprintf(label, sizeof(label), "l%d", i);
			assert_int_equal(tally_add(&tally, label, (u64)i), 0);
		}
	}
	assert_int_equal(tally.nr, 37);
	assert_string_equal(tally.item[0].label, "l0");
	assert_string_equal(tally.item[36].label, "l36");
	assert_int_equal(tally_get(&tally, "l7"), 21);
	assert_int_equal(tally_total(&tally), 3 * 36 * 37 / 2);
	tally_free(&tally);
	assert_int_equal(tally.nr, 0);
	tally_free(&tally);
}

/* The label is kept cleaned, so it has to be looked for as it is kept. */
static void test_tally_of_hostile_labels(void **state)
{
	struct tally tally = { 0 };
	(void)state;

	assert_int_equal(tally_add(&tally, "a\n", 1), 0);
	assert_int_equal(tally_add(&tally, "a\n", 2), 0);
	assert_int_equal(tally_get(&tally, "a?"), 3);
	assert_int_equal(tally.nr, 1);
	tally_free(&tally);
}

/* A run with all that there can be is freed without a leak: the sanitizer's build tells. */
static void test_free_of_everything(void **state)
{
	struct run run = random_run(20250131);
	(void)state;

	assert_int_equal(run.nr_phases, 7);
	run_free(&run);
	assert_null(run.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements_are_found_by_their_keys),
		cmocka_unit_test(test_new_elements_are_zeroed_with_their_texts),
		cmocka_unit_test(test_texts_are_cleaned),
		cmocka_unit_test(test_devices_that_hand_on),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_tally_of_hostile_labels),
		cmocka_unit_test(test_free_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
