// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/stored.h"
#include "user/export/export.h"
#include "user/export/outfile.h"

struct config {
	const char *format;
	const char *output;
	bool schema;
};

static const struct config defaults = { .format = "json" };

static const struct opt opts[] = {
	{ 'f', "format", "FORMAT", OPT_STRING, offsetof(struct config, format), 0, 0,
	  "json: the run, histograms included (default); csv: one value a row, for spreadsheets, R "
	  "and pandas; jsonl: one phase a line; openmetrics: for Prometheus; of the whole traces "
	  "that a run keeps (the slowest of each endpoint and a few others), which only these two "
	  "have, otlp: for Jaeger; chrome: for Perfetto" },
	{ 'o', "output", "FILE", OPT_STRING, offsetof(struct config, output), 0, 0,
	  "Write to FILE instead of standard output; a file of that name is replaced only once "
	  "all is written" },
	{ 0, "schema", NULL, OPT_FLAG, offsetof(struct config, schema), 0, 0,
	  "Write the JSON Schema of the JSON format, and no run" },
};

struct format {
	const char *name;
	int (*write)(const struct run *run, FILE *out, struct err *err);
	bool traces; /* it has these and nothing else */
};

static const struct format formats[] = {
	{ "json", export_json, false },	  { "csv", export_csv, false },
	{ "jsonl", export_jsonl, false }, { "openmetrics", export_openmetrics, false },
	{ "otlp", export_otlp, true },	  { "chrome", export_chrome, true },
};

static const struct format *find_format(const char *name, struct err *err)
{
	const char *known[ARRAY_SIZE(formats)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(name, formats[i].name) == 0)
			return &formats[i];
		known[i] = formats[i].name;
	}
	opts_unknown(err, "format", name, known, ARRAY_SIZE(formats));
	return NULL;
}

static int write_schema(const struct config *config, const struct args *args, struct err *err)
{
	struct outfile file;

	if (args->nr)
		return err_set(err, EXIT_USAGE, "the schema is of no store: leave '%s' out",
			       args->item[0]);
	if (outfile_open(&file, config->output, err))
		return -1;
	return outfile_close(&file, export_schema(file.out, err), err);
}

/* What would else be an empty document without a word. */
static void warn_without_traces(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		if (run->phases[i].nr_traces && phase_counts(&run->phases[i]))
			return;
	}
	warn("run %llu keeps no whole traces: it was measured without spans, without requests, or "
	     "came by 'situ import'",
	     (unsigned long long)run->id);
}

static int cmd_run_export(const void *data, const struct args *args, struct err *err)
{
	const struct config *config = data;
	const struct format *format = find_format(config->format, err);
	struct run run = { 0 };
	struct outfile file;
	int failed;

	if (!format)
		return err->code;
	if (config->schema)
		return write_schema(config, args, err);
	if (args->nr > 1)
		return err_set(err, EXIT_USAGE,
			       "export takes one store, not '%s' too: give [STORE[:RUN]]",
			       args->item[1]);
	if (stored_run(args->nr ? args->item[0] : STORE_DEFAULT, &run, err))
		return err->code;
	if (run.state && strcmp(run.state, "unfinished") == 0)
		warn("run %llu is unfinished: it holds the phases stored so far",
		     (unsigned long long)run.id);
	if (format->traces)
		warn_without_traces(&run);
	failed = outfile_open(&file, config->output, err);
	if (!failed) {
		failed = format->write(&run, file.out, err);
		failed = outfile_close(&file, failed, err);
	}
	run_free(&run);
	return failed ? (int)err->code : EXIT_OK;
}

const struct command cmd_export = {
	.name = "export",
	.args = "[STORE[:RUN]]",
	.summary = "Write a run as JSON, CSV, OpenMetrics or traces",
	.about = "STORE is the file that 'situ record' and 'situ run' write, situ.db when not "
		 "given; RUN is the number or the name of a run in it, the latest when not given. "
		 "Times are in nanoseconds and sizes in bytes, as the names say; OpenMetrics has "
		 "seconds, the Chrome format microseconds, as is their rule.",
	.examples = "situ export\n"
		    "situ export -o run.json situ.db:3\n"
		    "situ export --format csv -o run.csv\n"
		    "situ export --format openmetrics -o run.txt\n"
		    "situ export --format otlp -o traces.json\n"
		    "situ export --schema -o situ.schema.json\n"
		    "situ export | jq '.services[] | {name, host, cpu_ns}'\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = cmd_run_export,
};
