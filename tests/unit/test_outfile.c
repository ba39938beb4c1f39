// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/random_run.h"
#include "user/base/buf.h"
#include "user/export/outfile.h"
#include "user/export/when.h"

#define SEED 20250131

static void test_when(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-02-03",
		"2026-02-03T04:05:06",
		"2026-13-03T04:05:06Z",
		"2026-02-03T04:05:06+01:00",
		"2026-02-03T04:05:06.1234567890Z",
		"2026-02-03T04:05:06ZZ",
		"1969-12-31T23:59:59Z",
		"9999-01-01T00:00:00Z",
	};
	char text[WHEN_TEXT];
	u64 ns, seed = SEED;
	size_t i;
	(void)state;

	assert_string_equal(when_format(text, 1770091506123456789ULL),
			    "2026-02-03T04:05:06.123456789Z");
	assert_int_equal(when_parse("2026-02-03T04:05:06Z", &ns), 0);
	assert_int_equal(ns, 1770091506000000000ULL);
	assert_int_equal(when_parse("2026-02-03T04:05:06.5Z", &ns), 0);
	assert_int_equal(ns, 1770091506500000000ULL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(when_parse(bad[i], &ns), -1);
	for (i = 0; i < 1000; i++) {
		u64 at = random_u64(&seed) >> 1;

		assert_int_equal(when_parse(when_format(text, at), &ns), 0);
		assert_int_equal(ns, at);
	}
}

static void content_is(const char *path, const char *text)
{
	struct buf got;

	assert_int_equal(buf_read_file(&got, path, 1 << 16), 0);
	assert_string_equal(got.data, text);
	buf_free(&got);
}

static void test_outfile(void **state)
{
	char dir[] = "/tmp/situ-test-export-XXXXXX", path[64], link[64];
	struct err err = { 0 };
	struct outfile file;
	struct stat st;
	(void)state;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.json", dir);
	snprintf(link, sizeof(link), "%s/link.json", dir);
	assert_int_equal(outfile_open(&file, path, &err), 0);
	assert_int_equal(access(path, F_OK), -1); /* not before it is whole */
	fputs("first", file.out);
	assert_int_equal(outfile_close(&file, 0, &err), 0);
	content_is(path, "first");

	assert_int_equal(symlink("run.json", link), 0);
	assert_int_equal(outfile_open(&file, link, &err), 0);
	fputs("second", file.out);
	content_is(path, "first");
	assert_int_equal(outfile_close(&file, 0, &err), 0);
	content_is(path, "second");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));

	assert_int_equal(outfile_open(&file, path, &err), 0);
	fputs("third", file.out);
	assert_int_equal(outfile_close(&file, -1, &err), -1);
	content_is(path, "second");
	unlink(link);
	unlink(path);
	assert_int_equal(rmdir(dir), 0); /* and nothing else is left in it */
}

static void test_outfile_in_place(void **state)
{
	struct err err = { 0 };
	struct outfile file;
	struct stat st;
	(void)state;

	assert_int_equal(outfile_open(&file, "/dev/null", &err), 0);
	assert_null(file.temporary);
	assert_int_equal(outfile_close(&file, 0, &err), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode)); /* a rename would have replaced it */
	assert_int_equal(outfile_open(&file, "/dev/full", &err), 0);
	fputs("x", file.out);
	assert_int_equal(outfile_close(&file, 0, &err), -1);
	assert_non_null(strstr(err.text, "cannot write '/dev/full': No space left on device"));
	err = (struct err){ 0 };
	assert_int_equal(outfile_open(&file, "/tmp", &err), -1);
	assert_non_null(strstr(err.text, "Is a directory"));
	err = (struct err){ 0 };
	assert_int_equal(outfile_open(&file, "/nonexistent/run.json", &err), -1);
	assert_non_null(strstr(err.text, "No such file or directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_outfile),
		cmocka_unit_test(test_outfile_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
