// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stddef.h>

#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/export/when.h"
#include "user/show/cell.h"
#include "user/show/comparison_parts.h"

struct config {
	bool json;
};

static const struct opt opts[] = {
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct config, json), 0, 0,
	  "Print the list as one JSON document" },
};

static void add_run(struct table *table, const struct store_run *run)
{
	char when[PART_TEXT];

	table_printf(table, "%llu", (unsigned long long)run->id);
	table_text(table, run->name);
	table_text(table, run->goes_on ? "running" : run->state);
	table_text(table, part_when(when, run->started_at_ns));
	cell_duration(table, (double)run->duration_ns);
	if (run->placements && run->phases % run->placements == 0)
		table_printf(table, "%llu x %llu", (unsigned long long)run->placements,
			     (unsigned long long)(run->phases / run->placements));
	else
		table_printf(table, "%llu", (unsigned long long)run->phases);
	cell_bytes(table, (double)run->bytes);
}

static int print_table(const struct store_list *list)
{
	static const struct table_column columns[] = {
		{ NULL, "run", TABLE_RIGHT, false },  { NULL, "name", TABLE_LEFT, true },
		{ NULL, "state", TABLE_LEFT, false }, { NULL, "started", TABLE_LEFT, false },
		{ NULL, "took", TABLE_RIGHT, false }, { NULL, "trials", TABLE_RIGHT, false },
		{ NULL, "size", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;
	int err;

	for (i = 0; i < list->nr; i++)
		add_run(&table, &list->run[i]);
	err = table_print(&table, TABLE_WIDTH, table_ansi(stdout), stdout);
	table_free(&table);
	return err;
}

static json_t *json_run(const struct store_run *run)
{
	char when[WHEN_TEXT];

	return json_pack("{sI ss ss ss sb ss sf sI sI sI}", "id", (json_int_t)run->id, "uuid",
			 run->uuid, "name", run->name, "state", run->state, "running", run->goes_on,
			 "started_at", when_format(when, run->started_at_ns), "duration_s",
			 (double)run->duration_ns / NSEC_PER_SEC, "placements",
			 (json_int_t)run->placements, "phases", (json_int_t)run->phases, "bytes",
			 (json_int_t)run->bytes);
}

static int print_json(const struct store_list *list)
{
	json_t *runs = json_array(), *document;
	size_t i;
	int failed;

	document = json_pack("{si ss so}", "schema", 1, "situ_version", SITU_VERSION, "runs", runs);
	failed = document ? 0 : -1;
	for (i = 0; i < list->nr && !failed; i++)
		failed = json_array_append_new(runs, json_run(&list->run[i]));
	if (!failed)
		failed = json_dumpf(document, stdout, JSON_INDENT(2));
	json_decref(document);
	putchar('\n');
	return failed;
}

static int run_ls(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	struct store_list list = { 0 };
	struct store *store;
	int failed;

	if (args->nr > 1)
		return err_set(err, EXIT_USAGE, "ls takes one store, not '%s' too", args->item[1]);
	if (store_open(&store, args->nr ? args->item[0] : STORE_DEFAULT, STORE_READ, err))
		return -1;
	failed = store_list_runs(store, &list, err);
	if (!failed && (config->json ? print_json(&list) : print_table(&list)))
		failed = err_set(err, EXIT_FAILED, "cannot print the list: is the disk full?");
	store_list_free(&list);
	store_close(store);
	return failed;
}

const struct command cmd_ls = {
	.name = "ls",
	.args = "[STORE]",
	.summary = "List the runs of a store",
	.about =
		"Each run with its number, name, state, start, how long it took, placements x "
		"trials (or how many phases) and about what it takes of the file. STORE is situ.db "
		"unless given.",
	.examples = "situ ls\n"
		    "situ ls --json shop.db\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.run = run_ls,
};
