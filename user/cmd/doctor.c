// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <jansson.h>

#include "loadgen/transport.h"
#include "user/base/text.h"
#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/collect/machine.h"
#include "user/show/table.h"

#define STATE_COLUMN 23
#define TEXT_COLUMN  35

struct doctor_config {
	bool json;
};

static const struct opt opts[] = {
	{ 0, "json", NULL, OPT_FLAG, offsetof(struct doctor_config, json), 0, 0,
	  "Print the findings as JSON" },
};

static const char *level_name(enum machine_level level)
{
	static const char *const names[] = {
		[MACHINE_GOOD] = "ok",
		[MACHINE_LIMITED] = "limited",
		[MACHINE_BAD] = "missing",
	};

	return names[level];
}

static const char *verdict_text(enum machine_level level)
{
	static const char *const texts[] = {
		[MACHINE_GOOD] = "situ can measure everything here.",
		[MACHINE_LIMITED] = "situ can measure here, with the limits above.",
		[MACHINE_BAD] = "situ cannot measure here: see what is missing above.",
	};

	return texts[level];
}

/* A line of three columns; the last one goes on below itself. */
static void print_line(const char *subject, const char *state, bool good, const char *text)
{
	const char *colour = table_ansi(stdout) ? (good ? "\033[32m" : "\033[1;31m") : "";

	printf("%-*s%s%-*s%s", STATE_COLUMN, subject, colour, TEXT_COLUMN - STATE_COLUMN, state,
	       *colour ? "\033[0m" : "");
	text_print_wrapped(stdout, text, TEXT_COLUMN, TABLE_WIDTH);
}

static void print_facts(const struct machine *m)
{
	char bytes[UNITS_TEXT], text[128];
	size_t i;

	for (i = 0; i < m->nr; i++) {
		const struct machine_fact *fact = &m->fact[i];

		print_line(fact->subject, level_name(fact->level), fact->level == MACHINE_GOOD,
			   fact->text);
	}
	snprintf(text, sizeof(text), "%s of kernel memory for %u possible CPUs",
		 units_bytes(bytes, sizeof(bytes), m->map_bytes), m->cpus);
	print_line("BPF maps", level_name(MACHINE_GOOD), true, text);
}

static void print_programs(const struct features *features)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		const struct feature *row = &features->row[i];
		char text[256];

		snprintf(text, sizeof(text), "%s (%s%s%s)%s%s", row->gives, row->hook,
			 row->fallback ? "; else " : "", row->fallback ? row->fallback : "",
			 row->reason[0] ? ": " : "", row->reason);
		print_line(row->program, feature_state_name(row->state),
			   row->state != FEATURE_MISSING, text);
	}
}

static json_t *programs_json(const struct features *features)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < features->nr; i++) {
		const struct feature *row = &features->row[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s}", "program",
						      row->program, "hook", row->hook, "fallback",
						      row->fallback, "state",
						      feature_state_name(row->state), "gives",
						      row->gives, "reason", row->reason));
	}
	return list;
}

static int print_json(const struct machine *m, struct err *err)
{
	json_t *facts = json_object(), *root;
	size_t i;
	int code;

	for (i = 0; i < m->nr; i++)
		json_object_set_new(facts, m->fact[i].subject,
				    json_pack("{s:s, s:s}", "state", level_name(m->fact[i].level),
					      "found", m->fact[i].text));
	root = json_pack("{s:i, s:s, s:s, s:o, s:I, s:i, s:o}", "schema", 1, "situ_version",
			 SITU_VERSION, "verdict", level_name(machine_verdict(m)), "facts", facts,
			 "map_bytes", (json_int_t)m->map_bytes, "possible_cpus", (int)m->cpus,
			 "programs", programs_json(&m->features));
	code = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;
	json_decref(root);
	putchar('\n');
	return code ? err_set(err, EXIT_FAILED, "cannot write the findings: is the disk full?") : 0;
}

static int run_doctor(const void *data, const struct args *args, struct err *err)
{
	const struct doctor_config *config = data;
	enum machine_level verdict;
	struct machine machine;
	char versions[128];

	if (args->nr)
		return err_set(err, EXIT_USAGE, "doctor takes no argument: leave out '%s'",
			       args->item[0]);
	machine_look(&machine);
	machine_add(&machine, "libcurl", MACHINE_GOOD, "%s",
		    transport_describe(versions, sizeof(versions)));
	verdict = machine_verdict(&machine);
	if (config->json) {
		if (print_json(&machine, err))
			return -1;
	} else {
		print_facts(&machine);
		putchar('\n');
		print_programs(&machine.features);
		printf("\n%s\n", verdict_text(verdict));
	}
	return verdict == MACHINE_BAD ? EXIT_ENVIRONMENT : EXIT_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "Tell what this machine offers and what situ would use",
	.about =
		"Shows the kernel, the cgroup hierarchies, the container engines and, for each BPF "
		"program, the hook or the fallback that is decided here, with the reason. Loads "
		"nothing and needs no root; exits 3 where measuring is not possible.",
	.examples = "situ doctor\n"
		    "situ doctor --json | jq .verdict\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct doctor_config),
	.run = run_doctor,
};
