/* SPDX-License-Identifier: GPL-2.0-only */
/* Small trees of files below /tmp for tests of what reads them. Each call fails its test. */
#ifndef SITU_TESTS_UNIT_TREE_H
#define SITU_TESTS_UNIT_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TREE_ROOT 64

/* A new directory of its own. */
static inline void tree_open(char root[TREE_ROOT])
{
	snprintf(root, TREE_ROOT, "/tmp/situ-tree-XXXXXX");
	assert_non_null(mkdtemp(root));
}

/* Makes the directory @path below @root, parents first. */
static inline void tree_mkdir(const char *root, const char *path)
{
	char full[512], *slash;

	assert_true((size_t)snprintf(full, sizeof(full), "%s/%s/", root, path) < sizeof(full));
	for (slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755); /* it may be there; the next user of it tells if not */
		*slash = '/';
	}
}

/* Makes @path below @root a file that holds @text; its directory is there. */
static inline void tree_put(const char *root, const char *path, const char *text)
{
	char full[512];
	FILE *f;

	assert_true((size_t)snprintf(full, sizeof(full), "%s/%s", root, path) < sizeof(full));
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline int tree_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_close(const char *root)
{
	assert_int_equal(nftw(root, tree_drop, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
