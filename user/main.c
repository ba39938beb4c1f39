// SPDX-License-Identifier: GPL-2.0-only
/* The command table and the way into it, nothing else. */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/stop.h"
#include "user/cmd/cmd.h"
#include "user/cmd/help.h"

/* A row a line: */
/* clang-format off */
const struct command *const commands[] = {
	&cmd_doctor,
	&cmd_record,
	&cmd_live,
	&cmd_agent,
	&cmd_run,
	&cmd_schedule,
	&cmd_compare,
	&cmd_trend,
	&cmd_ls,
	&cmd_show,
	&cmd_export,
	&cmd_import,
	&cmd_merge,
	&cmd_join,
	&cmd_rm,
	&cmd_load,
	&cmd_crawl,
	&cmd_completion,
	&cmd_help,
	NULL,
};
/* clang-format on */

static int run(const struct command *cmd, int argc, char **argv, struct err *err)
{
	void *config = calloc(1, cmd->config_size + 1);
	struct args args;
	int code = EXIT_OK;

	if (!config)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (cmd->defaults)
		memcpy(config, cmd->defaults, cmd->config_size);
	switch (opts_parse(cmd, argc, argv, config, &args, err)) {
	case 0:
		code = cmd->run(config, &args, err);
		break;
	case 1:
		opts_help(cmd);
		break;
	}
	free(config);
	return code;
}

static int dispatch(int argc, char **argv, struct err *err)
{
	const struct command *cmd;

	if (argc < 2) {
		help_overview();
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_overview();
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("situ " SITU_VERSION);
		return EXIT_OK;
	}
	cmd = opts_find_command(commands, argv[1], err);
	return cmd ? run(cmd, argc - 1, argv + 1, err) : EXIT_USAGE;
}

/*
 * Whether output was lost because its reader, such as head(1), has seen enough: no news to anybody.
 */
static bool reader_has_gone(const struct err *err)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	fflush(stdout);
	return ferror(stdout) && (err->code == EXIT_OK || err->code == EXIT_FAILED) &&
	       poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* Ends as a program does that leaves SIGPIPE alone; comes back only where that cannot be. */
static void end_by_sigpipe(void)
{
	sigset_t pipe_only;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &pipe_only, NULL);
	raise(SIGPIPE);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int code;

	setlocale(LC_CTYPE, "");
	stop_on_signals();
	code = dispatch(argc, argv, &err);
	if (reader_has_gone(&err))
		end_by_sigpipe();
	if (err.code != EXIT_OK)
		return err_report(&err);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_set(&err, EXIT_FAILED, "cannot write to standard output: is the disk full?");
		return err_report(&err);
	}
	return code;
}
