// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/cmdgroup.h"

#define CMDGROUP_PREFIX "situ-record."

void cmdgroup_remove(const struct cgroupfs *fs, const char *path)
{
	char at[PATH_MAX];
	int tree;

	for (tree = 0; tree < CGROUP_TREES; tree++) {
		const char *mount = cgroupfs_mount(fs, tree);

		if (!mount)
			continue;
		snprintf(at, sizeof(at), "%s%s", mount, path);
		/* Not there, or not empty: somebody still runs in it. */
		(void)rmdir(at);
	}
}

/* Of another one that has just begun, the cgroup is still empty: only its process tells. */
static bool left_behind(const char *name)
{
	long pid;

	if (!text_starts(name, CMDGROUP_PREFIX))
		return false;
	pid = strtol(name + strlen(CMDGROUP_PREFIX), NULL, 10);
	return pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH;
}

/* A recording that was killed could not remove its own. @mount: NULL where there is none. */
static void remove_old(const struct cgroupfs *fs, const char *mount)
{
	const struct dirent *entry;
	char path[NAME_MAX + 2];
	DIR *dir = mount ? opendir(mount) : NULL;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!left_behind(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/%s", entry->d_name);
		cmdgroup_remove(fs, path);
	}
	closedir(dir);
}

int cmdgroup_make(const struct cgroupfs *fs, char path[CMDGROUP_PATH_MAX], struct err *err)
{
	int tree;

	for (tree = 0; tree < CGROUP_TREES; tree++)
		remove_old(fs, cgroupfs_mount(fs, tree));
	snprintf(path, CMDGROUP_PATH_MAX, "/" CMDGROUP_PREFIX "%d", getpid());
	return cgroup_make(fs, path, err);
}
