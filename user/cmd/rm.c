// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"

#define OPEN_DIRECTORIES 16

/* The runs to remove, all of one store. */
struct victims {
	char *path; /* of the store */
	u64 *run_id;
	size_t nr;
};

static int out_of_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

/* Takes "STORE:RUN" apart; *@path is the caller's. */
static int split(const char *reference, char **path, const char **selector, struct err *err)
{
	if (store_split_reference(reference, path, selector))
		return out_of_memory(err);
	if (*selector && **selector)
		return 0;
	return err_set(err, EXIT_USAGE,
		       "'%s' names no run: write STORE:RUN, see 'situ ls' for the runs, or remove "
		       "the whole file",
		       reference);
}

static int add_victim(struct victims *v, const struct store_list *list, const char *reference,
		      struct err *err)
{
	const struct store_run *run;
	const char *selector;
	char *path = NULL;
	int failed = split(reference, &path, &selector, err);

	if (!failed && strcmp(path, v->path) != 0)
		failed = err_set(err, EXIT_USAGE,
				 "'%s' is of another store than '%s': one store "
				 "at a time",
				 path, v->path);
	if (!failed) {
		run = stored_find(list, path, selector, err);
		if (run)
			v->run_id[v->nr++] = run->id;
		failed = run ? 0 : -1;
	}
	free(path);
	return failed;
}

static int forget_twins(struct victims *v, struct err *err)
{
	size_t i, k;

	for (i = 0; i < v->nr; i++) {
		for (k = i + 1; k < v->nr; k++) {
			if (v->run_id[i] == v->run_id[k])
				return err_set(err, EXIT_USAGE, "run %" PRIu64 " is named twice",
					       v->run_id[i]);
		}
	}
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) ? -errno : 0;
}

/* The services' logs of the run lie beside the store. */
static void remove_logs(const struct victims *v, u64 run_id)
{
	char *path;
	int failed;

	if (asprintf(&path, "%s.logs/%" PRIu64, v->path, run_id) < 0)
		return;
	failed = nftw(path, remove_entry, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (failed && (failed != -1 || errno != ENOENT))
		warn("the logs in '%s' are still there: %s", path,
		     strerror(failed == -1 ? errno : -failed));
	free(path);
}

static int remove_all(struct store *store, struct victims *v, const struct args *args,
		      struct err *err)
{
	struct store_list list = { 0 };
	struct err shrinking = { 0 };
	int i, failed = store_list_runs(store, &list, err);

	for (i = 0; i < args->nr && !failed; i++)
		failed = add_victim(v, &list, args->item[i], err);
	store_list_free(&list);
	if (failed || forget_twins(v, err) || store_remove_runs(store, v->run_id, v->nr, err))
		return -1;
	for (i = 0; (size_t)i < v->nr; i++)
		remove_logs(v, v->run_id[i]);
	if (store_shrink(store, &shrinking))
		warn("removed, but the file is as large as before: %s", shrinking.text);
	return 0;
}

static int run_rm(const void *config, const struct args *args, struct err *err)
{
	struct victims v = { 0 };
	struct store *store = NULL;
	const char *selector;
	int failed = -1;

	(void)config;
	if (!args->nr)
		return err_set(err, EXIT_USAGE, "name the runs to remove: situ rm STORE:RUN");
	v.run_id = calloc((size_t)args->nr, sizeof(*v.run_id));
	if (!v.run_id) {
		out_of_memory(err);
		goto out;
	}
	if (split(args->item[0], &v.path, &selector, err))
		goto out;
	/* Not to make a store where there is none. */
	if (store_open(&store, v.path, STORE_READ, err))
		goto out;
	store_close(store);
	store = NULL;
	if (store_open(&store, v.path, STORE_WRITE, err))
		goto out;
	failed = remove_all(store, &v, args, err);
out:
	store_close(store);
	free(v.path);
	free(v.run_id);
	return failed;
}

const struct command cmd_rm = {
	.name = "rm",
	.args = "STORE:RUN...",
	.summary = "Remove runs from a store",
	.about =
		"Removes the runs, with the logs that 'situ run' kept of their services, and gives "
		"the room back to the disk. It does not ask. All are removed or none: not one that "
		"is still being measured. A name must be of one run only.",
	.examples = "situ rm situ.db:3\n"
		    "situ rm shop.db:4 shop.db:5\n",
	.run = run_rm,
};
