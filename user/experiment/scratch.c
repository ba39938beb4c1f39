// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/experiment/scratch.h"

#define DEPTH_MAX 200 /* each level holds a file descriptor */

int scratch_make(const char *path, mode_t mode)
{
	if (mkdir(path, mode) || chmod(path, mode))
		return -errno;
	return 0;
}

int scratch_make_all(const char *path)
{
	char *copy = strdup(path), *slash = copy;
	int failed = copy ? 0 : -ENOMEM;

	while (!failed && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			failed = -errno;
		if (slash)
			*slash = '/';
	}
	free(copy);
	return failed;
}

static int remove_entry(int parent, const char *name, int depth);

/* Empties the directory @fd, which it closes. */
static int empty(int fd, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	int failed = 0, ret;

	if (!d) {
		failed = -errno;
		close(fd);
		return failed;
	}
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		ret = remove_entry(dirfd(d), entry->d_name, depth + 1);
		failed = ret ? ret : failed;
	}
	closedir(d);
	return failed;
}

static int remove_entry(int parent, const char *name, int depth)
{
	int fd, failed;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	failed = empty(fd, depth);
	if (unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT && !failed)
		failed = -errno;
	return failed;
}

int scratch_remove(const char *path)
{
	return remove_entry(AT_FDCWD, path, 0);
}
