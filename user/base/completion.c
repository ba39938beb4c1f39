// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "user/base/completion.h"

static void add_names(struct buf *out, const struct command *const *commands)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		buf_printf(out, "%s%s", i ? " " : "", commands[i]->name);
}

/* The words of "a|b|c" with spaces between them. */
static void add_choices(struct buf *out, const char *choices)
{
	for (; *choices; choices++)
		buf_add(out, *choices == '|' ? " " : choices, 1);
}

/* A branch of `case $prev`: what may follow an option that takes a value. */
static void add_value(struct buf *out, const struct opt *opt)
{
	buf_puts(out, "\t\t");
	if (opt->letter)
		buf_printf(out, "-%c | ", opt->letter);
	buf_printf(out, "--%s) ", opt->name);
	if (strchr(opt->metavar, '|')) {
		buf_puts(out, "words='");
		add_choices(out, opt->metavar);
		buf_puts(out, "' ;;\n");
	} else if (opt->type == OPT_STRING || opt->type == OPT_LIST) {
		buf_puts(out, "return ;;\n");
	} else {
		buf_puts(out, "compopt +o default 2> /dev/null; return ;;\n");
	}
}

static void add_command(struct buf *out, const struct command *cmd,
			const struct command *const *commands)
{
	size_t i;

	buf_printf(out, "\t%s)\n\t\toptions='", cmd->name);
	for (i = 0; i < cmd->nr_opts; i++)
		buf_printf(out, "--%s ", cmd->opts[i].name);
	buf_puts(out, "--help'\n");
	if (strcmp(cmd->args, "[COMMAND]") == 0) {
		buf_puts(out, "\t\targuments='");
		add_names(out, commands);
		buf_printf(out, "%s%s'\n", cmd->words ? " " : "", cmd->words ? cmd->words : "");
	}
	buf_puts(out, "\t\tcase $prev in\n");
	for (i = 0; i < cmd->nr_opts; i++) {
		if (cmd->opts[i].metavar)
			add_value(out, &cmd->opts[i]);
	}
	buf_puts(out, "\t\t--) return ;;\n\t\tesac\n\t\t;;\n");
}

int completion_bash(struct buf *out, const char *name, const struct command *const *commands)
{
	size_t i;

	buf_printf(out, "# bash completion of %s, written by `%s completion bash`\n", name, name);
	/* An empty answer makes bash offer file names: see `complete` at the end. */
	buf_printf(out,
		   "_%s()\n{\n"
		   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		   "\tlocal options='' arguments='' words=''\n\n"
		   "\tCOMPREPLY=()\n"
		   "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		   name);
	add_names(out, commands);
	buf_puts(out, " --help --version' -- \"$cur\")\n\t\treturn\n\tfi\n"
		      "\tcase ${COMP_WORDS[1]} in\n");
	for (i = 0; commands[i]; i++)
		add_command(out, commands[i], commands);
	buf_puts(out, "\tesac\n"
		      "\tif [ -z \"$words\" ]; then\n"
		      "\t\tcase $cur in\n"
		      "\t\t-*) words=$options ;;\n"
		      "\t\t*) words=$arguments ;;\n"
		      "\t\tesac\n"
		      "\tfi\n"
		      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		      "}\n");
	return buf_printf(out, "complete -o default -F _%s %s\n", name, name);
}
