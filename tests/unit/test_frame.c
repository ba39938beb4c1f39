// SPDX-License-Identifier: GPL-2.0-only
/* What the live view shows, at several sizes, without a terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sample_run.h"
#include "user/base/text.h"
#include "tests/unit/golden.h"
#include "user/show/frame.h"

static char *build(const struct live_view *view, const struct live_data *data, int width,
		   int height)
{
	struct buf text = buf_init(1 << 20);
	struct frame frame = { 0 };
	size_t i;

	assert_int_equal(frame_build(view, data, width, height, &frame), 0);
	assert_true((int)frame.nr <= height);
	for (i = 0; i < frame.nr; i++) {
		assert_true(text_width(frame.line[i].text) <= width);
		buf_printf(&text, "%c%s\n", "_=+>-"[frame.line[i].look], frame.line[i].text);
	}
	assert_int_equal(text.failed, 0);
	frame_free(&frame);
	return text.data;
}

static void the_view_at_80_by_24(void **state)
{
	struct live_view view = { .selected = "cart", .selected_host = "b", .unicode = true };
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 1);
	assert_int_equal(tally_add(&run.phases[1].losses, "edge_full", 4), 0);
	text = build(&view, &(struct live_data){ &run.phases[1], &run.phases[1] }, 80, 24);
	assert_golden("live-80x24.txt", text);
	free(text);
	run_free(&run);
}

static void the_view_in_ascii_and_wide(void **state)
{
	struct live_view view = { .selected = "web", .selected_host = "a" };
	struct run run = { 0 };
	char *text;

	(void)state;
	sample_run(&run, 1);
	text = build(&view, &(struct live_data){ &run.phases[1], &run.phases[1] }, 160, 16);
	assert_golden("live-160x16.txt", text);
	free(text);
	run_free(&run);
}

static void any_size_fits(void **state)
{
	struct live_view view = { .unicode = true };
	struct run run = { 0 };
	int width, height;

	(void)state;
	sample_run(&run, 1);
	for (width = 1; width < 200; width += 7) {
		for (height = 1; height < 60; height += 3) {
			struct live_data data = { &run.phases[0], &run.phases[0] };

			free(build(&view, &data, width, height));
		}
	}
	view.help = true;
	free(build(&view, &(struct live_data){ &run.phases[0], &run.phases[0] }, 40, 10));
	run_free(&run);
}

static void nothing_measured_yet(void **state)
{
	struct live_view view = { 0 };
	struct phase none = { 0 };
	char *text = build(&view, &(struct live_data){ &none, &none }, 80, 24);

	(void)state;
	assert_non_null(strstr(text, "measuring the first interval"));
	assert_int_equal(frame_select(&view, &(struct live_data){ &none, &none }, 1), 0);
	assert_string_equal(view.selected, "");
	free(text);
}

static void totals_and_the_last_interval(void **state)
{
	struct live_view view = { 0 };
	struct phase last = { 0 }, total = { 0 };
	struct live_data data = { &last, &total };
	char *text;

	(void)state;
	last.duration_ns = NSEC_PER_SEC;
	total.duration_ns = 10 * NSEC_PER_SEC;
	sample_service(&last, "web", "a", NSEC_PER_SEC / 2, 1000);
	sample_service(&total, "web", "a", NSEC_PER_SEC, 1000);
	total.services[0].mem_bytes = 10ULL << 30;
	text = build(&view, &data, 80, 24);
	assert_non_null(strstr(text, "web       50.0"));
	assert_non_null(strstr(text, "1.00MiB"));
	free(text);
	view.totals = true;
	text = build(&view, &data, 80, 24);
	assert_non_null(strstr(text, "the sum of all intervals, 10.0s"));
	assert_non_null(strstr(text, "web       10.0"));
	/* Rates are over the longer time; memory is what it is now, not a sum. */
	assert_non_null(strstr(text, "102KiB"));
	assert_non_null(strstr(text, "64.0MiB"));
	assert_null(strstr(text, "GiB"));
	free(text);
	phase_free(&last);
	phase_free(&total);
}

static void selection_follows_the_service_not_the_row(void **state)
{
	struct live_view view = { 0 };
	struct run run = { 0 };
	struct live_data data;
	char *text;

	(void)state;
	sample_run(&run, 1);
	data = (struct live_data){ &run.phases[0], &run.phases[0] };
	assert_int_equal(frame_select(&view, &data, 1), 0);
	assert_string_equal(view.selected, "cart");
	assert_int_equal(frame_select(&view, &data, 5), 0);
	assert_string_equal(view.selected, "redis");
	assert_int_equal(frame_select(&view, &data, -1), 0);
	/* cart becomes the busiest: it moves up, the selection with it. */
	run.phases[0].services[1].cpu_ns = 9 * NSEC_PER_SEC;
	text = build(&view, &data, 80, 24);
	assert_non_null(strstr(text, "\n>cart "));
	free(text);
	assert_int_equal(frame_select(&view, &data, -1), 0);
	assert_string_equal(view.selected, "cart");
	run_free(&run);
}

static void a_long_list_scrolls_to_the_selected_one(void **state)
{
	struct live_view view = { 0 };
	struct phase phase = { .duration_ns = NSEC_PER_SEC };
	struct live_data data = { &phase, &phase };
	unsigned int i;
	char *text;

	(void)state;
	for (i = 0; i < 50; i++) {
		char name[16];

		snprintf(name, sizeof(name), "svc%02u", i);
		sample_service(&phase, name, "a", (100 - i) * 1000000ULL, 1000);
	}
	assert_int_equal(frame_select(&view, &data, 40), 0);
	text = build(&view, &data, 80, 24);
	assert_non_null(strstr(text, "\n>svc40 "));
	assert_null(strstr(text, "svc00"));
	free(text);
	phase_free(&phase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_view_at_80_by_24),
		cmocka_unit_test(the_view_in_ascii_and_wide),
		cmocka_unit_test(any_size_fits),
		cmocka_unit_test(nothing_measured_yet),
		cmocka_unit_test(totals_and_the_last_interval),
		cmocka_unit_test(selection_follows_the_service_not_the_row),
		cmocka_unit_test(a_long_list_scrolls_to_the_selected_one),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
