/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of services for a group of tests: setup and teardown for cmocka_run_group_tests(). */
#ifndef SITU_TESTS_SAMPLE_NAMES_H
#define SITU_TESTS_SAMPLE_NAMES_H

#include "user/attribute/names.h"
#include "user/collect/cgroupfs.h"

static struct names *names;
static struct cgroupfs *fs;

static int open_names(void **state)
{
	(void)state;
	if (cgroupfs_open(&fs, "tests/sysroot/unified"))
		return -1;
	return names_open(&names, fs, "a");
}

static int close_names(void **state)
{
	(void)state;
	names_close(names);
	cgroupfs_close(fs);
	return 0;
}

#endif
