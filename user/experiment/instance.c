// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/err.h"
#include "user/collect/procfs.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/instance.h"
#include "user/experiment/scratch.h"

int instance_self(char name[INSTANCE_NAME_MAX])
{
	u64 start_ns;
	int failed = procfs_start_ns("", 0, &start_ns);

	if (!failed)
		snprintf(name, INSTANCE_NAME_MAX, "situ.%d.%" PRIu64, getpid(), start_ns);
	return failed;
}

/* Splits @name; false when it is none of ours. */
static bool parse(const char *name, int *pid, u64 *start_ns)
{
	int len = 0;

	return strlen(name) < INSTANCE_NAME_MAX &&
	       sscanf(name, "situ.%9d.%19" SCNu64 "%n", pid, start_ns, &len) == 2 && *pid > 0 &&
	       name[len] == '\0';
}

bool instance_is_name(const char *name)
{
	int pid;
	u64 start_ns;

	return parse(name, &pid, &start_ns);
}

bool instance_alive(const char *name)
{
	char exe[32], target[8];
	u64 start_ns, now_ns;
	int pid;

	if (!parse(name, &pid, &start_ns))
		return false;
	/* A zombie has a start time still, but no memory and so no executable. */
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	if (readlink(exe, target, sizeof(target)) < 0)
		return false;
	return procfs_start_ns("", pid, &now_ns) == 0 && now_ns == start_ns;
}

/* Only what is ours: in a directory like /tmp, anybody may have taken the name. */
static int remove_scratch(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (st.st_uid != geteuid() || !S_ISDIR(st.st_mode))
		return -EPERM;
	return scratch_remove(path);
}

int instance_remove(const struct cgroupfs *fs, const char *name)
{
	char path[INSTANCE_NAME_MAX + 8];
	int failed, scratch;

	snprintf(path, sizeof(path), "/%s", name);
	failed = cgroup_remove(fs, path);
	snprintf(path, sizeof(path), INSTANCE_SCRATCH "/%s", name);
	scratch = remove_scratch(path);
	return failed ? failed : scratch;
}

/* Removes the dead instances that have an entry in the directory @dir. */
static unsigned int remove_dead_in(const struct cgroupfs *fs, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned int nr = 0;
	int failed;

	while (d && (entry = readdir(d))) {
		if (!instance_is_name(entry->d_name) || instance_alive(entry->d_name))
			continue;
		failed = instance_remove(fs, entry->d_name);
		if (failed)
			warn("cannot remove all that %s left in %s: %s: remove it by hand",
			     entry->d_name, dir, strerror(-failed));
		nr++;
	}
	if (d)
		closedir(d);
	return nr;
}

unsigned int instance_remove_dead(const struct cgroupfs *fs)
{
	unsigned int nr = 0, i;
	const char *mount;

	for (i = 0; i < CGROUP_TREES; i++) {
		mount = cgroupfs_mount(fs, i);
		if (mount)
			nr += remove_dead_in(fs, mount);
	}
	return nr + remove_dead_in(fs, INSTANCE_SCRATCH);
}
