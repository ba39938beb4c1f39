/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroup hierarchies of this machine: where they are mounted, which path a cgroup id is, and
 * what the kernel's own files say about a cgroup.
 *
 * A path is always relative to the root of its hierarchy: "/" is the root, "/shop/web" a service.
 */
#ifndef SITU_COLLECT_CGROUPFS_H
#define SITU_COLLECT_CGROUPFS_H

#include "user/base/types.h"

#define CGROUPFS_PATH_MAX 4096 /* enough for every path that cgroupfs_path() writes */

/* One of these hierarchies, each with ids of its own: root is 1 in all of them. */
enum cgroup_tree {
	CGROUP_V2,
	CGROUP_V1_CPU,
	CGROUP_V1_CPUACCT,
	CGROUP_V1_MEMORY,
	CGROUP_V1_BLKIO,
	CGROUP_V1_PIDS,
	CGROUP_V1_SYSTEMD, /* "name=systemd": no controller */
	CGROUP_TREES,
};

enum cgroup_mode {
	CGROUP_MODE_UNIFIED, /* version 2 alone */
	CGROUP_MODE_HYBRID,  /* version 2 next to version 1, which has controllers */
	CGROUP_MODE_V1,	     /* no version 2 hierarchy is mounted */
};

struct cgroupfs;

struct cgroup_cpu {
	u64 usage_ns;	  /* user and system time of all that ever ran in it or below */
	u64 throttled_ns; /* 0 where no cpu controller covers it */
	u64 nr_throttled;
};

enum memory_source {
	MEMORY_NONE,
	MEMORY_V2,  /* memory.current of the v2 cgroup */
	MEMORY_V1,  /* memory.usage_in_bytes of the v1 cgroup of the same path */
	MEMORY_RSS, /* sum of the processes' resident pages: shared pages count once per process */
};

struct cgroup_memory {
	enum memory_source source;
	u64 bytes;
	u64 peak_bytes; /* 0 where the kernel keeps none: v2 before 5.19, MEMORY_RSS */
	u64 anon_bytes;
	u64 file_bytes;
	u64 faults;	  /* page faults so far; 0 from MEMORY_RSS */
	u64 major_faults; /* of these, with a read from disk */
};

/* Time that at least one task was stalled for want of it (PSI, "some"); 0 without CONFIG_PSI. */
struct cgroup_pressure {
	u64 cpu_ns, io_ns, memory_ns;
};

struct cgroup_io {
	u32 major, minor;
	u64 read_bytes, write_bytes;
	u64 reads, writes;
};

/*
 * Finds the hierarchies in @sysroot/proc/self/mounts ("" is this machine; a test gives a recorded
 * tree). *@fs is NULL on failure: -ENOENT when none is mounted, -ENOMEM or what reading failed
 * with.
 */
int cgroupfs_open(struct cgroupfs **fs, const char *sysroot);
void cgroupfs_close(struct cgroupfs *fs); /* NULL is fine */

enum cgroup_mode cgroupfs_mode(const struct cgroupfs *fs);
const char *cgroupfs_mode_name(enum cgroup_mode mode); /* "unified", "hybrid", "v1" */
const char *cgroupfs_tree_name(enum cgroup_tree tree); /* "v2", "v1 memory", ... */

/* What cgroupfs_open() was given. */
const char *cgroupfs_sysroot(const struct cgroupfs *fs);

/* Where @tree is mounted, with the sysroot in front; NULL when it is not. */
const char *cgroupfs_mount(const struct cgroupfs *fs, enum cgroup_tree tree);

/*
 * Writes the path of the cgroup @id into @path[@size]. Asks the kernel by file handle, which takes
 * CAP_DAC_READ_SEARCH and Linux 5.5; without them walks the tree. 0; -ENOENT when the cgroup
 * is gone or the tree not mounted, whose root is "/" nevertheless; -EXDEV when it lies outside of
 * the mount (a cgroup namespace); -ENAMETOOLONG.
 */
int cgroupfs_path(const struct cgroupfs *fs, enum cgroup_tree tree, u64 id, char *path,
		  size_t size);

/* The id of the cgroup at @path, as bpf_get_current_cgroup_id() gives it. 0 or -errno. */
int cgroupfs_id(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path, u64 *id);

/*
 * Writes the full name of @file of the cgroup @path into @full[@size]. 0; -ENOENT when @tree is
 * not mounted, -EINVAL for a path that is not absolute or climbs up, -ENAMETOOLONG.
 */
int cgroupfs_file(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		  const char *file, char *full, size_t size);

/*
 * CPU time of the cgroup @path and all below it, from the v2 cpu.stat, else from the v1 cpuacct
 * cgroup of the same path. -ENOENT when neither exists, -EBADMSG when the file cannot be read as
 * the kernel documents it.
 */
int cgroupfs_cpu(const struct cgroupfs *fs, const char *path, struct cgroup_cpu *cpu);

/*
 * Memory of the cgroup @path and all below it, from the best source there is, which it names.
 * -ENOENT when no hierarchy has that path.
 */
int cgroupfs_memory(const struct cgroupfs *fs, const char *path, struct cgroup_memory *memory);

/*
 * Stall times of the cgroup @path and all below it, from the v2 *.pressure files. -ENOENT where
 * the kernel keeps none.
 */
int cgroupfs_pressure(const struct cgroupfs *fs, const char *path,
		      struct cgroup_pressure *pressure);

/*
 * I/O of the cgroup @path and all below it by device, from the v2 io.stat, else from the v1 blkio
 * cgroup of the same path: at most @max devices into @io. Returns their number, -ENOENT where
 * nothing accounts for it (version 1 keeps nothing for a device without a limit, since about 6.10),
 * -EBADMSG.
 */
int cgroupfs_io(const struct cgroupfs *fs, const char *path, struct cgroup_io *io, size_t max);

/*
 * Calls @visit for the id of each process in the cgroup @path of @tree, and below it when @below.
 * Stops at and returns the first value other than 0 that @visit returns. 0 or -errno.
 */
int cgroupfs_procs(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path, int below,
		   int (*visit)(int pid, void *data), void *data);

#endif
