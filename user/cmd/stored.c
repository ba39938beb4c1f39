// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/stored.h"

int stored_run(const char *reference, struct run *run, struct err *err)
{
	struct store *store = NULL;
	const char *selector = NULL;
	char *path = NULL;
	int failed;

	if (store_split_reference(reference, &path, &selector))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	failed = store_open(&store, path, STORE_READ, err);
	if (!failed)
		failed = store_load_run(store, selector, run, err);
	store_close(store);
	free(path);
	return failed;
}

int stored_margin(const char *text, double *margin, struct err *err)
{
	char *end;

	errno = 0;
	*margin = strtod(text, &end);
	if (end != text && strcmp(end, "%") == 0) {
		*margin /= 100;
		end++;
	}
	if (errno || end == text || *end || !(*margin >= 0 && *margin < 1))
		return err_set(err, EXIT_USAGE,
			       "--margin '%s' is not a share below 1: write 3%% or 0.03", text);
	return 0;
}

const struct store_run *stored_find(const struct store_list *list, const char *path,
				    const char *selector, struct err *err)
{
	const struct store_run *named = NULL;
	char id[24];
	size_t i, nr = 0;

	for (i = 0; i < list->nr; i++) {
		const struct store_run *run = &list->run[i];

		snprintf(id, sizeof(id), "%" PRIu64, run->id);
		if (strcmp(id, selector) == 0)
			return run;
		if (strcmp(run->name, selector) == 0) {
			named = run;
			nr++;
		}
	}
	if (nr == 1)
		return named;
	if (nr)
		err_set(err, EXIT_USAGE,
			"store '%s' has %zu runs named '%s': name one by its number, see 'situ ls'",
			path, nr, selector);
	else
		err_set(err, EXIT_USAGE, "store '%s' has no run '%s': see 'situ ls'", path,
			selector);
	return NULL;
}
