// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/tree.h"
#include "user/collect/procfs.h"

#define RECORDED "tests/sysroot/hybrid"

static void recorded_files_are_read(void **state)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), tick = NSEC_PER_SEC / (u64)sysconf(_SC_CLK_TCK);
	struct proc_memory memory;
	char id[PROCFS_BOOT_ID];
	u64 ns;

	(void)state;
	assert_int_equal(procfs_memory(RECORDED, 0, &memory), 0);
	assert_int_equal(memory.rss_bytes, 448 * page);
	assert_int_equal(memory.file_bytes, 421 * page);
	assert_int_equal(procfs_memory(RECORDED, 15825, &memory), 0);
	assert_int_equal(memory.rss_bytes, 459 * page);
	assert_int_equal(procfs_start_ns(RECORDED, 15824, &ns), 0);
	assert_int_equal(ns, 192786 * tick);
	assert_int_equal(procfs_uptime_ns(RECORDED, &ns), 0);
	assert_int_equal(ns, 1931880000000ULL);
	assert_int_equal(procfs_steal_ns(RECORDED, &ns), 0);
	assert_int_equal(ns, 96 * tick);
	assert_int_equal(procfs_boot_id(RECORDED, id), 0);
	assert_string_equal(id, "bc766d1a-31f8-4b8a-936d-1db9f3297e66");
}

static void this_machine_is_read(void **state)
{
	struct proc_memory memory;
	char id[PROCFS_BOOT_ID];
	u64 start, uptime, steal;

	(void)state;
	assert_int_equal(procfs_memory("", 0, &memory), 0);
	assert_true(memory.rss_bytes > memory.file_bytes);
	assert_int_equal(procfs_start_ns("", 0, &start), 0);
	assert_int_equal(procfs_uptime_ns("", &uptime), 0);
	assert_true(start <= uptime);
	assert_int_equal(procfs_steal_ns("", &steal), 0);
	assert_int_equal(procfs_boot_id("", id), 0);
}

static void a_missing_process_is_told(void **state)
{
	struct proc_memory memory;
	u64 ns;

	(void)state;
	assert_int_equal(procfs_memory(RECORDED, 4711, &memory), -ENOENT);
	assert_int_equal(procfs_start_ns(RECORDED, 4711, &ns), -ENOENT);
	assert_int_equal(procfs_uptime_ns("/nowhere", &ns), -ENOENT);
}

static void broken_files_are_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"\n",
		"cpu",
		"cpu 1 2 3",
		"1",
		"-",
		"1 (a b",
		"1 (x) R 1 2",
		"zzz 1 2 3 4 5 6 7 8",
		"bc766d1a-31f8-4b8a-936d-1db9f3297e6",
		"bc766d1a-31f8-4b8a-936d-1db9f3297e666",
	};
	char root[TREE_ROOT];
	struct proc_memory memory;
	char id[PROCFS_BOOT_ID];
	size_t i;
	u64 ns;

	(void)state;
	tree_open(root);
	tree_mkdir(root, "proc/sys/kernel/random");
	tree_mkdir(root, "proc/7");
	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		tree_put(root, "proc/stat", broken[i]);
		tree_put(root, "proc/uptime", broken[i]);
		tree_put(root, "proc/sys/kernel/random/boot_id", broken[i]);
		tree_put(root, "proc/7/stat", broken[i]);
		tree_put(root, "proc/7/statm", broken[i]);
		assert_int_equal(procfs_steal_ns(root, &ns), -EBADMSG);
		assert_int_equal(procfs_uptime_ns(root, &ns), -EBADMSG);
		assert_int_equal(procfs_boot_id(root, id), -EBADMSG);
		assert_int_equal(procfs_start_ns(root, 7, &ns), -EBADMSG);
		if (!strstr(broken[i], "2 3"))
			assert_int_equal(procfs_memory(root, 7, &memory), -EBADMSG);
	}
	/* A process may call itself anything. */
	tree_put(root, "proc/7/stat",
		 "7 (a) R 1) S 1 7 7 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 300 9 9\n");
	assert_int_equal(procfs_start_ns(root, 7, &ns), 0);
	assert_int_equal(ns, 300 * (NSEC_PER_SEC / (u64)sysconf(_SC_CLK_TCK)));
	/* More shared than resident: the kernel does not read both at once. */
	tree_put(root, "proc/7/statm", "9 3 4 0 0 0 0\n");
	assert_int_equal(procfs_memory(root, 7, &memory), 0);
	assert_int_equal(memory.file_bytes, memory.rss_bytes);
	tree_close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_files_are_read),
		cmocka_unit_test(this_machine_is_read),
		cmocka_unit_test(a_missing_process_is_told),
		cmocka_unit_test(broken_files_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
