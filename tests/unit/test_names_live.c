// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this machine's own cgroups are called, for tests/root/names.t to judge: for each PATH given,
 * "HIERARCHY|SERVICE|SOURCE|PATH" a line, the path asked by id; for each v2 id given as "id:N" the
 * same of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/names.h"

static void show(const struct cgroupfs *fs, struct names *names, enum cgroup_tree tree, u64 id)
{
	const struct name *name = names_of(names, tree, id, "hint");
	char path[CGROUPFS_PATH_MAX] = "-";

	cgroupfs_path(fs, tree, id, path, sizeof(path)); /* "-" when it is gone */
	printf("%s|%s|%s|%s\n", cgroupfs_tree_name(tree), name->service,
	       name_source_text(name->source), path);
}

static void show_path(const struct cgroupfs *fs, struct names *names, const char *path)
{
	int tree;
	u64 id;

	for (tree = 0; tree < CGROUP_TREES; tree++)
		if (!cgroupfs_id(fs, tree, path, &id))
			show(fs, names, tree, id);
}

int main(int argc, char **argv)
{
	struct cgroupfs *fs;
	struct names *names;
	int i, err;

	if (argc < 2) {
		printf("1..0 # SKIP tests/root/names.t gives it cgroups to name\n");
		return 0;
	}
	err = cgroupfs_open(&fs, "");
	if (err) {
		fprintf(stderr, "cgroupfs_open: %s\n", strerror(-err));
		return 1;
	}
	err = names_open(&names, fs, NULL);
	if (err) {
		fprintf(stderr, "names_open: %s\n", strerror(-err));
		cgroupfs_close(fs);
		return 1;
	}
	for (i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "id:", 3))
			show(fs, names, CGROUP_V2, strtoull(argv[i] + 3, NULL, 10));
		else
			show_path(fs, names, argv[i]);
	}
	names_close(names);
	cgroupfs_close(fs);
	return 0;
}
