// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/help.h"

struct topic {
	const char *name;
	const char *summary;
	const char *text;
};

static const struct topic topics[] = {
	{ "workload", "The workload file: requests, sessions, variables", help_workload },
};

void help_overview(void)
{
	size_t i;

	printf("situ measures what it costs, and whom it hurts, to put these services on these\n"
	       "machines: from inside the kernel, per container.\n\n"
	       "Usage: situ COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
	for (i = 0; commands[i]; i++)
		printf("  %-11s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nTopics of 'situ help TOPIC':\n");
	for (i = 0; i < ARRAY_SIZE(topics); i++)
		printf("  %-11s %s\n", topics[i].name, topics[i].summary);
	printf("\nExamples:\n"
	       "  situ doctor\n"
	       "  situ record -d 10s\n"
	       "  situ run experiment.yaml\n\n"
	       "'situ COMMAND --help' tells more; 'situ --version' tells which situ this is.\n");
}

static int run_help(const void *config, const struct args *args, struct err *err)
{
	const struct command *cmd;
	size_t i;

	(void)config;
	if (args->nr == 0) {
		help_overview();
		return EXIT_OK;
	}
	if (args->nr > 1)
		return err_set(err, EXIT_USAGE,
			       "help explains one command or topic: write 'situ help %s'",
			       args->item[0]);
	for (i = 0; i < ARRAY_SIZE(topics); i++) {
		if (strcmp(args->item[0], topics[i].name) == 0) {
			fputs(topics[i].text, stdout);
			return EXIT_OK;
		}
	}
	cmd = opts_find_command(commands, args->item[0], err);
	if (!cmd)
		return EXIT_USAGE;
	opts_help(cmd);
	return EXIT_OK;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.words = "workload", /* topics[] */
	.summary = "Explain a command or a topic",
	.examples = "situ help record\n"
		    "situ help workload\n",
	.run = run_help,
};
