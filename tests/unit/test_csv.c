// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/written.h"

#define SEED 20250131

static void line_is(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in:\n%s", line, text);
}

static void test_csv(void **state)
{
	struct run run = { .id = 7 };
	struct phase *phase = run_add_phase(&run, "spread", 2, "measure");
	struct service *service;
	struct edge *edge;
	struct endpoint *endpoint;
	struct disk *disk;
	char *text;
	size_t len;
	(void)state;

	phase->duration_ns = 1500000000;
	assert_int_equal(tally_add(&phase->losses, "a,b", 3), 0);
	service = phase_add_service(phase, "say \"hi\", you", "a");
	service->cpu_ns = 12;
	assert_int_equal(hist_record(&service->runq_wait_ns, HIST_KERNEL_SUB_BITS, 100), 0);
	disk = service_add_disk(service, "vda", "read");
	disk->bytes = 4096;
	edge = phase_add_edge(phase, "web", "redis", "10.0.0.1:6379", "a", "b");
	edge->network_ns = (struct hist){ .count = 2, .sum_ns = 5 };
	endpoint = phase_add_endpoint(phase, "=HYPERLINK(\"http://x\")");
	endpoint->rate = 0.1;
	assert_int_equal(tally_add(&endpoint->codes, "200", 9), 0);
	phase_add_endpoint(phase, "all")->rate = NAN;
	phase_add_program(phase, "tcp_probe")->run_count = 5;
	text = written(&run, export_csv, &len);
	assert_int_equal(strncmp(text,
				 "run,placement,trial,phase,host,service,peer,endpoint,device,op,"
				 "metric,unit,stat,value\n",
				 86),
			 0);
	line_is(text, "7,spread,2,measure,,,,,,,duration_s,s,value,1.5");
	line_is(text, "7,spread,2,measure,,,,,,,losses,events,\"a,b\",3");
	line_is(text, "7,spread,2,measure,a,\"say \"\"hi\"\", you\",,,,,cpu_ns,ns,value,12");
	line_is(text, "7,spread,2,measure,a,\"say \"\"hi\"\", you\",,,,,runq_wait_ns,ns,p99,100");
	line_is(text, "7,spread,2,measure,a,\"say \"\"hi\"\", you\",,,,,runq_wait_ns,samples,"
		      "count,1");
	line_is(text, "7,spread,2,measure,a,\"say \"\"hi\"\", you\",,,,,slice_ns,ns,mean,");
	line_is(text, "7,spread,2,measure,a,\"say \"\"hi\"\", you\",,,vda,read,bytes,bytes,value,"
		      "4096");
	line_is(text, "7,spread,2,measure,a,web,redis,10.0.0.1:6379,,,network_ns,ns,mean,2.5");
	line_is(text, "7,spread,2,measure,a,web,redis,10.0.0.1:6379,,,network_ns,ns,max,");
	line_is(text, "7,spread,2,measure,,,,\"'=HYPERLINK(\"\"http://x\"\")\",,,rate,1/s,value,"
		      "0.10000000000000001");
	line_is(text, "7,spread,2,measure,,,,\"'=HYPERLINK(\"\"http://x\"\")\",,,codes,responses,"
		      "200,9");
	line_is(text, "7,spread,2,measure,,,,all,,,rate,1/s,value,");
	line_is(text, "7,spread,2,measure,,,,,,tcp_probe,run_count,runs,value,5");
	free(text);
	run_free(&run);
}

static void test_csv_formula_guard(void **state)
{
	static const char *const guarded[] = { "=1", "+1", "-1", "@f" };
	char line[128], *text;
	size_t i, len;
	(void)state;

	for (i = 0; i < ARRAY_SIZE(guarded); i++) {
		struct run run = { 0 };

		run_add_phase(&run, guarded[i], 1, "a-b=c");
		text = written(&run, export_csv, &len);
		snprintf(line, sizeof(line), "0,\"'%s\",1,a-b=c,,,,,,,duration_s,s,value,0",
			 guarded[i]);
		line_is(text, line);
		free(text);
		run_free(&run);
	}
}

/* Each row has the header's number of fields, whatever the texts are. */
static void test_csv_shape(void **state)
{
	struct run run = random_run(SEED);
	size_t len, i, fields = 1, rows = 0;
	char *text = written(&run, export_csv, &len);
	bool quoted = false;
	(void)state;

	for (i = 0; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == ',' && !quoted)
			fields++;
		if (text[i] != '\n')
			continue;
		assert_false(quoted);
		assert_int_equal(fields, 14);
		fields = 1;
		rows++;
	}
	assert_true(rows > 1000);
	free(text);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_formula_guard),
		cmocka_unit_test(test_csv_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
