// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "user/base/completion.h"
#include "user/cmd/cmd.h"

#define SCRIPT_MAX (256 * 1024)

static int run_completion(const void *config, const struct args *args, struct err *err)
{
	struct buf out = buf_init(SCRIPT_MAX);
	int failed;

	(void)config;
	if (args->nr != 1)
		return err_set(err, EXIT_USAGE,
			       "completion needs the name of a shell: write "
			       "'situ completion bash'");
	if (strcmp(args->item[0], "bash") != 0)
		return err_set(err, EXIT_USAGE,
			       "no completion for the shell '%s': there is one "
			       "for bash",
			       args->item[0]);
	failed = completion_bash(&out, "situ", commands);
	if (!failed)
		fputs(out.data, stdout);
	buf_free(&out);
	if (failed)
		return err_set(err, EXIT_FAILED, "cannot make the completion script: %s",
			       strerror(-failed));
	return EXIT_OK;
}

const struct command cmd_completion = {
	.name = "completion",
	.args = "bash",
	.summary = "Print a completion script for the shell",
	.about = "The script completes commands, options and their values. It is made from the "
		 "tables that parse them, so that it is never behind.",
	.examples = "situ completion bash > /etc/bash_completion.d/situ\n"
		    "source <(situ completion bash)\n",
	.run = run_completion,
};
