// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/tree.h"
#include "user/collect/cgroupfs.h"

static struct cgroupfs *open_recorded(const char *which)
{
	struct cgroupfs *fs;
	char root[64];

	snprintf(root, sizeof(root), "tests/sysroot/%s", which);
	assert_int_equal(cgroupfs_open(&fs, root), 0);
	assert_string_equal(cgroupfs_sysroot(fs), root);
	return fs;
}

static void hierarchies_are_found(void **state)
{
	struct cgroupfs *fs = open_recorded("hybrid");

	(void)state;
	assert_int_equal(cgroupfs_mode(fs), CGROUP_MODE_HYBRID);
	assert_string_equal(cgroupfs_mount(fs, CGROUP_V2),
			    "tests/sysroot/hybrid/sys/fs/cgroup/unified");
	assert_string_equal(cgroupfs_mount(fs, CGROUP_V1_CPU),
			    "tests/sysroot/hybrid/sys/fs/cgroup/cpu");
	assert_string_equal(cgroupfs_mount(fs, CGROUP_V1_SYSTEMD),
			    "tests/sysroot/hybrid/sys/fs/cgroup/systemd");
	cgroupfs_close(fs);

	fs = open_recorded("unified");
	assert_int_equal(cgroupfs_mode(fs), CGROUP_MODE_UNIFIED);
	assert_string_equal(cgroupfs_mount(fs, CGROUP_V2), "tests/sysroot/unified/sys/fs/cgroup");
	assert_null(cgroupfs_mount(fs, CGROUP_V1_MEMORY));
	cgroupfs_close(fs);

	fs = open_recorded("v1");
	assert_int_equal(cgroupfs_mode(fs), CGROUP_MODE_V1);
	assert_null(cgroupfs_mount(fs, CGROUP_V2));
	assert_string_equal(cgroupfs_mount(fs, CGROUP_V1_CPU),
			    cgroupfs_mount(fs, CGROUP_V1_CPUACCT));
	assert_null(cgroupfs_mount(fs, CGROUP_V1_MEMORY));
	cgroupfs_close(fs);
}

static void without_a_hierarchy_it_fails(void **state)
{
	struct cgroupfs *fs;
	char root[TREE_ROOT];

	(void)state;
	assert_int_equal(cgroupfs_open(&fs, "/nowhere"), -ENOENT);
	assert_null(fs);
	tree_open(root);
	tree_mkdir(root, "proc/self");
	tree_put(root, "proc/self/mounts", "x\n\\\n/ / ext4\ncgroup /c\n");
	assert_int_equal(cgroupfs_open(&fs, root), -ENOENT);
	assert_null(fs);
	tree_close(root);
}

static void ids_and_paths_go_both_ways(void **state)
{
	struct cgroupfs *fs = open_recorded("hybrid");
	char path[CGROUPFS_PATH_MAX], small[9];
	u64 id;

	(void)state;
	assert_int_equal(cgroupfs_id(fs, CGROUP_V2, "/shop/web", &id), 0);
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, id, path, sizeof(path)), 0);
	assert_string_equal(path, "/shop/web");
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, id, small, sizeof(small)), -ENAMETOOLONG);
	assert_int_equal(cgroupfs_id(fs, CGROUP_V2, "/", &id), 0);
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, id, path, sizeof(path)), 0);
	assert_string_equal(path, "/");
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, 3, path, sizeof(path)), -ENOENT);
	assert_int_equal(cgroupfs_id(fs, CGROUP_V2, "/shop/none", &id), -ENOENT);
	cgroupfs_close(fs);

	fs = open_recorded("v1");
	assert_int_equal(cgroupfs_id(fs, CGROUP_V2, "/", &id), -ENOENT);
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, 2, path, sizeof(path)), -ENOENT);
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, 1, path, sizeof(path)), 0);
	assert_string_equal(path, "/");
	assert_int_equal(cgroupfs_path(fs, CGROUP_V2, 1, small, 1), -ENAMETOOLONG);
	cgroupfs_close(fs);
}

static void paths_do_not_climb(void **state)
{
	static const char *const bad[] = { "", "shop", "/..", "/../..", "/shop/../..", "/a/../b" };
	struct cgroupfs *fs = open_recorded("hybrid");
	struct cgroup_memory memory;
	struct cgroup_cpu cpu;
	struct cgroup_io io;
	char full[64];
	size_t i;
	u64 id;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(cgroupfs_id(fs, CGROUP_V2, bad[i], &id), -EINVAL);
		assert_int_equal(cgroupfs_cpu(fs, bad[i], &cpu), -EINVAL);
		assert_int_equal(cgroupfs_memory(fs, bad[i], &memory), -EINVAL);
		assert_int_equal(cgroupfs_io(fs, bad[i], &io, 1), -EINVAL);
	}
	assert_int_equal(cgroupfs_file(fs, CGROUP_V2, "/..a", "f", full, sizeof(full)), 0);
	assert_int_equal(cgroupfs_file(fs, CGROUP_V2, "/shop/web", "cpu.stat", full, 40),
			 -ENAMETOOLONG);
	cgroupfs_close(fs);
}

static void cpu_comes_from_the_best_file(void **state)
{
	struct cgroupfs *fs = open_recorded("hybrid");
	struct cgroup_cpu cpu;

	(void)state;
	assert_int_equal(cgroupfs_cpu(fs, "/shop/web", &cpu), 0);
	assert_int_equal(cpu.usage_ns, 440050000);
	assert_int_equal(cpu.nr_throttled, 0);
	assert_int_equal(cgroupfs_cpu(fs, "/shop/none", &cpu), -ENOENT);
	cgroupfs_close(fs);

	fs = open_recorded("unified");
	assert_int_equal(cgroupfs_cpu(fs, "/system.slice/nginx.service", &cpu), 0);
	assert_int_equal(cpu.usage_ns, 7340019000);
	assert_int_equal(cpu.nr_throttled, 23);
	assert_int_equal(cpu.throttled_ns, 1700003000);
	cgroupfs_close(fs);

	fs = open_recorded("v1");
	assert_int_equal(cgroupfs_cpu(fs, "/docker/3f4d1c0e8a7b", &cpu), 0);
	assert_int_equal(cpu.usage_ns, 4700000011);
	assert_int_equal(cpu.nr_throttled, 7);
	assert_int_equal(cpu.throttled_ns, 190000019);
	cgroupfs_close(fs);
}

static void memory_tells_its_source(void **state)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE);
	struct cgroupfs *fs = open_recorded("hybrid");
	struct cgroup_memory memory;

	(void)state;
	assert_int_equal(cgroupfs_memory(fs, "/shop/web", &memory), 0);
	assert_int_equal(memory.source, MEMORY_V1);
	assert_int_equal(memory.bytes, 1110016);
	assert_int_equal(memory.peak_bytes, 1114112);
	assert_int_equal(memory.anon_bytes, 217088);
	assert_int_equal(memory.file_bytes, 49152);
	/* No memory cgroup of that name, and one that is not where the processes are. */
	assert_int_equal(cgroupfs_memory(fs, "/shop/lone", &memory), 0);
	assert_int_equal(memory.source, MEMORY_RSS);
	assert_int_equal(memory.bytes, 448 * page);
	assert_int_equal(cgroupfs_memory(fs, "/shop/stray", &memory), 0);
	assert_int_equal(memory.source, MEMORY_RSS);
	assert_int_equal(memory.bytes, 459 * page);
	assert_int_equal(memory.file_bytes + memory.anon_bytes, memory.bytes);
	assert_int_equal(cgroupfs_memory(fs, "/shop/none", &memory), -ENOENT);
	assert_int_equal(memory.source, MEMORY_NONE);
	cgroupfs_close(fs);

	fs = open_recorded("unified");
	assert_int_equal(cgroupfs_memory(fs, "/system.slice/nginx.service", &memory), 0);
	assert_int_equal(memory.source, MEMORY_V2);
	assert_int_equal(memory.bytes, 73408512);
	assert_int_equal(memory.peak_bytes, 80740352);
	assert_int_equal(memory.anon_bytes, 20971520);
	assert_int_equal(memory.file_bytes, 50331648);
	cgroupfs_close(fs);
}

static void io_is_split_by_device(void **state)
{
	struct cgroupfs *fs = open_recorded("unified");
	struct cgroup_io io[4];

	(void)state;
	assert_int_equal(cgroupfs_io(fs, "/system.slice/nginx.service", io, 4), 3);
	assert_int_equal(io[0].major, 254);
	assert_int_equal(io[0].write_bytes, 851968);
	assert_int_equal(io[0].writes, 13);
	assert_int_equal(io[0].read_bytes, 1048576);
	assert_int_equal(io[0].reads, 17);
	assert_int_equal(io[1].minor, 16);
	assert_int_equal(io[1].reads + io[1].writes, 0);
	assert_int_equal(io[2].read_bytes, 4096);
	assert_int_equal(cgroupfs_io(fs, "/system.slice/nginx.service", io, 1), 1);
	cgroupfs_close(fs);

	fs = open_recorded("v1");
	assert_int_equal(cgroupfs_io(fs, "/docker/3f4d1c0e8a7b", io, 4), 1);
	assert_int_equal(io[0].write_bytes, 851968);
	assert_int_equal(io[0].writes, 13);
	assert_int_equal(io[0].reads, 3);
	cgroupfs_close(fs);

	/* Linux 6.18 has the v1 files and says nothing in them. */
	fs = open_recorded("hybrid");
	assert_int_equal(cgroupfs_io(fs, "/shop/web", io, 4), -ENOENT);
	cgroupfs_close(fs);
}

struct pids {
	int pid[8];
	size_t nr;
	int stop;
};

static int keep_pid(int pid, void *data)
{
	struct pids *pids = data;

	if (pids->nr < ARRAY_SIZE(pids->pid))
		pids->pid[pids->nr++] = pid;
	return pids->stop;
}

static void processes_are_visited(void **state)
{
	struct cgroupfs *fs = open_recorded("hybrid");
	struct pids pids = { .nr = 0 };

	(void)state;
	assert_int_equal(cgroupfs_procs(fs, CGROUP_V2, "/shop/web", 0, keep_pid, &pids), 0);
	assert_int_equal(pids.nr, 1);
	assert_int_equal(pids.pid[0], 15824);
	pids.nr = 0;
	assert_int_equal(cgroupfs_procs(fs, CGROUP_V2, "/shop/web", 1, keep_pid, &pids), 0);
	assert_int_equal(pids.nr, 2);
	pids = (struct pids){ .stop = 5 };
	assert_int_equal(cgroupfs_procs(fs, CGROUP_V2, "/shop", 1, keep_pid, &pids), 5);
	assert_int_equal(pids.nr, 1);
	assert_int_equal(cgroupfs_procs(fs, CGROUP_V2, "/none", 1, keep_pid, &pids), -ENOENT);
	cgroupfs_close(fs);
}

static void broken_files_are_refused(void **state)
{
	static const char *const cpu_stat[] = { "",
						"usage_usec",
						"usage_usec \n",
						"usage_usec -1\n",
						"usage_usec 1x\n",
						"xusage_usec 1\n",
						"usage_usec 99999999999999999999999\n",
						"usage_usec 1\nnr_throttled x\n" };
	static const char *const io_stat[] = { "x\n", "1:2 rbytes=x\n", "1: rbytes=1\n",
					       "1:2 wios=-3\n" };
	char root[TREE_ROOT];
	struct cgroup_memory memory;
	struct cgroup_cpu cpu;
	struct cgroup_io io;
	struct cgroupfs *fs;
	size_t i;

	(void)state;
	tree_open(root);
	tree_mkdir(root, "proc/self");
	tree_mkdir(root, "c/s");
	tree_put(root, "proc/self/mounts", "n /c cgroup2 rw 0 0\n");
	assert_int_equal(cgroupfs_open(&fs, root), 0);
	for (i = 0; i < ARRAY_SIZE(cpu_stat); i++) {
		tree_put(root, "c/s/cpu.stat", cpu_stat[i]);
		assert_int_equal(cgroupfs_cpu(fs, "/s", &cpu), -EBADMSG);
	}
	for (i = 0; i < ARRAY_SIZE(io_stat); i++) {
		tree_put(root, "c/s/io.stat", io_stat[i]);
		assert_int_equal(cgroupfs_io(fs, "/s", &io, 1), -EBADMSG);
	}
	tree_put(root, "c/s/memory.current", "max\n");
	assert_int_equal(cgroupfs_memory(fs, "/s", &memory), -EBADMSG);
	tree_put(root, "c/s/memory.current", "1\n");
	tree_put(root, "c/s/memory.stat", "anon 1\n");
	assert_int_equal(cgroupfs_memory(fs, "/s", &memory), -EBADMSG);
	tree_put(root, "c/s/memory.stat", "anon 1\nfile 2\n");
	assert_int_equal(cgroupfs_memory(fs, "/s", &memory), 0);
	cgroupfs_close(fs);
	tree_close(root);
}

static void broken_v1_files_are_refused(void **state)
{
	static const char *const service[] = { "x\n",	       "8:0\n",	       "8:0 Read\n",
					       "8:0 Read x\n", "8 Read 1\n",   "8:x Read 1\n",
					       ":0 Read 1\n",  "8:0 Read -1\n" };
	static const char *const throttled[] = { "nr_throttled x\n",
						 "nr_throttled 1\nthrottled_time -\n" };
	char root[TREE_ROOT];
	struct cgroupfs *fs;
	struct cgroup_cpu cpu;
	struct cgroup_io io;
	size_t i;

	(void)state;
	tree_open(root);
	tree_mkdir(root, "proc/self");
	tree_mkdir(root, "b/s");
	tree_put(root, "proc/self/mounts", "n /b cgroup rw,cpu,cpuacct,blkio,memory 0 0\n");
	assert_int_equal(cgroupfs_open(&fs, root), 0);
	for (i = 0; i < ARRAY_SIZE(service); i++) {
		tree_put(root, "b/s/blkio.throttle.io_service_bytes_recursive", service[i]);
		assert_int_equal(cgroupfs_io(fs, "/s", &io, 1), -EBADMSG);
	}
	tree_put(root, "b/s/cpuacct.usage", "1.5\n");
	assert_int_equal(cgroupfs_cpu(fs, "/s", &cpu), -EBADMSG);
	tree_put(root, "b/s/cpuacct.usage", "17\n");
	for (i = 0; i < ARRAY_SIZE(throttled); i++) {
		tree_put(root, "b/s/cpu.stat", throttled[i]);
		assert_int_equal(cgroupfs_cpu(fs, "/s", &cpu), -EBADMSG);
	}
	cgroupfs_close(fs);
	tree_close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hierarchies_are_found),
		cmocka_unit_test(without_a_hierarchy_it_fails),
		cmocka_unit_test(ids_and_paths_go_both_ways),
		cmocka_unit_test(paths_do_not_climb),
		cmocka_unit_test(cpu_comes_from_the_best_file),
		cmocka_unit_test(memory_tells_its_source),
		cmocka_unit_test(io_is_split_by_device),
		cmocka_unit_test(processes_are_visited),
		cmocka_unit_test(broken_files_are_refused),
		cmocka_unit_test(broken_v1_files_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
