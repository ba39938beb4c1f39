// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/random_run.h"
#include "user/model/profile.h"
#include "user/store/pack.h"

#define SEED 20250131

static void test_pack(void **state)
{
	struct hist h = { 0 }, back;
	u64 seed = SEED;
	size_t len, i;
	u8 *blob;
	(void)state;

	for (i = 0; i < 500; i++)
		assert_int_equal(hist_record(&h, HIST_CLIENT_SUB_BITS, random_ns(&seed)), 0);
	h.buckets[HIST_NR(h.sub_bits) - 1] += UINT64_MAX / 2;
	h.count += UINT64_MAX / 2;
	assert_int_equal(pack_buckets(&h, &blob, &len), 0);
	back = (struct hist){ .sub_bits = h.sub_bits, .count = h.count };
	assert_int_equal(unpack_buckets(&back, blob, len), 0);
	assert_memory_equal(back.buckets, h.buckets, HIST_NR(h.sub_bits) * sizeof(u64));
	hist_free(&back);
	for (i = 0; i < len; i++) {
		back = (struct hist){ .sub_bits = h.sub_bits, .count = h.count };
		assert_int_equal(unpack_buckets(&back, blob, i), -EINVAL);
		assert_null(back.buckets);
	}
	free(blob);
	hist_free(&h);
}

static void test_unpack_refuses(void **state)
{
	static const struct {
		u8 bytes[24];
		size_t len;
		u64 count;
	} bad[] = {
		{ { 0 }, 0, 1 },		   /* nothing, but a count */
		{ { 0, 2 }, 2, 1 },		   /* another count */
		{ { 0, 0 }, 2, 0 },		   /* a bucket in use that is empty */
		{ { 0x80 }, 1, 0 },		   /* cut short */
		{ { 0, 0x80 }, 2, 0 },		   /* cut short */
		{ { 0xf2, 0x01, 1 }, 3, 1 },	   /* bucket 242 of 242 */
		{ { 0xf1, 0x01, 1, 0, 1 }, 5, 2 }, /* one behind the last */
		{ { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1 }, 11, 1 },
		{ { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 }, 11, 1 }, /* 65 bits */
		{ { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 2 }, 13, 1 }, /* wraps */
	};
	struct hist h;
	size_t i;
	(void)state;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		h = (struct hist){ .sub_bits = HIST_KERNEL_SUB_BITS, .count = bad[i].count };
		assert_int_equal(unpack_buckets(&h, bad[i].bytes, bad[i].len), -EINVAL);
		assert_null(h.buckets);
	}
	h = (struct hist){ .sub_bits = HIST_MIN_SHIFT + 1 };
	assert_int_equal(unpack_buckets(&h, bad[0].bytes, 0), -EINVAL);
}

static void test_slices(void **state)
{
	struct profile profile = { 0 };
	struct place *place = profile_place(&profile, "web"), back;
	u64 seed = SEED;
	size_t len, i, refused = 0;
	u8 *blob;
	u32 bucket;
	(void)state;

	for (bucket = 0; bucket < HIST_NR(HIST_CLIENT_SUB_BITS); bucket += 320)
		random_slice(place_slice(place, bucket), &seed);
	random_slice(place_slice(place, HIST_NR(HIST_CLIENT_SUB_BITS) - 1), &seed);
	assert_int_equal(pack_slices(place, &blob, &len), 0);
	for (i = 0; i <= len; i++) {
		int err;

		back = (struct place){ 0 };
		err = unpack_slices(&back, blob, i);
		assert_true(err == 0 || err == -EINVAL);
		refused += err != 0;
		if (i == len) {
			assert_int_equal(err, 0);
			assert_int_equal(back.nr_slices, place->nr_slices);
			assert_memory_equal(back.slices, place->slices,
					    place->nr_slices * sizeof(*place->slices));
		}
		free(back.slices);
	}
	/* Only between two slices is a cut not seen. */
	assert_int_equal(refused, len - place->nr_slices);
	free(blob);
	profile_free(&profile);
}

static void test_slices_refused(void **state)
{
	static const struct {
		u8 bytes[8];
		size_t len;
	} bad[] = {
		{ { 0x80 }, 1 },		   /* cut short */
		{ { 0, 1, 0x80, 4 }, 4 },	   /* component 9 of 9 */
		{ { 0, 1, 3, 5, 6, 7 }, 6 },	   /* the last number is missing */
		{ { 0xc2, 7, 1, 0 }, 4 },	   /* bucket 962 of 962 */
		{ { 0xc1, 7, 1, 0, 0, 1, 0 }, 7 }, /* one behind the last */
	};
	struct place place;
	size_t i;
	(void)state;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		place = (struct place){ 0 };
		assert_int_equal(unpack_slices(&place, bad[i].bytes, bad[i].len), -EINVAL);
		free(place.slices);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_unpack_refuses),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_slices_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
