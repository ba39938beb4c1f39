// SPDX-License-Identifier: GPL-2.0-only
/* Profiles into rows: bands by what the traces stand for, the client's residual, the total. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/pool.h"
#include "user/model/profile.h"
#include "user/trace/bands.h"

#define MS 1000000ULL

static void put(struct profile *profile, const char *path, u64 latency_ns, u64 calls,
		enum component component, u64 ns)
{
	struct place *place = profile_place(profile, path);
	struct slice *slice = place_slice(place, hist_index(latency_ns, HIST_CLIENT_SUB_BITS));

	assert_non_null(slice);
	slice->calls += calls;
	slice->ns[component] += ns;
	slice->sum_ns[component] += ns;
}

/* 900 requests of 1 ms, all web's CPU; 90 of 10 ms, 9 of them cart's; 10 of 100 ms, all disk. */
static void make(struct profile *profile)
{
	put(profile, "", MS, 900, COMPONENT_downstream, 900 * MS);
	put(profile, "", 10 * MS, 90, COMPONENT_downstream, 900 * MS);
	put(profile, "", 100 * MS, 10, COMPONENT_downstream, 1000 * MS);
	put(profile, "web", MS, 900, COMPONENT_cpu, 900 * MS);
	put(profile, "web", 10 * MS, 90, COMPONENT_cpu, 90 * MS);
	put(profile, "web", 10 * MS, 0, COMPONENT_downstream, 810 * MS);
	put(profile, "web", 100 * MS, 10, COMPONENT_disk, 1000 * MS);
	put(profile, "web\ncart", 10 * MS, 180, COMPONENT_network, 810 * MS);
}

static const struct attribution *row(const struct breakdown *b, const char *path,
				     enum component component)
{
	size_t i;

	for (i = 0; i < b->nr_rows; i++) {
		if (b->rows[i].component == component && strcmp(b->rows[i].path, path) == 0)
			return &b->rows[i];
	}
	return NULL;
}

static void assert_ms(const struct attribution *a, double ms)
{
	assert_non_null(a);
	assert_true(fabs(a->ns / 1e6 - ms) < 1e-9);
}

static void bands_have_exactly_their_share(void **state)
{
	struct profile profile = { .endpoint = strdup("e") };
	struct breakdown b;

	(void)state;
	make(&profile);
	assert_int_equal(breakdown_make(&profile, BAND_ALL, NULL, &b), 0);
	assert_true(b.requests == 1000);
	assert_true(fabs(b.traced_ns - 2.8e6) < 1e-3);
	assert_true(isnan(b.client_ns));
	assert_ms(row(&b, "web", COMPONENT_cpu), 0.99);
	assert_ms(row(&b, "web", COMPONENT_disk), 1);
	assert_ms(row(&b, "web\ncart", COMPONENT_network), 0.81);
	assert_true(fabs(row(&b, "web\ncart", COMPONENT_network)->calls - 0.18) < 1e-9);
	assert_string_equal(b.rows[0].path, ""); /* callers first */
	assert_string_equal(b.rows[0].band, "all");
	breakdown_free(&b);
	assert_int_equal(breakdown_make(&profile, BAND_P90, NULL, &b), 0);
	assert_true(b.requests == 100);
	assert_true(fabs(b.traced_ns - 19e6) < 1e-3);
	assert_ms(row(&b, "web", COMPONENT_cpu), 0.9);
	assert_ms(row(&b, "web\ncart", COMPONENT_network), 8.1);
	breakdown_free(&b);
	assert_int_equal(breakdown_make(&profile, BAND_P99, NULL, &b), 0);
	assert_ms(row(&b, "web", COMPONENT_disk), 100);
	assert_null(row(&b, "web\ncart", COMPONENT_network));
	breakdown_free(&b);
	/* A part of a bucket: of 200 requests of 10 and 1 ms, the slowest tenth of 20. */
	profile_free(&profile);
	put(&profile, "", MS, 190, COMPONENT_cpu, 190 * MS);
	put(&profile, "", 10 * MS, 10, COMPONENT_cpu, 100 * MS);
	assert_int_equal(breakdown_make(&profile, BAND_P90, NULL, &b), 0);
	assert_ms(row(&b, "", COMPONENT_cpu), (100 + 10) / 20.);
	breakdown_free(&b);
	profile_free(&profile);
}

static void a_band_without_a_request_has_no_rows(void **state)
{
	struct profile profile = { 0 };
	struct breakdown b;

	(void)state;
	assert_int_equal(breakdown_make(&profile, BAND_ALL, NULL, &b), 0);
	assert_int_equal(b.nr_rows, 0);
	breakdown_free(&b);
	put(&profile, "", MS, 50, COMPONENT_cpu, 50 * MS);
	assert_int_equal(breakdown_make(&profile, BAND_P99, NULL, &b), 0);
	assert_int_equal(b.nr_rows, 0);
	breakdown_free(&b);
	profile_free(&profile);
}

/* Called, and never waited for: it is in the tree all the same. */
static void a_place_without_time_has_a_row(void **state)
{
	struct profile profile = { 0 };
	struct breakdown b;

	(void)state;
	put(&profile, "", MS, 100, COMPONENT_cpu, MS);
	put(&profile, "web", MS, 200, COMPONENT_cpu, 0);
	assert_int_equal(breakdown_make(&profile, BAND_ALL, NULL, &b), 0);
	assert_int_equal(b.nr_rows, 2);
	assert_ms(row(&b, "web", COMPONENT_other), 0);
	assert_true(b.rows[1].calls == 2);
	breakdown_free(&b);
	profile_free(&profile);
}

static int add_up(const struct phase *phase, const struct breakdown *b, void *arg)
{
	double sum = 0;
	size_t i;

	(void)phase;
	for (i = 0; i < b->nr_rows; i++)
		sum += b->rows[i].component == COMPONENT_downstream ? 0 : b->rows[i].ns;
	assert_true(fabs(sum - (isnan(b->client_ns) ? b->traced_ns : b->client_ns)) < 1e-3);
	++*(int *)arg;
	return 0;
}

static void rows_add_up_to_what_the_client_measured(void **state)
{
	struct phase phase = { 0 }, pooled = { 0 };
	struct endpoint *endpoint;
	struct breakdown b;
	int seen = 0, i;

	(void)state;
	phase_add_endpoint(&phase, "all");
	endpoint = phase_add_endpoint(&phase, "GET /");
	for (i = 0; i < 1000; i++)
		assert_int_equal(hist_record(&endpoint->latency_uncorrected_ns,
					     HIST_CLIENT_SUB_BITS, 3 * MS),
				 0);
	assert_int_equal(hist_merge(&phase.endpoints[0].latency_uncorrected_ns,
				    &endpoint->latency_uncorrected_ns),
			 0);
	make(phase_add_profile(&phase, ""));
	phase.profiles[0].mark = 1;
	phase.profiles[0].total = 1000;
	phase.profiles[0].complete = 993;
	tally_add(&phase.profiles[0].reasons, "lost", 7);
	make(phase_add_profile(&phase, "cron -> web"));
	assert_int_equal(bands_name_endpoints(&phase), 0);
	assert_string_equal(phase.profiles[0].endpoint, "GET /");
	assert_string_equal(phase.profiles[1].endpoint, "cron -> web");
	assert_int_equal(breakdown_make(&phase.profiles[0], BAND_ALL, &phase.endpoints[1], &b), 0);
	assert_ms(row(&b, "", COMPONENT_other), 3 - 2.8);
	assert_null(row(&b, "", COMPONENT_connect));
	breakdown_free(&b);
	/* Ten of its requests opened a connection, with TLS. */
	for (i = 0; i < 10; i++) {
		assert_int_equal(hist_record(&endpoint->dns_ns, 4, MS), 0);
		assert_int_equal(hist_record(&endpoint->tls_ns, 4, 4 * MS), 0);
	}
	assert_int_equal(breakdown_make(&phase.profiles[0], BAND_ALL, endpoint, &b), 0);
	assert_ms(row(&b, "", COMPONENT_connect), 0.05);
	assert_ms(row(&b, "", COMPONENT_other), 3 - 2.85);
	breakdown_free(&b);
	assert_int_equal(breakdown_make(&phase.profiles[0], BAND_P90, endpoint, &b), 0);
	assert_null(row(&b, "", COMPONENT_connect));
	breakdown_free(&b);
	assert_int_equal(bands_walk(&phase, add_up, &seen), 0);
	assert_int_equal(seen, 3 * 3); /* all, GET /, cron -> web */
	/* Trials add up. */
	assert_int_equal(pool_add(&pooled, &phase, POOL_BY_NAME), 0);
	assert_int_equal(pool_add(&pooled, &phase, POOL_BY_NAME), 0);
	assert_int_equal(pooled.nr_profiles, 2);
	assert_int_equal(pooled.profiles[0].total, 2000);
	assert_int_equal(pooled.profiles[0].complete, 1986);
	assert_int_equal(tally_get(&pooled.profiles[0].reasons, "lost"), 14);
	assert_int_equal(breakdown_make(&pooled.profiles[0], BAND_P90, &pooled.endpoints[1], &b),
			 0);
	assert_true(b.requests == 200);
	assert_true(fabs(b.traced_ns - 19e6) < 1e-3);
	assert_ms(row(&b, "web\ncart", COMPONENT_network), 8.1);
	breakdown_free(&b);
	phase_free(&phase);
	phase_free(&pooled);
}

static void the_mean_of_a_tail_is_that_of_its_share(void **state)
{
	struct hist h = { 0 };
	int i;

	(void)state;
	assert_true(isnan(band_mean(&h, BAND_ALL)));
	for (i = 0; i < 95; i++)
		assert_int_equal(hist_record(&h, HIST_CLIENT_SUB_BITS, MS), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(hist_record(&h, HIST_CLIENT_SUB_BITS, 100 * MS), 0);
	assert_true(band_mean(&h, BAND_ALL) == 5.95e6);
	assert_true(fabs(band_mean(&h, BAND_P90) / 50.5e6 - 1) < 0.016);
	assert_true(fabs(band_mean(&h, BAND_P99) / 100e6 - 1) < 0.016);
	free(h.buckets);
	h.buckets = NULL;
	assert_true(isnan(band_mean(&h, BAND_P90))); /* only a mean is known */
}

static void the_bigger_branch_comes_first(void **state)
{
	static const char *const expected[] = { "",	     "web",
						"web\nuser", "web\nuser\nmongo",
						"web\ncart", "web\ncart\nredis" };
	struct profile profile = { 0 };
	struct breakdown b;
	size_t i;

	(void)state;
	put(&profile, "", MS, 100, COMPONENT_cpu, MS);
	put(&profile, "web", MS, 100, COMPONENT_cpu, MS);
	put(&profile, "web\ncart\nredis", MS, 100, COMPONENT_cpu, 9 * MS);
	put(&profile, "web\nuser\nmongo", MS, 100, COMPONENT_cpu, MS);
	put(&profile, "web\ncart", MS, 100, COMPONENT_cpu, 4 * MS);
	put(&profile, "web\nuser", MS, 100, COMPONENT_cpu, 5 * MS);
	assert_int_equal(breakdown_make(&profile, BAND_ALL, NULL, &b), 0);
	assert_int_equal(b.nr_rows, ARRAY_SIZE(expected));
	for (i = 0; i < b.nr_rows; i++)
		assert_string_equal(b.rows[i].path, expected[i]);
	breakdown_free(&b);
	profile_free(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bands_have_exactly_their_share),
		cmocka_unit_test(a_band_without_a_request_has_no_rows),
		cmocka_unit_test(a_place_without_time_has_a_row),
		cmocka_unit_test(rows_add_up_to_what_the_client_measured),
		cmocka_unit_test(the_mean_of_a_tail_is_that_of_its_share),
		cmocka_unit_test(the_bigger_branch_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
