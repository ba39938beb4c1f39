// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tests/unit/random_run.h"

#define SEED 20250131

static const unsigned int resolutions[] = { HIST_KERNEL_SUB_BITS, HIST_CLIENT_SUB_BITS };

/* The stated error, in whole numbers: off by at most 1 / 2^(sub_bits + 1) of @value. */
static void assert_within_error(unsigned int sub_bits, u64 got, u64 value)
{
	u64 off = got > value ? got - value : value - got;

	if (off << (sub_bits + 1) > value)
		fail_msg("%llu for %llu with %u bits", (unsigned long long)got,
			 (unsigned long long)value, sub_bits);
}

static void check_value(unsigned int sub_bits, u64 value)
{
	unsigned int i = hist_index(value, sub_bits);
	u64 lower = hist_lower(sub_bits, i), upper = hist_upper(sub_bits, i);

	assert_true(i < HIST_NR(sub_bits));
	assert_true(lower <= value && value < upper);
	if (value >= HIST_FLOOR && value < HIST_CEIL)
		assert_within_error(sub_bits, lower + (upper - lower) / 2, value);
}

static void test_error_bound_over_the_range(void **state)
{
	size_t r;
	u64 value;
	(void)state;

	for (r = 0; r < ARRAY_SIZE(resolutions); r++) {
		for (value = 0; value < 1 << 16; value++)
			check_value(resolutions[r], value);
		for (; value < 2 * HIST_CEIL; value += value / 2003)
			check_value(resolutions[r], value);
		check_value(resolutions[r], HIST_CEIL - 1);
		check_value(resolutions[r], HIST_CEIL);
		check_value(resolutions[r], UINT64_MAX - 1);
	}
}

static void test_bounds_are_the_inverse_of_the_index(void **state)
{
	unsigned int sub_bits, i;
	(void)state;

	for (sub_bits = 0; sub_bits <= HIST_MIN_SHIFT; sub_bits++) {
		for (i = 0; i < HIST_NR(sub_bits); i++) {
			assert_int_equal(hist_index(hist_lower(sub_bits, i), sub_bits), i);
			assert_int_equal(hist_index(hist_upper(sub_bits, i) - 1, sub_bits), i);
			if (i + 1 < HIST_NR(sub_bits))
				assert_int_equal(hist_upper(sub_bits, i),
						 hist_lower(sub_bits, i + 1));
		}
		assert_int_equal(hist_lower(sub_bits, 0), 0);
		assert_int_equal(hist_upper(sub_bits, 0), HIST_FLOOR);
		assert_int_equal(hist_lower(sub_bits, i - 1), HIST_CEIL);
		assert_true(hist_upper(sub_bits, i - 1) == UINT64_MAX);
	}
}

static void test_log2(void **state)
{
	unsigned int i;
	(void)state;

	assert_int_equal(hist_log2(1), 0);
	for (i = 1; i < 32; i++) {
		assert_int_equal(hist_log2(1U << i), i);
		assert_int_equal(hist_log2((1U << i) - 1), i - 1);
		assert_int_equal(hist_log2((1U << i) + 1), i);
	}
}

static void test_empty(void **state)
{
	struct hist h = { 0 };
	(void)state;

	assert_true(hist_quantile(&h, 0.5) == HIST_UNKNOWN);
	assert_true(hist_mean(&h) == 0);
	hist_free(&h);
	assert_int_equal(hist_merge(&h, &h), 0);
	assert_null(h.buckets);
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

#define VALUES 4099

static void check_quantiles(unsigned int sub_bits, const u64 *sorted, const struct hist *h)
{
	double q;
	int i;

	for (i = 0; i <= 1000; i++) {
		size_t rank;
		u64 value, got;

		q = i / 1000.0;
		rank = i ? (size_t)ceil(q * VALUES) : 1;
		value = sorted[rank - 1];
		got = hist_quantile(h, q);
		if (value >= HIST_FLOOR && value < HIST_CEIL)
			assert_within_error(sub_bits, got, value);
		else
			assert_true(value < HIST_FLOOR ? got < HIST_FLOOR : got >= HIST_CEIL);
		assert_true(got >= sorted[0] && got <= sorted[VALUES - 1]);
	}
}

static void test_quantiles_of_random_values(void **state)
{
	u64 *values = calloc(VALUES, sizeof(*values)), seed = SEED, sum;
	size_t r, i;
	(void)state;

	assert_non_null(values);
	for (r = 0; r < 2 * ARRAY_SIZE(resolutions); r++) {
		unsigned int sub_bits = resolutions[r / 2];
		struct hist h = { 0 };

		sum = 0;
		for (i = 0; i < VALUES; i++) {
			/* Of any magnitude, then close to each other, as latencies are. */
			values[i] = r % 2 ? 900000 + random_u64(&seed) % 400000 : random_ns(&seed);
			sum += values[i];
			assert_int_equal(hist_record(&h, sub_bits, values[i]), 0);
		}
		qsort(values, VALUES, sizeof(*values), by_value);
		assert_int_equal(h.count, VALUES);
		assert_int_equal(h.sum_ns, sum);
		assert_int_equal(h.min_ns, values[0]);
		assert_int_equal(h.max_ns, values[VALUES - 1]);
		assert_true(hist_mean(&h) == (double)sum / VALUES);
		check_quantiles(sub_bits, values, &h);
		hist_free(&h);
	}
	free(values);
}

static void test_one_value(void **state)
{
	static const u64 values[] = { 0, 1, 63, 64, 12345, HIST_CEIL, UINT64_MAX - 1 };
	size_t i;
	(void)state;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct hist h = { 0 };

		assert_int_equal(hist_record(&h, HIST_KERNEL_SUB_BITS, values[i]), 0);
		assert_true(hist_quantile(&h, 0) == values[i]);
		assert_true(hist_quantile(&h, 0.5) == values[i]);
		assert_true(hist_quantile(&h, 1) == values[i]);
		hist_free(&h);
	}
}

static void test_resolution_is_fixed(void **state)
{
	struct hist h = { 0 }, other = { 0 };
	(void)state;

	assert_int_equal(hist_record(&h, HIST_KERNEL_SUB_BITS, 100), 0);
	assert_int_equal(hist_record(&h, HIST_CLIENT_SUB_BITS, 100), -EINVAL);
	assert_int_equal(hist_record(&other, HIST_CLIENT_SUB_BITS, 100), 0);
	assert_int_equal(hist_merge(&h, &other), -EINVAL);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.sum_ns, 100);
	hist_free(&h);
	hist_free(&other);
}

static void test_delta(void **state)
{
	u64 before[HIST_KERNEL_NR] = { 0 }, now[HIST_KERNEL_NR] = { 0 };
	struct hist h = { 0 };
	(void)state;

	before[5] = 10;
	now[5] = 17;
	before[20] = now[20] = 3;
	now[30] = 4;
	before[40] = 9;
	now[40] = 2; /* a counter does not go back: this one was reset */
	assert_int_equal(hist_from_delta(&h, HIST_KERNEL_SUB_BITS, now, before, 5000, 2000), 0);
	assert_int_equal(h.count, 11);
	assert_int_equal(h.sum_ns, 3000);
	assert_int_equal(h.buckets[5], 7);
	assert_int_equal(h.buckets[20], 0);
	assert_int_equal(h.buckets[30], 4);
	assert_int_equal(h.buckets[40], 0);
	assert_int_equal(h.min_ns, hist_lower(HIST_KERNEL_SUB_BITS, 5));
	assert_int_equal(h.max_ns, hist_upper(HIST_KERNEL_SUB_BITS, 30));
	hist_free(&h);
}

static void test_delta_from_nothing_and_to_the_same(void **state)
{
	u64 now[HIST_KERNEL_NR] = { 0 };
	struct hist h = { 0 };
	(void)state;

	now[HIST_KERNEL_NR - 1] = 2;
	assert_int_equal(hist_from_delta(&h, HIST_KERNEL_SUB_BITS, now, NULL, 1ULL << 40, 0), 0);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.max_ns, HIST_CEIL);
	hist_free(&h);
	assert_int_equal(hist_from_delta(&h, HIST_KERNEL_SUB_BITS, now, now, 7, 9), 0);
	assert_int_equal(h.count, 0);
	assert_int_equal(h.sum_ns, 0);
	assert_true(hist_quantile(&h, 0.5) == HIST_UNKNOWN);
	hist_free(&h);
}

static void test_merge_is_recording_both(void **state)
{
	struct hist a = { 0 }, b = { 0 }, both = { 0 }, merged = { 0 }, copy = { 0 };
	u64 seed = SEED, value;
	int i;
	(void)state;

	for (i = 0; i < 2003; i++) {
		value = random_ns(&seed);
		hist_record(i % 3 ? &a : &b, HIST_CLIENT_SUB_BITS, value);
		hist_record(&both, HIST_CLIENT_SUB_BITS, value);
	}
	assert_int_equal(hist_merge(&merged, &a), 0);
	assert_int_equal(hist_copy(&copy, &merged), 0);
	assert_hist_equal(&copy, &a);
	assert_int_equal(hist_merge(&merged, &b), 0);
	assert_hist_equal(&merged, &both);
	assert_hist_equal(&copy, &a); /* which is its own */
	hist_free(&a);
	hist_free(&b);
	hist_free(&both);
	hist_free(&merged);
	hist_free(&copy);
}

/* What has only a mean keeps only a mean, whatever comes to it. */
static void test_mean_only(void **state)
{
	struct hist mean = { .count = 3, .sum_ns = 300 }, full = { 0 };
	(void)state;

	assert_true(hist_quantile(&mean, 0.5) == HIST_UNKNOWN);
	assert_true(hist_mean(&mean) == 100);
	assert_int_equal(hist_record(&mean, HIST_KERNEL_SUB_BITS, 500), 0);
	assert_int_equal(mean.count, 4);
	assert_true(hist_mean(&mean) == 200);
	assert_true(hist_quantile(&mean, 0.5) == HIST_UNKNOWN);
	assert_int_equal(hist_record(&full, HIST_KERNEL_SUB_BITS, 1200), 0);
	assert_int_equal(hist_merge(&full, &mean), 0);
	assert_int_equal(full.count, 5);
	assert_true(hist_mean(&full) == 400);
	assert_true(hist_quantile(&full, 0.5) == HIST_UNKNOWN);
	hist_free(&full);
	hist_free(&mean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_bound_over_the_range),
		cmocka_unit_test(test_bounds_are_the_inverse_of_the_index),
		cmocka_unit_test(test_log2),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_quantiles_of_random_values),
		cmocka_unit_test(test_one_value),
		cmocka_unit_test(test_resolution_is_fixed),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_delta_from_nothing_and_to_the_same),
		cmocka_unit_test(test_merge_is_recording_both),
		cmocka_unit_test(test_mean_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
