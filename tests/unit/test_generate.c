// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "user/experiment/generate.h"

#define MOST 12

static const unsigned int zeros[MOST], ones[MOST] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

/* Services without ports on hosts of one kind. */
static struct generate_space plain(unsigned int services, unsigned int hosts)
{
	return (struct generate_space){ services, zeros, hosts, zeros, ones };
}

static unsigned int count(const struct generate_space *space)
{
	struct generate_list list;
	unsigned int nr;

	assert_int_equal(generate_placements(space, GENERATE_ALL, 1000000, 0, &list), 0);
	nr = list.nr;
	free(list.host_of);
	return nr;
}

static void assert_only(const struct generate_space *space, enum generate_rule rule,
			const unsigned int *host_of)
{
	struct generate_list list;

	assert_int_equal(generate_placements(space, rule, 1, 0, &list), 0);
	assert_int_equal(list.nr, 1);
	assert_memory_equal(list.host_of, host_of, space->nr_services * sizeof(*host_of));
	free(list.host_of);
}

/* Partitions of n things into at most k parts: sums of Stirling numbers of the second kind. */
static void all_are_the_restricted_growth_strings(void **state)
{
	static const struct {
		unsigned int services, hosts, nr;
	} known[] = {
		{ 1, 1, 1 },   { 3, 1, 1 },	{ 3, 2, 4 },	  { 3, 3, 5 },
		{ 4, 2, 8 },   { 4, 4, 15 },	{ 5, 3, 41 },	  { 7, 2, 64 },
		{ 7, 7, 877 }, { 8, 12, 4140 }, { 10, 4, 43947 }, { 12, 4, 700075 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		struct generate_space space = plain(known[i].services, known[i].hosts);

		assert_int_equal(count(&space), known[i].nr);
	}
}

static void all_are_in_order_and_distinct(void **state)
{
	static const unsigned int want[] = { 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 2 };
	struct generate_space space = plain(3, 3);
	struct generate_list list;

	(void)state;
	assert_int_equal(generate_placements(&space, GENERATE_ALL, 5, 0, &list), 0);
	assert_int_equal(list.nr, 5);
	assert_memory_equal(list.host_of, want, sizeof(want));
	free(list.host_of);
}

static void hosts_of_different_kinds_are_not_interchangeable(void **state)
{
	static const unsigned int two[] = { 0, 1 }, mixed[] = { 0, 1, 0 };
	struct generate_space space = plain(3, 2);

	(void)state;
	space.kind = two;
	assert_int_equal(count(&space), 8); /* 2^3 */
	/* 27 assignments: 1 has all on the middle host, the others come in pairs that swap 0 and 2.
	 */
	space = plain(3, 3);
	space.kind = mixed;
	assert_int_equal(count(&space), 14);
}

static void services_with_one_port_are_kept_apart(void **state)
{
	static const unsigned int ports[] = { 80, 0, 80 }, apart[] = { 0, 0, 1 };
	struct generate_space space = plain(3, 2);
	struct generate_list list;

	(void)state;
	space.port = ports;
	assert_int_equal(count(&space), 2); /* 001 and 011 */
	assert_int_equal(generate_placements(&space, GENERATE_PACKED, 1, 0, &list), -ENOSPC);
	assert_null(list.host_of);
	space.nr_hosts = 1;
	assert_int_equal(generate_placements(&space, GENERATE_ALL, 9, 0, &list), -ENOSPC);
	assert_int_equal(generate_placements(&space, GENERATE_SPREAD, 9, 0, &list), -ENOSPC);
	assert_int_equal(generate_placements(&space, GENERATE_RANDOM, 9, 0, &list), -ENOSPC);
	space.nr_hosts = 2;
	assert_int_equal(generate_placements(&space, GENERATE_ALL, 9, 0, &list), 0);
	assert_memory_equal(list.host_of, apart, sizeof(apart));
	free(list.host_of);
}

static void the_simple_rules(void **state)
{
	static const unsigned int cpus[] = { 1, 3 };
	struct generate_space space = plain(5, 2);
	struct generate_list list;

	(void)state;
	assert_only(&space, GENERATE_PACKED, (unsigned int[]){ 0, 0, 0, 0, 0 });
	assert_only(&space, GENERATE_SPREAD, (unsigned int[]){ 0, 1, 0, 1, 0 });
	space.cpus = cpus;
	assert_only(&space, GENERATE_SPREAD, (unsigned int[]){ 0, 1, 1, 1, 0 });
	assert_int_equal(generate_placements(&space, GENERATE_EACH_ALONE, 1, 0, &list), -ENOSPC);
	space = plain(3, 4);
	assert_only(&space, GENERATE_EACH_ALONE, (unsigned int[]){ 0, 1, 2 });
}

static void the_limit_is_held(void **state)
{
	struct generate_space space = plain(4, 4);
	struct generate_list list;

	(void)state;
	assert_int_equal(generate_placements(&space, GENERATE_ALL, 14, 0, &list), -E2BIG);
	assert_null(list.host_of);
	assert_int_equal(list.nr, 0);
}

static void random_ones_are_distinct_and_repeatable(void **state)
{
	struct generate_space space = plain(9, 4);
	struct generate_list a, b, c;
	unsigned int i, j;

	(void)state;
	assert_int_equal(generate_placements(&space, GENERATE_RANDOM, 40, 5, &a), 0);
	assert_int_equal(generate_placements(&space, GENERATE_RANDOM, 40, 5, &b), 0);
	assert_int_equal(generate_placements(&space, GENERATE_RANDOM, 40, 6, &c), 0);
	assert_int_equal(a.nr, 40);
	assert_memory_equal(a.host_of, b.host_of, 40 * 9 * sizeof(unsigned int));
	assert_memory_not_equal(a.host_of, c.host_of, 40 * 9 * sizeof(unsigned int));
	for (i = 0; i < a.nr; i++) {
		unsigned int copy[9];

		memcpy(copy, a.host_of + 9 * i, sizeof(copy));
		generate_canonical(&space, copy);
		assert_memory_equal(copy, a.host_of + 9 * i, sizeof(copy));
		for (j = 0; j < i; j++)
			assert_memory_not_equal(copy, a.host_of + 9 * j, sizeof(copy));
	}
	free(a.host_of);
	free(b.host_of);
	free(c.host_of);
}

static void random_beyond_all_is_all(void **state)
{
	struct generate_space space = plain(4, 3);
	struct generate_list list;

	(void)state;
	assert_int_equal(generate_placements(&space, GENERATE_RANDOM, 100, 1, &list), 0);
	assert_int_equal(list.nr, 14);
	free(list.host_of);
}

/* Whatever the hosts are called, the same placement has one form: checked against all of them. */
static void every_placement_has_its_canonical_form(void **state)
{
	static const unsigned int mixed[] = { 0, 1, 0 };
	struct generate_space space = plain(4, 3);
	unsigned int code, forms = 0, s;
	bool seen[81] = { false };

	(void)state;
	space.kind = mixed;
	for (code = 0; code < 81; code++) {
		unsigned int host_of[4], rest = code, form = 0;

		for (s = 0; s < 4; s++, rest /= 3)
			host_of[s] = rest % 3;
		generate_canonical(&space, host_of);
		for (s = 4; s-- > 0;)
			form = 3 * form + host_of[s];
		forms += !seen[form];
		seen[form] = true;
	}
	assert_int_equal(forms, count(&space));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_the_restricted_growth_strings),
		cmocka_unit_test(all_are_in_order_and_distinct),
		cmocka_unit_test(hosts_of_different_kinds_are_not_interchangeable),
		cmocka_unit_test(services_with_one_port_are_kept_apart),
		cmocka_unit_test(the_simple_rules),
		cmocka_unit_test(the_limit_is_held),
		cmocka_unit_test(random_ones_are_distinct_and_repeatable),
		cmocka_unit_test(random_beyond_all_is_all),
		cmocka_unit_test(every_placement_has_its_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
