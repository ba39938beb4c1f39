// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/unit/unit.h"
#include "user/experiment/order.h"

#define NR 7

static void each_block_holds_every_placement_once(void **state)
{
	unsigned int order[NR], seen, block, i;
	u64 seed;

	(void)state;
	for (seed = 0; seed < 11; seed++) {
		for (block = 0; block < 101; block++) {
			order_shuffle(seed, block, order, NR);
			for (seen = 0, i = 0; i < NR; i++)
				seen |= 1U << order[i];
			assert_int_equal(seen, (1U << NR) - 1);
		}
	}
}

static void the_same_seed_gives_the_same_order(void **state)
{
	unsigned int a[NR], b[NR];

	(void)state;
	order_shuffle(42, 3, a, NR);
	order_shuffle(42, 3, b, NR);
	assert_memory_equal(a, b, sizeof(a));
}

/* Two orders of seven placements are equal once in 5040 times: twice in a row is a mistake. */
static void seeds_and_blocks_differ(void **state)
{
	unsigned int a[NR], b[NR], c[NR];

	(void)state;
	order_shuffle(1, 0, a, NR);
	order_shuffle(1, 1, b, NR);
	order_shuffle(2, 0, c, NR);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	assert_memory_not_equal(b, c, sizeof(a));
}

/* Of two placements each must come first in about half of the blocks: else drift has a favourite.
 */
static void no_placement_is_preferred(void **state)
{
	unsigned int order[2], first = 0, block;

	(void)state;
	for (block = 0; block < 1000; block++) {
		order_shuffle(1, block, order, 2);
		first += order[0];
	}
	assert_in_range(first, 430, 570);
}

static void one_placement_and_none(void **state)
{
	unsigned int order[1] = { 9 };

	(void)state;
	order_shuffle(1, 0, order, 0);
	assert_int_equal(order[0], 9);
	order_shuffle(1, 0, order, 1);
	assert_int_equal(order[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_holds_every_placement_once),
		cmocka_unit_test(the_same_seed_gives_the_same_order),
		cmocka_unit_test(seeds_and_blocks_differ),
		cmocka_unit_test(no_placement_is_preferred),
		cmocka_unit_test(one_placement_and_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
