// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "tests/unit/unit.h"
#include "user/base/types.h"
#include "user/experiment/cpulist.h"

static void lists_are_parsed(void **state)
{
	cpu_set_t set;

	(void)state;
	assert_int_equal(cpulist_parse("0", &set), 0);
	assert_int_equal(CPU_COUNT(&set), 1);
	assert_true(CPU_ISSET(0, &set));
	assert_int_equal(cpulist_parse("1,3-5,7", &set), 0);
	assert_int_equal(CPU_COUNT(&set), 5);
	assert_true(CPU_ISSET(1, &set) && CPU_ISSET(3, &set) && CPU_ISSET(4, &set) &&
		    CPU_ISSET(5, &set) && CPU_ISSET(7, &set));
	assert_int_equal(cpulist_parse("1,1-2", &set), 0);
	assert_int_equal(CPU_COUNT(&set), 2);
	assert_int_equal(cpulist_parse("1023", &set), 0);
}

static void bad_lists_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	" ",  "a",   "-",  "-1",  "1-",	   "3-1",  "1,",     ",1",
		"1,,2", "1 ", "0x1", "+1", "1;2", "1-2-3", "1024", "0-1024", "99999999999999999999",
	};
	cpu_set_t set;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(cpulist_parse(bad[i], &set), -EINVAL);
}

static void what_is_outside_is_named(void **state)
{
	cpu_set_t a, b;

	(void)state;
	cpulist_parse("0,2", &a);
	cpulist_parse("0-2", &b);
	assert_int_equal(cpulist_outside(&a, &b), -1);
	assert_int_equal(cpulist_outside(&b, &a), 1);
}

static void this_machine_has_a_cpu(void **state)
{
	cpu_set_t set;

	(void)state;
	cpulist_online(&set);
	assert_true(CPU_COUNT(&set) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_parsed),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(what_is_outside_is_named),
		cmocka_unit_test(this_machine_has_a_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
