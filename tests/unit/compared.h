/* SPDX-License-Identifier: GPL-2.0-only */
/* What `situ compare` says of a run, as text and as JSON, by the usual figures. */
#ifndef SITU_TESTS_COMPARED_H
#define SITU_TESTS_COMPARED_H

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/golden.h"
#include "user/experiment/ranking.h"
#include "user/show/comparison.h"

static struct kpi_list kpis;
static struct compare_options options = { .kpis = &kpis, .margin = 0.03, .seed = 1 };

/* Around a group of tests. */
static inline int begin_comparing(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	return kpi_list_make(&kpis, NULL, 0, NULL);
}

static inline int end_comparing(void **state)
{
	(void)state;
	kpi_list_free(&kpis);
	return 0;
}

/* The text of @run's placements, which the caller frees, with the @most differences. */
static inline char *print(const struct run *run, size_t most)
{
	const char *placement[8];
	size_t nr = ranking_choose(run, placement, ARRAY_SIZE(placement)), size = 0;
	struct ranking ranking;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (!nr) {
		placement[nr++] = "packed";
		placement[nr++] = "spread";
	}
	assert_int_equal(ranking_make(run, placement, nr, &options, &ranking), 0);
	assert_int_equal(comparison_print(&ranking, &options, most, out), 0);
	assert_int_equal(fclose(out), 0);
	if (widest_line(text) > 80)
		print_error("# too wide:\n%s", text);
	assert_true(widest_line(text) <= 80);
	ranking_free(&ranking);
	return text;
}

/* The document that comparison_print_json() makes of @run; the caller drops it. */
static inline json_t *to_json(const struct run *run)
{
	const char *placement[8];
	size_t nr = ranking_choose(run, placement, ARRAY_SIZE(placement)), size = 0;
	struct ranking ranking;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	json_t *doc;

	assert_int_equal(ranking_make(run, placement, nr, &options, &ranking), 0);
	assert_int_equal(comparison_print_json(&ranking, &options, run, out), 0);
	assert_int_equal(fclose(out), 0);
	doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	ranking_free(&ranking);
	free(text);
	return doc;
}

#endif
