// SPDX-License-Identifier: GPL-2.0-only
/* Differences of attribution whose truth is known: by how much, where, and how sure. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/experiment/compare_blame.h"
#include "user/experiment/ranking.h"
#include "user/model/profile.h"
#include "user/show/comparison.h"
#include "tests/unit/golden.h"
#include "tests/unit/sample_run.h"

#define US 1000ULL

static void put(struct profile *profile, const char *path, u64 latency_us, enum component component,
		u64 us)
{
	struct slice *slice = place_slice(profile_place(profile, path),
					  hist_index(latency_us * US, HIST_CLIENT_SUB_BITS));

	slice->calls = 1000;
	slice->ns[component] += 1000 * us * US;
	slice->sum_ns[component] += 1000 * us * US;
}

/*
 * 1000 requests of each trial: the network to cart takes 300 us more in spread, cart's run queue
 * 1200 us less, its CPU varies by trial but alike in both.
 */
static void add_profiles(struct run *run)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		struct phase *phase = &run->phases[i];
		bool spread = strcmp(phase->placement, "spread") == 0;
		struct profile *p = phase_add_profile(phase, "POST /api/cart/add");
		u64 noise = phase->trial % 3;

		put(p, "", 5000, COMPONENT_socket_queue, 10);
		put(p, "web", 5000, COMPONENT_cpu, 1000 + 7 * noise);
		put(p, "web\ncart", 5000, COMPONENT_network, spread ? 400 + noise : 100);
		put(p, "web\ncart", 5000, COMPONENT_runq, spread ? 300 : 1500 + noise);
		put(p, "web\ncart", 5000, COMPONENT_cpu, 2000 + 50 * noise);
		put(p, "web\ncart", 5000, COMPONENT_disk, 1);
		if (spread)
			put(p, "web\ncart\nredis, far", 5000, COMPONENT_other, 50);
	}
}

static const struct blame_row *find(const struct blame *blame, const char *path,
				    enum component component)
{
	size_t i;

	for (i = 0; i < blame->nr; i++) {
		if (blame->row[i].component == component && strcmp(blame->row[i].path, path) == 0)
			return &blame->row[i];
	}
	return NULL;
}

static void assert_us(const struct blame_row *row, double us, bool sure)
{
	assert_non_null(row);
	assert_true(fabs(row->found.estimate / 1e3 - us) <= 2);
	assert_int_equal(blame_is_sure(row), sure);
}

static void differences_are_found_where_they_are(void **state)
{
	struct run run = { 0 };
	struct blames blames;
	const struct blame *blame;

	(void)state;
	sample_run(&run, 8);
	add_profiles(&run);
	assert_int_equal(blames_find(&run, "packed", "spread", NULL, 1, &blames), 0);
	assert_int_equal(blames.nr, 4); /* of all: all, p90, p99; of the one that moved most */
	assert_string_equal(blames.blame[3].endpoint, "POST /api/cart/add");
	blame = &blames.blame[0];
	assert_string_equal(blame->endpoint, "all");
	assert_int_equal(blame->total.nr, 8);
	/* The sample's clients measured nothing from the actual start: the traces' time counts. */
	assert_true(fabs(blame->total.estimate / 1e3 - (300 - 1200 + 50)) <= 2);
	assert_us(&blame->row[0], -1200, true);
	assert_string_equal(blame->row[0].path, "web\ncart");
	assert_int_equal(blame->row[0].component, COMPONENT_runq);
	assert_us(&blame->row[1], 300, true);
	assert_int_equal(blame->row[1].component, COMPONENT_network);
	assert_us(&blame->row[2], 50, true); /* only spread has the place */
	assert_true(blame->row[2].a_ns == 0);
	assert_us(find(blame, "web\ncart", COMPONENT_cpu), 0, false);
	assert_null(find(blame, "web\ncart", COMPONENT_disk)); /* too small to tell */
	blames_free(&blames);
	assert_int_equal(blames_find(&run, "packed", "spread", "/api/cart/add", 1, &blames), 0);
	assert_int_equal(blames.nr, 3);
	assert_string_equal(blames.blame[2].endpoint, "POST /api/cart/add");
	assert_int_equal(blames.blame[2].band, BAND_P99);
	blames_free(&blames);
	assert_int_equal(blames_find(&run, "packed", "spread", "/no/such", 1, &blames), 0);
	assert_int_equal(blames.nr, 0);
	blames_free(&blames);
	run_free(&run);
}

static void without_traces_or_pairs_there_is_nothing(void **state)
{
	struct run run = { 0 };
	struct blames blames;

	(void)state;
	sample_run(&run, 3);
	assert_int_equal(blames_find(&run, "packed", "spread", NULL, 1, &blames), 0);
	assert_int_equal(blames.nr, 0);
	blames_free(&blames);
	add_profiles(&run);
	assert_int_equal(blames_find(&run, "packed", "nowhere", NULL, 1, &blames), 0);
	assert_int_equal(blames.nr, 0);
	blames_free(&blames);
	/* Two trials: estimates, and no interval. */
	run_set_text(&run.phases[0].invalid, "lagged");
	assert_int_equal(blames_find(&run, "packed", "spread", NULL, 1, &blames), 0);
	assert_int_equal(blames.nr, 3);
	assert_int_equal(blames.blame[0].total.nr, 2);
	assert_false(blame_is_sure(&blames.blame[0].row[0]));
	blames_free(&blames);
	run_free(&run);
}

static void the_words_are_the_golden_ones(void **state)
{
	static const char *const placements[] = { "packed", "spread" };
	struct compare_options options = { .margin = COMPARE_MARGIN, .seed = COMPARE_SEED };
	struct kpi_list kpis;
	struct ranking ranking;
	struct run run = { 0 };
	struct err err = { 0 };
	char *text, *why, *end;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	sample_run(&run, 8);
	add_profiles(&run);
	assert_int_equal(kpi_list_make(&kpis, NULL, 0, &err), 0);
	options.kpis = &kpis;
	assert_int_equal(ranking_make(&run, placements, 2, &options, &ranking), 0);
	assert_int_equal(comparison_print(&ranking, &options, 0, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_true(widest_line(text) <= 80);
	why = strstr(text, "Why,");
	assert_non_null(why);
	end = strstr(why, "\n\n");
	assert_non_null(end);
	end[1] = '\0';
	assert_golden("compare-why.txt", why);
	free(text);
	ranking_free(&ranking);
	kpi_list_free(&kpis);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_are_found_where_they_are),
		cmocka_unit_test(without_traces_or_pairs_there_is_nothing),
		cmocka_unit_test(the_words_are_the_golden_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
