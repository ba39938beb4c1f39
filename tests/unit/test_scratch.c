// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "user/experiment/instance.h"
#include "user/experiment/scratch.h"

#define TEXT 4096

static char top[] = "/tmp/situ-unit.XXXXXX";

static const char *in_top(const char *name)
{
	static char path[TEXT];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return scratch_remove(top);
}

static void directories_get_the_mode_asked_for(void **state)
{
	struct stat st;

	(void)state;
	umask(077);
	assert_int_equal(scratch_make(in_top("m"), 0711), 0);
	assert_int_equal(stat(in_top("m"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_int_equal(scratch_make(in_top("m"), 0711), -EEXIST);
	umask(022);
}

static void missing_parents_are_made(void **state)
{
	(void)state;
	assert_int_equal(scratch_make_all(in_top("x/y/z")), 0);
	assert_int_equal(scratch_make_all(in_top("x/y/z")), 0);
	assert_int_equal(access(in_top("x/y/z"), F_OK), 0);
	touch(in_top("file"));
	assert_int_equal(scratch_make_all(in_top("file/z")), -ENOTDIR);
}

/* What a link points to is not ours to remove. */
static void no_link_is_followed(void **state)
{
	char target[TEXT];

	(void)state;
	assert_int_equal(scratch_make_all(in_top("keep")), 0);
	touch(in_top("keep/precious"));
	assert_int_equal(scratch_make_all(in_top("go/deep/er")), 0);
	touch(in_top("go/deep/file"));
	snprintf(target, sizeof(target), "%s/keep", top);
	assert_int_equal(symlink(target, in_top("go/deep/link")), 0);
	assert_int_equal(scratch_remove(in_top("go")), 0);
	assert_int_equal(access(in_top("go"), F_OK), -1);
	assert_int_equal(access(in_top("keep/precious"), F_OK), 0);
	assert_int_equal(scratch_remove(in_top("never-was")), 0);
}

static void names_of_instances(void **state)
{
	char name[INSTANCE_NAME_MAX];

	(void)state;
	assert_int_equal(instance_self(name), 0);
	assert_true(instance_is_name(name));
	assert_true(instance_alive(name));
	assert_false(instance_alive("situ.1.1"));
	assert_false(instance_alive("situ.999999999.5"));
	assert_true(instance_is_name("situ.12.34"));
	assert_false(instance_is_name("situ.12"));
	assert_false(instance_is_name("situ.12.34.db"));
	assert_false(instance_is_name("situ.-12.34"));
	assert_false(instance_is_name("situ.12.34/.."));
	assert_false(instance_is_name("situ.x.y"));
	assert_false(instance_is_name("xsitu.12.34"));
	assert_false(instance_is_name(""));
	assert_false(instance_is_name("situ.0.1"));
	assert_false(instance_is_name("situ.99999999999999999999.99999999999999999999999999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_get_the_mode_asked_for),
		cmocka_unit_test(missing_parents_are_made),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(names_of_instances),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
