// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "loadgen/blocks.h"
#include "user/base/types.h"

static const size_t sizes[] = { 0,    1,    15,	  16,	 17,	1023,  1024,
				1025, 2048, 2049, 16385, 32768, 32769, 1000000 };

static void a_block_holds_what_was_asked_for(void **state)
{
	void *block[ARRAY_SIZE(sizes)];
	size_t i, round, k;

	(void)state;
	/* The second round gets the blocks of the first, all bytes of which are written. */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			block[i] = blocks_malloc(sizes[i]);
			assert_non_null(block[i]);
			assert_int_equal((uintptr_t)block[i] % _Alignof(max_align_t), 0);
			memset(block[i], (int)i + 1, sizes[i]);
		}
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			for (k = 0; k < sizes[i]; k++)
				assert_int_equal(((unsigned char *)block[i])[k], i + 1);
			blocks_free(block[i]);
		}
	}
	blocks_free(NULL);
	blocks_release();
}

static void a_freed_block_comes_again(void **state)
{
	void *first = blocks_malloc(100), *second;

	(void)state;
	blocks_free(first);
	second = blocks_malloc(97);
	assert_ptr_equal(second, first);
	blocks_free(second);
	blocks_release();
}

static void zeroed_is_zeroed(void **state)
{
	unsigned char *block = blocks_malloc(500);
	size_t i;

	(void)state;
	memset(block, 0xff, 500);
	blocks_free(block);
	block = blocks_calloc(5, 100);
	for (i = 0; i < 500; i++)
		assert_int_equal(block[i], 0);
	blocks_free(block);
	assert_null(blocks_calloc(SIZE_MAX / 2, 3));
	assert_null(blocks_malloc(SIZE_MAX - 8));
	blocks_release();
}

static void growing_and_shrinking_keep_the_content(void **state)
{
	static const char text[] = "what was there";
	size_t i;
	char *block = blocks_strdup(text);

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i] < sizeof(text))
			continue;
		block = blocks_realloc(block, sizes[i]);
		assert_non_null(block);
		assert_string_equal(block, text);
	}
	block = blocks_realloc(block, 5);
	assert_memory_equal(block, text, 5);
	blocks_free(block);
	block = blocks_realloc(NULL, 10);
	assert_non_null(block);
	blocks_free(block);
	blocks_release();
}

static void *free_elsewhere(void *block)
{
	blocks_free(block);
	blocks_release();
	return NULL;
}

static void another_thread_may_free(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, free_elsewhere, blocks_malloc(100)), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_holds_what_was_asked_for),
		cmocka_unit_test(a_freed_block_comes_again),
		cmocka_unit_test(zeroed_is_zeroed),
		cmocka_unit_test(growing_and_shrinking_keep_the_content),
		cmocka_unit_test(another_thread_may_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
