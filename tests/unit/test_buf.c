// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "user/base/buf.h"

static void adds_are_joined(void **state)
{
	struct buf b = buf_init(100);

	(void)state;
	assert_null(b.data);
	assert_int_equal(buf_puts(&b, "one"), 0);
	assert_int_equal(buf_add(&b, "\0x", 2), 0);
	assert_int_equal(buf_printf(&b, "%d-%s", 42, "two"), 0);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, "one\0x42-two", 12);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 100);
}

static void the_cap_holds_to_the_byte(void **state)
{
	struct buf b = buf_init(5);

	(void)state;
	assert_int_equal(buf_puts(&b, "12345"), 0);
	assert_int_equal(buf_puts(&b, ""), 0);
	assert_int_equal(buf_puts(&b, "6"), -E2BIG);
	assert_string_equal(b.data, "12345");
	buf_free(&b);

	b = buf_init(5);
	assert_int_equal(buf_printf(&b, "%s", "123456"), -E2BIG);
	assert_int_equal(b.len, 0);
	buf_free(&b);

	b = buf_init(0);
	assert_int_equal(buf_puts(&b, "x"), -E2BIG);
	buf_free(&b);
}

static void a_failure_sticks(void **state)
{
	struct buf b = buf_init(4);

	(void)state;
	assert_int_equal(buf_puts(&b, "12345"), -E2BIG);
	assert_int_equal(buf_puts(&b, "1"), -E2BIG);
	assert_int_equal(buf_printf(&b, "1"), -E2BIG);
	assert_int_equal(b.failed, -E2BIG);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void growth_keeps_the_content(void **state)
{
	struct buf b = buf_init(1 << 20);
	char line[16];
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		assert_int_equal(buf_printf(&b, "%05d\n", i), 0);
	assert_int_equal(b.len, 60000);
	for (i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "%05d\n", i);
		assert_memory_equal(b.data + 6L * i, line, 6);
	}
	buf_free(&b);
}

/* Writes @len bytes of 'x' into a temporary file whose name is put into @path. */
static void write_file(char *path, size_t len)
{
	char *data = malloc(len + 1);
	int fd = mkstemp(path);

	assert_non_null(data);
	assert_true(fd >= 0);
	memset(data, 'x', len + 1);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
	free(data);
}

static void files_are_read_up_to_the_cap(void **state)
{
	static const size_t lens[] = { 0, 1, 16383, 16384, 16385, 50000 };
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char path[] = "/tmp/situ-buf.XXXXXX";

		write_file(path, lens[i]);
		assert_int_equal(buf_read_file(&b, path, lens[i]), 0);
		assert_int_equal(b.len, lens[i]);
		assert_non_null(b.data);
		assert_int_equal(strlen(b.data), lens[i]);
		buf_free(&b);
		if (lens[i]) {
			assert_int_equal(buf_read_file(&b, path, lens[i] - 1), -E2BIG);
			buf_free(&b);
		}
		unlink(path);
	}
}

static void unreadable_files_are_errors(void **state)
{
	struct buf b;

	(void)state;
	assert_int_equal(buf_read_file(&b, "/nonexistent/file", 10), -ENOENT);
	buf_free(&b);
	assert_int_equal(buf_read_file(&b, "/", 10), -EISDIR);
	buf_free(&b);
	/* A file whose size the kernel does not tell, and one that never ends. */
	assert_int_equal(buf_read_file(&b, "/proc/self/stat", 4096), 0);
	assert_true(b.len > 10);
	buf_free(&b);
	assert_int_equal(buf_read_file(&b, "/dev/zero", 100000), -E2BIG);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_are_joined),
		cmocka_unit_test(the_cap_holds_to_the_byte),
		cmocka_unit_test(a_failure_sticks),
		cmocka_unit_test(growth_keeps_the_content),
		cmocka_unit_test(files_are_read_up_to_the_cap),
		cmocka_unit_test(unreadable_files_are_errors),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
