// SPDX-License-Identifier: GPL-2.0-only
/* Addresses to listen on: which are taken, and what a port in use is called. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "user/agent/listen.h"

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text, *means;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1:9435", "127.0.0.1:9435", true },
		{ ":1", "127.0.0.1:1", true },
		{ "localhost:65535", "127.0.0.1:65535", true },
		{ "127.8.9.1:80", "127.8.9.1:80", true },
		{ "[::1]:9435", "[::1]:9435", true },
		{ "0.0.0.0:9435", "0.0.0.0:9435", false },
		{ "10.0.0.5:0", "10.0.0.5:0", false },
		{ "[::]:9435", "[::]:9435", false },
		{ "[2001:db8::7]:9435", "[2001:db8::7]:9435", false },
	};
	char text[LISTEN_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listen_addr addr;
		struct err err = { 0 };

		if (listen_parse(cases[i].text, &addr, &err))
			fail_msg("%s", err.text);
		listen_text(&addr, text);
		assert_string_equal(text, cases[i].means);
		assert_int_equal(listen_is_loopback(&addr), cases[i].loopback);
	}
}

static void others_are_wrong_usage(void **state)
{
	static const char *const cases[] = {
		"",
		"9435",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"127.0.0.1: 1",
		"127.0.0.1:1x",
		"127.0.0.1:000001",
		"::1:9435",
		"[::1]",
		"[]:1",
		"[:1",
		"]:1",
		"[::1:1",
		"web:9435",
		"256.0.0.1:1",
		"127.1:1",
		"[127.0.0.1]:1",
		"[::1%lo]:1",
		"1111111111111111111111111111111111111111111111111111111111111111111111111111:1",
		"http://127.0.0.1:1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listen_addr addr;
		struct err err = { 0 };

		if (!listen_parse(cases[i], &addr, &err))
			fail_msg("'%s' is taken", cases[i]);
		assert_int_equal(err.code, EXIT_USAGE);
	}
}

static int opened(const char *text, struct listen_addr *addr, struct err *err)
{
	assert_int_equal(listen_parse(text, addr, err), 0);
	return listen_open(addr, err);
}

static void a_port_is_ones_own(void **state)
{
	struct listen_addr first, second;
	struct err err = { 0 };
	char text[LISTEN_TEXT];
	int fd = opened("127.0.0.1:0", &first, &err);

	(void)state;
	assert_true(fd >= 0);
	listen_text(&first, text);
	assert_string_not_equal(text, "127.0.0.1:0");
	assert_int_equal(opened(text, &second, &err), -1);
	assert_int_equal(err.code, EXIT_FAILED);
	assert_non_null(strstr(err.text, "is in use"));
	close(fd);
	err = (struct err){ 0 };
	fd = opened(text, &second, &err);
	assert_true(fd >= 0);
	close(fd);
}

static void an_address_of_nobody_is_of_the_machine(void **state)
{
	struct listen_addr addr;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(opened("192.0.2.1:9435", &addr, &err), -1); /* TEST-NET-1 */
	assert_int_equal(err.code, EXIT_ENVIRONMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(others_are_wrong_usage),
		cmocka_unit_test(a_port_is_ones_own),
		cmocka_unit_test(an_address_of_nobody_is_of_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
