// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/random_run.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_unpack_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
