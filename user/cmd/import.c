// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/export/export.h"

struct config {
	const char *output;
};

static const struct config defaults = { .output = STORE_DEFAULT };

static const struct opt opts[] = {
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct config, output), 0, 0,
	  "The store to add the runs to; made when it is not there (" STORE_DEFAULT ")" },
};

/* The run in the file @path. 0, or -1 with @err set and named after the file. */
static int read_run(const char *path, struct run *run, struct err *err)
{
	struct err inside = { 0 };
	struct buf text;
	int failed = buf_read_file(&text, path, IMPORT_MAX_BYTES);

	if (failed == -E2BIG)
		err_set(err, EXIT_USAGE, "'%s' is above %d MiB: export fewer trials", path,
			IMPORT_MAX_BYTES >> 20);
	else if (failed)
		err_set(err, EXIT_USAGE,
			"cannot read '%s': %s: name the file that 'situ export' "
			"wrote",
			path, strerror(-failed));
	else if (import_json(text.data ? text.data : "", text.len, run, &inside))
		failed = err_set(err, inside.code, "%s: %s", path, inside.text);
	buf_free(&text);
	return failed ? -1 : 0;
}

static int import_file(const char *path, const char *output, struct err *err)
{
	static const char *const words[] = { "added as", "completes", "is there already as" };
	struct run run = { 0 };
	struct store *store = NULL;
	enum store_added added;
	int failed;

	/* The document first: a bad one must not leave an empty store behind. */
	failed = read_run(path, &run, err);
	if (!failed && (!run.uuid || !*run.uuid))
		warn("'%s' is of an older situ, without a uuid: importing it again adds it again",
		     path);
	if (!failed)
		failed = store_open(&store, output, STORE_WRITE, err);
	if (!failed)
		failed = store_add_run(store, &run, &added, err);
	if (!failed)
		printf("%s %s run %" PRIu64 " of %s\n", path, words[added], run.id, output);
	store_close(store);
	run_free(&run);
	return failed;
}

static int run_import(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	int i, failed = 0;

	if (!args->nr)
		return err_set(err, EXIT_USAGE, "name the JSON files to import");
	for (i = 0; i < args->nr && !failed; i++)
		failed = import_file(args->item[i], config->output, err);
	return failed;
}

const struct command cmd_import = {
	.name = "import",
	.args = "FILE.json...",
	.summary = "Add exported runs to a store",
	.about = "Reads what 'situ export' wrote as JSON and adds it to a store as a run of its "
		 "own, unless the run is there already. A document that was exported while the run "
		 "was being measured becomes an interrupted run. It has no whole traces: 'situ "
		 "merge' brings those, too.",
	.examples = "situ import run.json\n"
		    "situ import -o all.db vm1.json vm2.json\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_import,
};
