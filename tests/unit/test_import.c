// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "tests/unit/written.h"
#include "user/base/buf.h"

#define SEED   20250131

#define HEAD   "{\"schema\":1,\"run\":{}"
#define PHASES HEAD ",\"phases\":[{\"placement\":\"p\",\"trial\":1,\"name\":\"m\"}]"
#define OF     "\"placement\":\"p\",\"trial\":1,\"phase\":\"m\""
#define PROFILE                                                                 \
	PHASES ",\"coverage\":[{" OF ",\"endpoint\":\"e\"}],\"profiles\":[{" OF \
	       ",\"endpoint\":\"e\",\"places\":["
#define WAIT PHASES ",\"services\":[{" OF ",\"runq_wait_ns\":"

static const struct {
	const char *text, *words;
} broken[] = {
	{ "", "line 1, column 0: '[' or '{' expected" },
	{ "\n\n  {\"schema\": 1,,}", "line 3, column 16" },
	{ "{\"schema\":1", "expected" },
	{ "{\"schema\":1}}", "end of file expected" },
	{ "{\"schema\":1,\"schema\":1}", "duplicate" },
	{ "{\"schema\":1,\"a\":\"\\u0000\"}", "not valid JSON" },
	{ "{\"schema\":1,\"a\":\"\xff\"}", "unable to decode byte 0xff" },
	{ "{\"schema\":99999999999999999999}", "too big integer" },
	{ "[]", "no schema number" },
	{ "{}", "no schema number" },
	{ "{\"schema\":\"1\"}", "no schema number" },
	{ "{\"schema\":0}", "no schema number" },
	{ "{\"schema\":-1}", "no schema number" },
	{ "{\"schema\":2}", "has schema 2, this situ knows up to 1" },
	{ "{\"schema\":1}", "run is missing" },
	{ "{\"schema\":1,\"run\":[]}", "run is missing or not an object" },
	{ "{\"schema\":1,\"run\":{\"id\":-1}}", "run.id is not a whole number" },
	{ "{\"schema\":1,\"run\":{\"id\":1.5}}", "run.id is not a whole number" },
	{ "{\"schema\":1,\"run\":{\"name\":7}}", "run.name is not a text" },
	{ "{\"schema\":1,\"run\":{\"hosts\":{}}}", "run.hosts is not a list" },
	{ "{\"schema\":1,\"run\":{\"hosts\":[1]}}", "run.hosts holds something" },
	{ "{\"schema\":1,\"run\":{\"started_at\":\"today\"}}", "run.started_at is not a time" },
	{ "{\"schema\":1,\"run\":{\"started_at\":1}}", "run.started_at is not a text" },
	{ "{\"schema\":1,\"run\":{\"duration_s\":-1}}", "run.duration_s is not a duration" },
	{ "{\"schema\":1,\"run\":{\"duration_s\":1e300}}", "run.duration_s is not a duration" },
	{ "{\"schema\":1,\"run\":{\"duration_s\":\"1\"}}", "run.duration_s is not a duration" },
	{ "{\"schema\":1,\"run\":{\"state\":\"well\"}}", "run.state is not finished, interr" },
	{ HEAD ",\"phases\":{}}", "phases is not a list" },
	{ HEAD ",\"phases\":[{\"trial\":1},{\"trial\":2},{\"trial\":1}]}",
	  "phases[2].phase is there twice" },
	{ HEAD ",\"phases\":[{\"name\":\"\\u001b\"},{\"name\":\"\\u0007\"}]}", /* both: "?" */
	  "phases[1].phase is there twice" },
	{ HEAD ",\"phases\":[1]}", "phases[0] is not an object" },
	{ HEAD ",\"phases\":[{},{\"trial\":4294967296}]}", "phases[1].trial is not a whole" },
	{ HEAD ",\"phases\":[{\"self\":1}]}", "phases[0].self is not an object" },
	{ HEAD ",\"phases\":[{\"self\":{\"cpu_ns\":\"1\"}}]}", "phases[0].cpu_ns is not a whole" },
	{ HEAD ",\"phases\":[{\"losses\":[]}]}", "phases[0].losses is not an object" },
	{ HEAD ",\"phases\":[{\"losses\":{\"a\":-1}}]}", "phases[0].losses has a count" },
	{ HEAD ",\"phases\":[{\"self\":{\"programs\":[{\"name\":[]}]}}]}",
	  "phases[0].programs[0].name is not a text" },
	{ HEAD ",\"services\":[{\"name\":\"web\"}]}", "services[0].phase is not one of phases[]" },
	{ PHASES ",\"services\":[{" OF "},7]}", "services[1] is not an object" },
	{ PHASES ",\"services\":[{\"placement\":\"p\",\"trial\":2,\"phase\":\"m\"}]}",
	  "services[0].phase is not one of" },
	{ PHASES ",\"services\":[{" OF ",\"cpu_ns\":1.0}]}", "services[0].cpu_ns is not a whole" },
	{ PHASES ",\"services\":[{" OF ",\"disk\":[{},{\"op\":1}]}]}",
	  "services[0].disk[1].op is not a text" },
	{ PHASES ",\"services\":[{" OF ",\"disk\":[{\"queue_ns\":1}]}]}",
	  "services[0].disk[0].queue_ns is not a histogram" },
	{ PHASES ",\"edges\":[{" OF ",\"server_addr\":1}]}", "edges[0].server_addr is not a text" },
	{ PHASES ",\"endpoints\":[{" OF ",\"rate\":\"1\"}]}", "endpoints[0].rate is not a number" },
	{ PHASES ",\"endpoints\":[{" OF ",\"codes\":{\"200\":\"x\"}}]}", "codes has a count" },
	{ PHASES ",\"coverage\":[{" OF ",\"endpoint\":1}]}", "coverage[0].endpoint is not a text" },
	{ PHASES ",\"coverage\":[{" OF ",\"endpoint\":\"e\"},{" OF ",\"endpoint\":\"e\"}]}",
	  "coverage[1].endpoint is there twice" },
	{ PHASES ",\"profiles\":[{" OF ",\"endpoint\":\"e\"}]}", "is not one of coverage[]" },
	{ PROFILE "{}]}]}", "places[0].path is not a list" },
	{ PROFILE "{\"path\":[1],\"slices\":[]}]}]}", "path holds something that is not a text" },
	{ PROFILE "{\"path\":[]}]}]}", "places[0].slices is not a list" },
	{ PROFILE "{\"path\":[],\"slices\":[[1,2]]}]}]}", "one that is not [from, calls, times]" },
	{ PROFILE "{\"path\":[],\"slices\":[[1,-2,{}]]}]}]}", "is not [from, calls, times]" },
	{ PROFILE "{\"path\":[],\"slices\":[[1,2,{\"cpu\":1}]]}]}]}", "is not [ns, sum_ns]" },
	{ PROFILE "{\"path\":[],\"slices\":[[1,2,{\"cpu\":[1,-1]}]]}]}]}", "not [ns, sum_ns]" },
	{ WAIT "[]}]}", "runq_wait_ns is not a histogram" },
	{ WAIT "{\"count\":1}}]}", "has no valid count and sum" },
	{ WAIT "{\"count\":1,\"sum\":-2}}]}", "has no valid count and sum" },
	{ WAIT "{\"count\":1,\"sum\":2,\"buckets\":{}}}]}", "buckets that are not a list" },
	{ WAIT "{\"count\":1,\"sum\":2,\"buckets\":[[64,1]]}}]}", "has no valid sub_bits" },
	{ WAIT "{\"count\":1,\"sum\":2,\"buckets\":[],\"sub_bits\":7}}]}", "no valid sub_bits" },
#define BUCKETS WAIT "{\"sub_bits\":3,\"sum\":9,\"min\":1,\"max\":100,"
	{ WAIT "{\"count\":1,\"sum\":2,\"buckets\":[],\"sub_bits\":3}}]}", "no valid min and max" },
	{ WAIT "{\"count\":1,\"sum\":2,\"buckets\":[],\"sub_bits\":3,\"min\":5,\"max\":4}}]}",
	  "has no valid min and max" },
	{ BUCKETS "\"count\":1,\"buckets\":[]}}]}", "do not add up" },
	{ BUCKETS "\"count\":1,\"buckets\":[[64,2]]}}]}", "do not add up" },
	{ BUCKETS "\"count\":1,\"buckets\":[64,1]}}]}", "is not [upper bound, count]" },
	{ BUCKETS "\"count\":1,\"buckets\":[[64]]}}]}", "is not [upper bound, count]" },
	{ BUCKETS "\"count\":1,\"buckets\":[[64,-1]]}}]}", "is not [upper bound, count]" },
	{ BUCKETS "\"count\":1,\"buckets\":[[63,1]]}}]}", "a bound that its sub_bits do not" },
	{ BUCKETS "\"count\":1,\"buckets\":[[65,1]]}}]}", "a bound that its sub_bits do not" },
	{ BUCKETS "\"count\":1,\"buckets\":[[0,1]]}}]}", "a bound that its sub_bits do not" },
	{ BUCKETS "\"count\":1,\"buckets\":[[9223372036854775807,1]]}}]}", "a bound that its" },
	{ BUCKETS "\"count\":2,\"buckets\":[[72,1],[64,1]]}}]}", "out of order" },
	{ BUCKETS "\"count\":2,\"buckets\":[[64,1],[64,1]]}}]}", "out of order" },
	{ BUCKETS "\"count\":2,\"buckets\":[[null,1],[64,1]]}}]}", "out of order" },
	{ BUCKETS "\"count\":0,\"buckets\":[[64,9223372036854775807],[72,9223372036854775807],"
		  "[80,2]]}}]}",
	  "do not add up" },
};

static void test_import_of_broken_documents(void **state)
{
	size_t i;
	(void)state;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		struct run run = { 0 };
		struct err err = { 0 };

		if (import_json(broken[i].text, strlen(broken[i].text), &run, &err) != -1)
			fail_msg("taken: %s", broken[i].text);
		if (!strstr(err.text, broken[i].words))
			fail_msg("'%s' is not in '%s' of %s", broken[i].words, err.text,
				 broken[i].text);
		assert_int_equal(err.code, EXIT_USAGE);
		assert_int_equal(run.nr_phases, 0);
		assert_null(run.name);
	}
}

static void import_fails(struct buf *text, const char *words)
{
	struct run run = { 0 };
	struct err err = { 0 };

	assert_int_equal(text->failed, 0);
	assert_int_equal(import_json(text->data, text->len, &run, &err), -1);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in '%s'", words, err.text);
	buf_free(text);
}

/* @nr of them from @first on, as a list. */
static void put_places(struct buf *text, int first, int nr)
{
	int i;

	buf_puts(text, "\"places\":[");
	for (i = first; i < first + nr; i++)
		buf_printf(text, "%s{\"path\":[\"%d\"],\"slices\":[]}", i > first ? "," : "", i);
	buf_puts(text, "]}");
}

/* What is looked up one by one must not be more than that takes a moment for. */
static void test_import_of_many_places(void **state)
{
	struct buf text = buf_init(4 << 20);
	int i;
	(void)state;

	buf_puts(&text, PHASES ",\"coverage\":[{" OF ",\"endpoint\":\"e\"}],\"profiles\":[");
	for (i = 0; i < 3; i++) {
		buf_printf(&text, "%s{" OF ",\"endpoint\":\"e\",", i ? "," : "");
		put_places(&text, i * 2000, 2000);
	}
	buf_puts(&text, "]}");
	import_fails(&text, "profiles[2].places are more than 4096");
	buf_puts(&text, PHASES ",\"coverage\":[");
	for (i = 0; i < 1025; i++)
		buf_printf(&text, "%s{" OF ",\"endpoint\":\"e%d\"}", i ? "," : "", i);
	buf_puts(&text, "]}");
	import_fails(&text, "coverage[1024].endpoint is one of more than 1024");
	buf_puts(&text, PROFILE "{\"path\":[\"x\"");
	for (i = 0; i < 1100; i++)
		buf_printf(&text, ",\"%01000d\"", i);
	buf_puts(&text, "],\"slices\":[]}]}]}");
	import_fails(&text, "path is longer than");
}

/* Too deep, too many labels, too long a document: refused, not followed. */
static void test_import_is_bounded(void **state)
{
	struct buf deep = buf_init(1 << 20), labels = buf_init(1 << 20);
	struct run run = { 0 };
	struct err err = { 0 };
	int i;
	(void)state;

	for (i = 0; i < 100000; i++)
		buf_puts(&deep, "[");
	assert_int_equal(import_json(deep.data, deep.len, &run, &err), -1);
	assert_non_null(strstr(err.text, "depth"));
	buf_puts(&labels, HEAD ",\"phases\":[{\"losses\":{");
	for (i = 0; i < 1025; i++)
		buf_printf(&labels, "%s\"l%d\":1", i ? "," : "", i);
	buf_puts(&labels, "}}]}");
	err = (struct err){ 0 };
	assert_int_equal(import_json(labels.data, labels.len, &run, &err), -1);
	assert_non_null(strstr(err.text, "at most 1024 counts"));
	err = (struct err){ 0 };
	assert_int_equal(import_json(labels.data, IMPORT_MAX_BYTES + 1UL, &run, &err), -1);
	assert_non_null(strstr(err.text, "256 MiB"));
	buf_free(&deep);
	buf_free(&labels);
}

static void test_import_skips_the_unknown(void **state)
{
	static const char text[] =
		"{\"schema\":1,\"planets\":[1],\"run\":{\"name\":\"n\",\"mood\":{}},"
		"\"phases\":[{\"placement\":\"p\",\"trial\":1,\"name\":\"m\",\"self\":null,"
		"\"started_at\":null,\"x\":1}],"
		"\"services\":[{" OF ",\"name\":\"a\\u001b[2J\",\"gpu_ns\":{},\"cpu_ns\":7}],"
		"\"endpoints\":[{" OF ",\"name\":\"all\",\"rate\":null}],\"edges\":null}";
	struct run run = { 0 };
	struct err err = { 0 };
	(void)state;

	if (import_json(text, strlen(text), &run, &err))
		fail_msg("%s", err.text);
	assert_int_equal(run.phases[0].services[0].cpu_ns, 7);
	assert_string_equal(run.phases[0].services[0].name, "a?[2J"); /* no escape comes in */
	assert_true(isnan(run.phases[0].endpoints[0].rate));
	assert_int_equal(run.phases[0].nr_edges, 0);
	run_free(&run);
}

/* Cut or with any bytes wrong, a document becomes a run or a line, and never takes the process. */
static void test_import_of_damaged_documents(void **state)
{
	struct run run = random_run(SEED), back = { 0 };
	unsigned int i, j, refused = 0;
	u64 seed = SEED;
	size_t len;
	char *text, *copy;
	(void)state;

	while (run.nr_phases > 1)
		phase_free(&run.phases[--run.nr_phases]);
	text = written(&run, export_json, &len);
	copy = malloc(len);
	assert_non_null(copy);
	for (i = 0; i < 600; i++) {
		struct err err = { 0 };
		size_t cut = i % 3 ? len : random_u64(&seed) % len;

		memcpy(copy, text, len);
		for (j = 0; i % 3 && j < 1 + i % 7; j++)
			copy[random_u64(&seed) % len] = "0123456789-,\"[]{}ne"[i % 19];
		if (import_json(copy, cut, &back, &err) == 0) {
			run_free(&back);
			continue;
		}
		refused++;
		assert_int_not_equal(err.text[0], 0);
		assert_int_equal(back.nr_phases, 0);
	}
	assert_true(refused > 200);
	free(copy);
	free(text);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_of_broken_documents),
		cmocka_unit_test(test_import_is_bounded),
		cmocka_unit_test(test_import_of_many_places),
		cmocka_unit_test(test_import_skips_the_unknown),
		cmocka_unit_test(test_import_of_damaged_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
