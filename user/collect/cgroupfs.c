// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/collect/cgroupfs.h"

/* include/linux/exportfs.h: a kernfs file handle is the node's 64-bit id alone (since 5.5). */
#define FILEID_KERNFS 0xfe

#define ROOT_ID	      1 /* of every hierarchy: a kernfs counts its nodes from there */

struct cgroupfs {
	char *mount[CGROUP_TREES]; /* NULL: not mounted */
	int fd[CGROUP_TREES];	   /* of the mount, to ask by handle; -1: walk the tree */
	char *sysroot;
};

/* What tells a hierarchy in the mount table: its type, and for version 1 a mount option. */
static const struct {
	const char *name, *type, *option;
} trees[CGROUP_TREES] = {
	[CGROUP_V2] = { "v2", "cgroup2", NULL },
	[CGROUP_V1_CPU] = { "v1 cpu", "cgroup", "cpu" },
	[CGROUP_V1_CPUACCT] = { "v1 cpuacct", "cgroup", "cpuacct" },
	[CGROUP_V1_MEMORY] = { "v1 memory", "cgroup", "memory" },
	[CGROUP_V1_BLKIO] = { "v1 blkio", "cgroup", "blkio" },
	[CGROUP_V1_PIDS] = { "v1 pids", "cgroup", "pids" },
	[CGROUP_V1_SYSTEMD] = { "v1 systemd", "cgroup", "name=systemd" },
};

const char *cgroupfs_tree_name(enum cgroup_tree tree)
{
	return trees[tree].name;
}

const char *cgroupfs_mode_name(enum cgroup_mode mode)
{
	static const char *const name[] = {
		[CGROUP_MODE_UNIFIED] = "unified",
		[CGROUP_MODE_HYBRID] = "hybrid",
		[CGROUP_MODE_V1] = "v1",
	};

	return name[mode];
}

const char *cgroupfs_sysroot(const struct cgroupfs *fs)
{
	return fs->sysroot;
}

const char *cgroupfs_mount(const struct cgroupfs *fs, enum cgroup_tree tree)
{
	return fs->mount[tree];
}

enum cgroup_mode cgroupfs_mode(const struct cgroupfs *fs)
{
	int tree;

	if (!fs->mount[CGROUP_V2])
		return CGROUP_MODE_V1;
	for (tree = CGROUP_V1_CPU; tree < CGROUP_V1_SYSTEMD; tree++)
		if (fs->mount[tree])
			return CGROUP_MODE_HYBRID;
	return CGROUP_MODE_UNIFIED;
}

/* A hierarchy may be mounted in several places: the first one is the usual one. */
static int note_mount(struct cgroupfs *fs, const struct mntent *m, const char *sysroot)
{
	int tree;

	for (tree = 0; tree < CGROUP_TREES; tree++) {
		if (fs->mount[tree] || strcmp(m->mnt_type, trees[tree].type) != 0)
			continue;
		if (trees[tree].option && !hasmntopt(m, trees[tree].option))
			continue;
		if (asprintf(&fs->mount[tree], "%s%s", sysroot, m->mnt_dir) < 0) {
			fs->mount[tree] = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

static int find_mounts(struct cgroupfs *fs, const char *sysroot)
{
	char file[PATH_MAX], line[8192];
	struct mntent m;
	FILE *table;
	int err = 0;

	if ((size_t)snprintf(file, sizeof(file), "%s/proc/self/mounts", sysroot) >= sizeof(file))
		return -ENAMETOOLONG;
	table = setmntent(file, "re");
	if (!table)
		return -errno;
	while (!err && getmntent_r(table, &m, line, sizeof(line)))
		err = note_mount(fs, &m, sysroot);
	endmntent(table);
	return err;
}

int cgroupfs_open(struct cgroupfs **fs, const char *sysroot)
{
	struct cgroupfs *new = calloc(1, sizeof(*new));
	int tree, found = 0, err;

	*fs = NULL;
	if (!new)
		return -ENOMEM;
	new->sysroot = strdup(sysroot);
	for (tree = 0; tree < CGROUP_TREES; tree++)
		new->fd[tree] = -1;
	err = new->sysroot ? find_mounts(new, sysroot) : -ENOMEM;
	for (tree = 0; !err && tree < CGROUP_TREES; tree++) {
		if (!new->mount[tree])
			continue;
		found = 1;
		/* A recorded tree has other inodes than ids: its "ids" are found by walking. */
		if (!*sysroot)
			new->fd[tree] = open(new->mount[tree], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (!err && !found)
		err = -ENOENT;
	if (err)
		cgroupfs_close(new);
	else
		*fs = new;
	return err;
}

void cgroupfs_close(struct cgroupfs *fs)
{
	int tree;

	if (!fs)
		return;
	for (tree = 0; tree < CGROUP_TREES; tree++) {
		free(fs->mount[tree]);
		if (fs->fd[tree] >= 0)
			close(fs->fd[tree]);
	}
	free(fs->sysroot);
	free(fs);
}

/* Copies what is left of @full behind the mount point of @tree. */
static int below_mount(const struct cgroupfs *fs, enum cgroup_tree tree, const char *full,
		       char *path, size_t size)
{
	size_t len = strlen(fs->mount[tree]);

	if (strncmp(full, fs->mount[tree], len) != 0 || (full[len] && full[len] != '/'))
		return -EXDEV;
	full += len;
	if (!*full)
		full = "/";
	return (size_t)snprintf(path, size, "%s", full) < size ? 0 : -ENAMETOOLONG;
}

/* -ENOENT: there is no such cgroup (any more); -EAGAIN: this way does not work here, walk. */
static int path_by_handle(const struct cgroupfs *fs, enum cgroup_tree tree, u64 id, char *path,
			  size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} ask = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	char link[64], full[CGROUPFS_PATH_MAX];
	struct stat st;
	ssize_t len;
	int fd, err;

	memcpy(ask.room + sizeof(struct file_handle), &id, sizeof(id));
	fd = open_by_handle_at(fs->fd[tree], &ask.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ESTALE || errno == ENOENT ? -ENOENT : -EAGAIN;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, full, sizeof(full) - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	if ((size_t)len == sizeof(full) - 1)
		return -ENAMETOOLONG;
	full[len] = '\0';
	err = below_mount(fs, tree, full, path, size);
	/* Removed since it was opened: the kernel adds " (deleted)", which could be a name, too. */
	if (!err && (stat(full, &st) || st.st_ino != id))
		err = -ENOENT;
	return err;
}

/* @flags: FTS_NOSTAT where nothing but the kind of an entry is needed, which is much cheaper. */
static FTS *open_walk(const char *mount, const char *path, int flags)
{
	char root[PATH_MAX];
	char *roots[] = { root, NULL };

	if ((size_t)snprintf(root, sizeof(root), "%s%s", mount, path) >= sizeof(root)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV | flags, NULL);
}

static int path_by_walk(const struct cgroupfs *fs, enum cgroup_tree tree, u64 id, char *path,
			size_t size)
{
	FTS *walk = open_walk(fs->mount[tree], "", 0);
	int err = -ENOENT;
	FTSENT *entry;

	if (!walk)
		return -errno;
	while ((entry = fts_read(walk))) {
		if (entry->fts_info != FTS_D || entry->fts_statp->st_ino != id)
			continue;
		err = below_mount(fs, tree, entry->fts_path, path, size);
		break;
	}
	fts_close(walk);
	return err;
}

int cgroupfs_path(const struct cgroupfs *fs, enum cgroup_tree tree, u64 id, char *path, size_t size)
{
	int err = -EAGAIN;

	/* The kernel has the root, which owns what has no other owner, mounted or not. */
	if (!fs->mount[tree] && id == ROOT_ID)
		return snprintf(path, size, "/") < (int)size ? 0 : -ENAMETOOLONG;
	if (!fs->mount[tree])
		return -ENOENT;
	if (fs->fd[tree] >= 0)
		err = path_by_handle(fs, tree, id, path, size);
	return err == -EAGAIN ? path_by_walk(fs, tree, id, path, size) : err;
}

int cgroupfs_file(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		  const char *file, char *full, size_t size)
{
	size_t len = strlen(path);

	if (!fs->mount[tree])
		return -ENOENT;
	if (path[0] != '/' || strstr(path, "/../") || (len >= 3 && !strcmp(path + len - 3, "/..")))
		return -EINVAL;
	if ((size_t)snprintf(full, size, "%s%s/%s", fs->mount[tree], path, file) >= size)
		return -ENAMETOOLONG;
	return 0;
}

int cgroupfs_id(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path, u64 *id)
{
	char full[PATH_MAX];
	struct stat st;
	int err = cgroupfs_file(fs, tree, path, "", full, sizeof(full));

	if (err)
		return err;
	if (stat(full, &st))
		return -errno;
	*id = st.st_ino;
	return 0;
}

/* One cgroup's processes. 0 (also when the cgroup is gone), or what @visit returned. */
static int visit_procs(const char *dir, int (*visit)(int pid, void *data), void *data)
{
	char file[PATH_MAX], line[32];
	int stop = 0;
	FILE *procs;

	if ((size_t)snprintf(file, sizeof(file), "%s/cgroup.procs", dir) >= sizeof(file))
		return -ENAMETOOLONG;
	procs = fopen(file, "re");
	if (!procs)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	while (!stop && fgets(line, sizeof(line), procs)) {
		long pid = strtol(line, NULL, 10);

		/* 0 stands for a process that this pid namespace does not see. */
		if (pid > 0 && pid <= INT_MAX)
			stop = visit((int)pid, data);
	}
	/* A threaded cgroup (EOPNOTSUPP) lists its processes at the domain above. */
	if (!stop && ferror(procs) && errno != ENODEV && errno != EOPNOTSUPP)
		stop = -errno;
	fclose(procs);
	return stop;
}

int cgroupfs_procs(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path, int below,
		   int (*visit)(int pid, void *data), void *data)
{
	char full[PATH_MAX];
	FTSENT *entry;
	int err;
	FTS *walk;

	err = cgroupfs_file(fs, tree, path, "", full, sizeof(full));
	if (err)
		return err;
	if (access(full, F_OK))
		return -errno;
	if (!below)
		return visit_procs(full, visit, data);
	walk = open_walk(fs->mount[tree], path, FTS_NOSTAT);
	if (!walk)
		return -errno;
	while (!err && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_D)
			err = visit_procs(entry->fts_path, visit, data);
	fts_close(walk);
	return err;
}
