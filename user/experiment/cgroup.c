// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/experiment/cgroup.h"

#define REMOVE_WITHIN_NS (5 * NSEC_PER_SEC)
#define REMOVE_STEP_NS	 (5 * NSEC_PER_MSEC)
#define STAT_BYTES	 4096

/* Hierarchies in which a service gets a cgroup, v2 first. */
static const enum cgroup_tree trees[] = {
	CGROUP_V2, CGROUP_V1_CPU, CGROUP_V1_CPUACCT, CGROUP_V1_MEMORY, CGROUP_V1_BLKIO,
};

/* @path of @tree as a file name, with @file behind it; NULL when the tree is not mounted. */
static const char *file_name(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
			     const char *file, char *to, size_t size)
{
	const char *mount = cgroupfs_mount(fs, tree);

	if (!mount ||
	    (size_t)snprintf(to, size, "%s%s%s%s", mount, path, *file ? "/" : "", file) >= size)
		return NULL;
	return to;
}

/* Writes @text to @file of cgroup @path. 0 (also when the tree is not mounted) or -errno. */
static int write_file(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		      const char *file, const char *text)
{
	char name[CGROUPFS_PATH_MAX];
	int fd, failed = 0;

	if (!file_name(fs, tree, path, file, name, sizeof(name)))
		return 0;
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		failed = -errno;
	close(fd);
	return failed;
}

/*
 * Asks for the controllers that account for a service below @path. One by one and without a
 * complaint: which of them there are is the machine's affair, and `situ doctor` tells.
 */
static void enable_controllers(const struct cgroupfs *fs, const char *path)
{
	static const char *const controllers[] = { "+cpu", "+memory", "+io" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(controllers); i++)
		write_file(fs, CGROUP_V2, path, "cgroup.subtree_control", controllers[i]);
}

static void enable_above(const struct cgroupfs *fs, const char *path)
{
	char parent[CGROUPFS_PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	enable_controllers(fs, parent);
}

int cgroup_make(const struct cgroupfs *fs, const char *path, struct err *err)
{
	char name[CGROUPFS_PATH_MAX];
	size_t i;

	enable_above(fs, path);
	for (i = 0; i < ARRAY_SIZE(trees); i++) {
		if (!file_name(fs, trees[i], path, "", name, sizeof(name)))
			continue;
		/* Controllers that are mounted together share a directory: it exists then. */
		if (mkdir(name, 0755) && (errno != EEXIST || trees[i] == CGROUP_V2))
			return err_set(
				err, EXIT_ENVIRONMENT,
				"cannot make the cgroup %s: %s: run as root where the cgroup "
				"file system is writable",
				name, strerror(errno));
	}
	return 0;
}

int cgroup_join(const struct cgroupfs *fs, const char *path)
{
	size_t i;
	int failed = 0;

	for (i = 0; i < ARRAY_SIZE(trees) && !failed; i++)
		failed = write_file(fs, trees[i], path, "cgroup.procs", "0");
	return failed;
}

static int kill_one(int pid, void *data)
{
	(void)data;
	/* 0 stands for a process of another pid namespace: to kill(2) it would mean ourselves. */
	if (pid > 1 && pid != getpid())
		kill(pid, SIGKILL);
	return 0;
}

static void kill_all(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path)
{
	/* One atomic kill since Linux 5.14; a fork bomb outruns the list. */
	if (tree == CGROUP_V2 && write_file(fs, tree, path, "cgroup.kill", "1") == 0)
		return;
	cgroupfs_procs(fs, tree, path, 1, kill_one, NULL);
}

/* Removes the directory @name and the directories below it. 0 or -errno. */
static int remove_directories(const char *name)
{
	char below[CGROUPFS_PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(name);

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(d))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(below, sizeof(below), "%s/%s", name, entry->d_name) <
		    sizeof(below))
			remove_directories(below);
	}
	closedir(d);
	return rmdir(name) && errno != ENOENT ? -errno : 0;
}

static int remove_tree(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path)
{
	u64 until_ns = clock_mono_ns() + REMOVE_WITHIN_NS;
	char name[CGROUPFS_PATH_MAX];
	int failed;

	if (!file_name(fs, tree, path, "", name, sizeof(name)) || access(name, F_OK))
		return 0;
	for (;;) {
		kill_all(fs, tree, path);
		failed = remove_directories(name);
		if (failed != -EBUSY || clock_mono_ns() > until_ns)
			return failed;
		clock_sleep_until(clock_mono_ns() + REMOVE_STEP_NS);
	}
}

/* The directories that a container's engine makes below @path in hierarchies that situ leaves
 * alone. */
static void remove_elsewhere(const char *path)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char name[CGROUPFS_PATH_MAX];
	struct mntent *m;

	while (mounts && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, "cgroup") == 0 &&
		    (size_t)snprintf(name, sizeof(name), "%s%s", m->mnt_dir, path) < sizeof(name))
			remove_directories(name);
	}
	if (mounts)
		endmntent(mounts);
}

int cgroup_remove(const struct cgroupfs *fs, const char *path)
{
	int failed = 0, ret;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trees); i++) {
		ret = remove_tree(fs, trees[i], path);
		failed = ret ? ret : failed;
	}
	if (!failed)
		remove_elsewhere(path);
	return failed;
}

/* The number behind "oom_kill " at the start of a line of @file. 0 or -ENOENT. */
static int read_oom_kills(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
			  const char *file, u64 *kills)
{
	char name[CGROUPFS_PATH_MAX];
	const char *line;
	struct buf b;
	int failed = -ENOENT;

	if (!file_name(fs, tree, path, file, name, sizeof(name)) ||
	    buf_read_file(&b, name, STAT_BYTES))
		return -ENOENT;
	line = b.data ? strstr(b.data, "oom_kill ") : NULL;
	if (line && sscanf(line, "oom_kill %" SCNu64, kills) == 1)
		failed = 0;
	buf_free(&b);
	return failed;
}

int cgroup_oom_kills(const struct cgroupfs *fs, const char *path, u64 *kills)
{
	*kills = 0;
	if (read_oom_kills(fs, CGROUP_V2, path, "memory.events", kills) == 0)
		return 0;
	return read_oom_kills(fs, CGROUP_V1_MEMORY, path, "memory.oom_control", kills);
}
