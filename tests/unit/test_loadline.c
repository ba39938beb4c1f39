// SPDX-License-Identifier: GPL-2.0-only
/* The line of a running load, and the percentile text of its result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/export/export.h"
#include "user/model/hist.h"
#include "user/show/loadline.h"

static void lines_say_what_is_known(void **state)
{
	struct loadline line = { .what = "load",
				 .elapsed_ns = 12 * NSEC_PER_SEC,
				 .planned_ns = 30 * NSEC_PER_SEC,
				 .in_flight = 7,
				 .p50_ns = 1200000,
				 .p99_ns = 4500000 };
	char text[LOADLINE_TEXT];

	(void)state;
	loadline_add_rate(&line, 498);
	assert_string_equal(loadline_format(&line, false, text),
			    "load 12.0s of 30.0s  498/s  7 in flight  p50 1.20ms  p99 4.50ms  "
			    "0 failed");
	line.planned_ns = 0;
	line.backlog = 3;
	line.p50_ns = HIST_UNKNOWN;
	line.p99_ns = HIST_UNKNOWN;
	loadline_add_rate(&line, 0);
	loadline_add_rate(&line, 249);
	assert_string_equal(loadline_format(&line, true, text),
			    "load 12.0s  249/s  7 in flight  3 waiting  p50 -  p99 -  0 failed  "
			    "█▁▅");
}

static void old_rates_go(void **state)
{
	struct loadline line = { .what = "load" };
	char text[LOADLINE_TEXT];
	int i;

	(void)state;
	for (i = 0; i < 3 * LOADLINE_RATES; i++)
		loadline_add_rate(&line, i);
	assert_int_equal(line.nr_rates, LOADLINE_RATES);
	assert_true(line.rates[0] > 2 * LOADLINE_RATES - 1);
	assert_true(line.rates[LOADLINE_RATES - 1] > 3 * LOADLINE_RATES - 2);
	/* Everything at its largest still fits, and ends. */
	line = (struct loadline){ .what = "warming up",
				  .elapsed_ns = UINT64_MAX,
				  .planned_ns = UINT64_MAX,
				  .in_flight = UINT64_MAX,
				  .backlog = UINT64_MAX,
				  .failed = UINT64_MAX };
	for (i = 0; i < LOADLINE_RATES; i++)
		loadline_add_rate(&line, 1e18);
	assert_true(strlen(loadline_format(&line, true, text)) < LOADLINE_TEXT);
}

static char *write_hdr(const struct hist *h)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(export_hdr(h, out, NULL), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void percentiles_end_at_the_whole(void **state)
{
	struct hist h = { 0 };
	char *text;
	int i;

	(void)state;
	text = write_hdr(&h);
	assert_non_null(strstr(text, "1/(1-Percentile)\n\n"));
	assert_null(strstr(text, "#[Max"));
	free(text);
	for (i = 0; i < 1000; i++)
		assert_int_equal(hist_record(&h, HIST_CLIENT_SUB_BITS,
					     (i < 900 ? 1 : 10) * NSEC_PER_MSEC),
				 0);
	text = write_hdr(&h);
	assert_non_null(strstr(text, "       1.008 0.000000000000        900           1.00\n"));
	assert_non_null(strstr(text, "       1.008 0.500000000000        900           2.00\n"));
	assert_non_null(strstr(text, "      10.000 1.000000000000       1000\n#[Mean"));
	assert_non_null(strstr(text, "Total count    =         1000]\n"));
	assert_true(strlen(text) < 4096);
	free(text);
	hist_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_say_what_is_known),
		cmocka_unit_test(old_rates_go),
		cmocka_unit_test(percentiles_end_at_the_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
