// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/unit/unit.h"
#include "user/base/err.h"

static void the_first_error_is_kept(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, EXIT_ENVIRONMENT, "no %s: use %d", "BTF", 5), -1);
	assert_int_equal(err_set(&err, EXIT_FAILED, "cleanup failed too"), -1);
	assert_int_equal(err.code, EXIT_ENVIRONMENT);
	assert_string_equal(err.text, "no BTF: use 5");
}

static void nobody_may_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, EXIT_FAILED, "x"), -1);
}

static void hostile_arguments_stay_in_their_line(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, EXIT_USAGE, "no file '%s'", "a\nsitu: done\033[2J\xff");
	assert_string_equal(err.text, "no file 'a?situ: done?[2J?'");
}

static void long_texts_are_cut(void **state)
{
	struct err err = { 0 };
	char name[2000];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	err_set(&err, EXIT_USAGE, "%s", name);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void a_report_returns_the_code(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_report(&err), EXIT_FAILED);
	err_set(&err, EXIT_THRESHOLD, "p99 is above 5ms");
	assert_int_equal(err_report(&err), EXIT_THRESHOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_error_is_kept),
		cmocka_unit_test(nobody_may_listen),
		cmocka_unit_test(hostile_arguments_stay_in_their_line),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(a_report_returns_the_code),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
