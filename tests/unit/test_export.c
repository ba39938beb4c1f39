// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include <jansson.h>

#include "tests/unit/written.h"
#include "user/export/jsonhist.h"

#define SEED 20250131

static void test_json_round_trip(void **state)
{
	u64 seed;
	(void)state;

	for (seed = 1; seed <= 7; seed++) {
		struct run run = random_run(seed), back = { 0 };
		struct err err = { 0 };
		char *text, *again;
		size_t len, again_len;

		run.id = seed;
		run.duration_ns = 61000000007ULL + seed;
		text = written(&run, export_json, &len);
		if (import_json(text, len, &back, &err))
			fail_msg("%s", err.text);
		assert_runs_equal(&back, &run);
		again = written(&back, export_json, &again_len);
		assert_int_equal(again_len, len);
		assert_memory_equal(again, text, len);
		free(again);
		free(text);
		run_free(&back);
		run_free(&run);
	}
}

static void test_json_of_nothing(void **state)
{
	struct run run = { 0 }, back = { 0 };
	struct err err = { 0 };
	size_t len;
	char *text = written(&run, export_json, &len);
	(void)state;

	assert_int_equal(import_json(text, len, &back, &err), 0);
	assert_int_equal(back.nr_phases, 0);
	assert_string_equal(back.name, "");
	run_free(&back);
	free(text);
}

static json_t *parsed(const struct run *run)
{
	size_t len;
	char *text = written(run, export_json, &len);
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	free(text);
	return root;
}

/* Every field that the machine contract names is there, by that name. */
static void test_json_contract(void **state)
{
	static const struct {
		const char *list, *fields;
	} contract[] = {
		{ "services", "name host placement trial phase cpu_ns runq_wait_ns slice_ns disk "
			      "mem_bytes net_rx_bytes net_tx_bytes" },
		{ "edges", "client server server_addr client_host server_host connections "
			   "responses connect_ns response_ns service_ns network_ns rtt_ns "
			   "retransmits resets bytes_tx bytes_rx" },
		{ "endpoints", "name attempted answered codes errors rate latency_ns "
			       "latency_uncorrected_ns" },
		{ "phases", "placement trial name started_at duration_s losses self" },
	};
	struct run run = random_run(SEED);
	json_t *root = parsed(&run), *o;
	char fields[256], *field, *at;
	size_t i;
	(void)state;

	assert_int_equal(json_integer_value(json_object_get(root, "schema")), EXPORT_SCHEMA);
	assert_string_equal(json_string_value(json_object_get(root, "situ_version")), SITU_VERSION);
	for (i = 0; i < ARRAY_SIZE(contract); i++) {
		o = json_array_get(json_object_get(root, contract[i].list), 1);
		assert_non_null(o);
		snprintf(fields, sizeof(fields), "%s", contract[i].fields);
		for (field = strtok_r(fields, " ", &at); field; field = strtok_r(NULL, " ", &at)) {
			if (!json_object_get(o, field))
				fail_msg("%s[] has no %s", contract[i].list, field);
		}
	}
	o = json_array_get(json_object_get(root, "services"), 1);
	o = json_array_get(json_object_get(o, "disk"), 0);
	assert_int_equal(json_unpack(o, "{s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "device", &field,
				     "op", &field, "count", &(json_int_t){ 0 }, "bytes",
				     &(json_int_t){ 0 }, "errors", &(json_int_t){ 0 }, "queue_ns",
				     &(json_t *){ NULL }, "device_ns", &(json_t *){ NULL }),
			 0);
	json_decref(root);
	run_free(&run);
}

static void test_json_totals(void **state)
{
	struct run run = { 0 };
	json_t *root, *self;
	json_int_t a, b, cpu, rss, runs, rows;
	unsigned int i;
	(void)state;

	for (i = 1; i <= 3; i++) {
		struct phase *phase = run_add_phase(&run, "p", i, "m");

		phase->self_cpu_ns = 100 * i;
		phase->self_rss_bytes = i == 2 ? 4096 : 1024;
		assert_int_equal(tally_add(&phase->losses, i == 3 ? "b" : "a", 7), 0);
		assert_int_equal(tally_add(&phase->map_fill, "disks", i == 2 ? 90 : 10 * i), 0);
		phase_add_program(phase, "sched_switch")->run_count = i;
	}
	root = parsed(&run);
	assert_int_equal(json_unpack(root, "{s:{s:I,s:I}, s:{s:I}, s:o}", "losses", "a", &a, "b",
				     &b, "map_fill", "disks", &rows, "self", &self),
			 0);
	assert_int_equal(rows, 90); /* rows in use are of an instant */
	assert_int_equal(a, 14);
	assert_int_equal(b, 7);
	assert_int_equal(json_unpack(self, "{s:I, s:I, s:[{s:I}]}", "cpu_ns", &cpu, "rss_bytes",
				     &rss, "programs", "run_count", &runs),
			 0);
	assert_int_equal(cpu, 600);
	assert_int_equal(rss, 4096); /* a size does not add up */
	assert_int_equal(runs, 6);
	assert_int_equal(json_array_size(json_object_get(self, "programs")), 1);
	json_decref(root);
	run_free(&run);
}

static void test_json_refuses_what_it_cannot_hold(void **state)
{
	struct run run = { 0 };
	struct phase *phase = run_add_phase(&run, "p", 1, "m");
	FILE *out = fopen("/dev/null", "w");
	struct err err = { 0 };
	(void)state;

	assert_non_null(out);
	phase->self_cpu_ns = (u64)INT64_MAX + 1;
	assert_int_equal(export_json(&run, out, &err), -1);
	assert_non_null(strstr(err.text, "cpu_ns is 9223372036854775808"));
	phase->self_cpu_ns = INT64_MAX;
	assert_int_equal(export_json(&run, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	run_free(&run);
}

static void test_full_disk(void **state)
{
	struct run run = random_run(SEED);
	FILE *out = fopen("/dev/full", "w");
	struct err err = { 0 };
	(void)state;

	assert_non_null(out);
	assert_int_equal(export_json(&run, out, &err), -1);
	assert_non_null(strstr(err.text, "No space left on device"));
	err = (struct err){ 0 };
	assert_int_equal(export_csv(&run, out, &err), -1);
	assert_non_null(strstr(err.text, "No space left on device"));
	fclose(out);
	run_free(&run);
}

static void test_unknown_is_null(void **state)
{
	struct hist empty = { 0 }, mean = { .count = 3, .sum_ns = 300 }, full = { 0 };
	json_t *json = hist_to_json(&empty), *bucket;
	(void)state;

	assert_true(json_is_null(json_object_get(json, "p50")));
	assert_true(json_is_null(json_object_get(json, "min")));
	assert_int_equal(json_array_size(json_object_get(json, "buckets")), 0);
	assert_true(json_is_array(json_object_get(json, "buckets")));
	json_decref(json);
	json = hist_to_json(&mean);
	assert_true(json_is_null(json_object_get(json, "buckets")));
	assert_true(json_is_null(json_object_get(json, "max")));
	assert_int_equal(json_integer_value(json_object_get(json, "sum")), 300);
	json_decref(json);
	assert_int_equal(hist_record(&full, HIST_KERNEL_SUB_BITS, HIST_CEIL + 5), 0);
	json = hist_to_json(&full);
	bucket = json_array_get(json_object_get(json, "buckets"), 0);
	assert_true(json_is_null(json_array_get(bucket, 0)));
	assert_int_equal(json_integer_value(json_array_get(bucket, 1)), 1);
	json_decref(json);
	hist_free(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_round_trip),
		cmocka_unit_test(test_json_of_nothing),
		cmocka_unit_test(test_json_contract),
		cmocka_unit_test(test_json_totals),
		cmocka_unit_test(test_json_refuses_what_it_cannot_hold),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_unknown_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
