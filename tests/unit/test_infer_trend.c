// SPDX-License-Identifier: GPL-2.0-only
/* Changes of level in series whose truth is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_trend.h"

/* A number from about N(0, 1). */
static double normal(struct infer_random *random)
{
	double sum = -6;
	int i;

	for (i = 0; i < 12; i++)
		sum += (double)(infer_random_next(random) >> 11) * 0x1p-53;
	return sum;
}

/*
 * Annual flow of the Nile at Aswan 1871-1920 in 10^8 m^3 (Cobb, Biometrika 65, 1978): it fell in
 * 1899, when the old dam was begun.
 */
static void the_nile_fell_in_1899(void **state)
{
	static const double nile[] = {
		1120, 1160, 963, 1210, 1160, 1160, 813,	 1230, 1370, 1140, 995,	 935,  1110,
		994,  1020, 960, 1180, 799,  958,  1140, 1100, 1210, 1150, 1250, 1260, 1220,
		1030, 1100, 774, 840,  874,  694,  940,	 833,  701,  916,  692,	 1020, 1050,
		969,  831,  726, 456,  824,  702,  1120, 1100, 832,  764,  821,
	};
	struct trend_change change[ARRAY_SIZE(nile)];
	size_t found;

	(void)state;
	assert_int_equal(infer_trend(nile, ARRAY_SIZE(nile), 1, change, &found), 0);
	assert_int_equal(found, 1);
	assert_int_equal(1871 + change[0].at, 1899);
	assert_true(change[0].before == 1130 && change[0].after == 831.5);
	assert_true(change[0].p_value < 0.002);
}

static void each_level_is_found(void **state)
{
	struct infer_random random = { 3 };
	struct trend_change change[30];
	double value[30];
	size_t i, found;

	(void)state;
	for (i = 0; i < 30; i++)
		value[i] = (i < 10 ? 10 : i < 18 ? 20 : 12) + 0.5 * normal(&random);
	assert_int_equal(infer_trend(value, 30, 1, change, &found), 0);
	assert_int_equal(found, 2);
	assert_int_equal(change[0].at, 10);
	assert_int_equal(change[1].at, 18);
	assert_true(change[0].after == change[1].before);
	assert_true(fabs(change[1].after - 12) < 1);
}

static void too_few_values_say_nothing(void **state)
{
	static const double step[] = { 1, 1, 1, 9, 9, 9 };
	struct trend_change change[6];
	size_t nr, found;

	(void)state;
	for (nr = 0; nr <= 6; nr++) {
		assert_int_equal(infer_trend(step, nr, 1, change, &found), 0);
		/* Of six values in random order one in ten looks like this. */
		assert_int_equal(found, 0);
	}
}

static void one_wild_run_is_no_change(void **state)
{
	struct infer_random random = { 5 };
	struct trend_change change[20];
	double value[20];
	size_t i, found;

	(void)state;
	for (i = 0; i < 20; i++)
		value[i] = 10 + 0.1 * normal(&random);
	value[9] = 1000;
	assert_int_equal(infer_trend(value, 20, 1, change, &found), 0);
	assert_int_equal(found, 0);
	for (i = 0; i < 20; i++)
		value[i] = 7;
	assert_int_equal(infer_trend(value, 20, 1, change, &found), 0);
	assert_int_equal(found, 0);
}

static void noise_rarely_looks_like_a_change(void **state)
{
	struct infer_random random = { 11 };
	struct trend_change change[15];
	double value[15];
	size_t i, found, wrong = 0;
	u64 round;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < 15; i++)
			value[i] = normal(&random);
		assert_int_equal(infer_trend(value, 15, round, change, &found), 0);
		wrong += found > 0;
	}
	/* 5 % and 3 standard errors. */
	assert_in_range(wrong, 1, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nile_fell_in_1899),
		cmocka_unit_test(each_level_is_found),
		cmocka_unit_test(too_few_values_say_nothing),
		cmocka_unit_test(one_wild_run_is_no_change),
		cmocka_unit_test(noise_rarely_looks_like_a_change),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
