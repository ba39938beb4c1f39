// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/opts.h"
#include "user/base/text.h"
#include "user/base/units.h"

#define OPT_MAX	      64
#define COMMAND_MAX   64
#define HELP_LONG_ID  1000
#define HELP_COLUMN   28
#define HELP_WIDTH    80
#define LONG_ID_FIRST 1001

/* Edits that turn @a into @b (Levenshtein), for words of a command line; @limit when longer. */
static size_t distance(const char *a, const char *b, size_t limit)
{
	size_t row[64], na = strlen(a), nb = strlen(b), i, j;

	if (nb >= ARRAY_SIZE(row) || na >= ARRAY_SIZE(row))
		return limit;
	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

const char *opts_nearest(const char *word, const char *const *known, size_t nr)
{
	size_t best = 4, i;
	const char *nearest = NULL;

	for (i = 0; i < nr; i++) {
		size_t d = distance(word, known[i], best);

		/* Half of the letters wrong is another word, not a slip. */
		if (d < best && d * 2 <= strlen(word) + 1) {
			best = d;
			nearest = known[i];
		}
	}
	return nearest;
}

int opts_unknown(struct err *err, const char *what, const char *word, const char *const *known,
		 size_t nr)
{
	const char *nearest = opts_nearest(word, known, nr);

	if (nearest)
		return err_set(err, EXIT_USAGE, "unknown %s '%s': did you mean '%s'?", what, word,
			       nearest);
	return err_set(err, EXIT_USAGE, "unknown %s '%s': see 'situ --help'", what, word);
}

const struct command *opts_find_command(const struct command *const *commands, const char *name,
					struct err *err)
{
	const char *known[COMMAND_MAX];
	size_t i;

	for (i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		if (i < COMMAND_MAX)
			known[i] = commands[i]->name;
	}
	opts_unknown(err, name[0] == '-' ? "option" : "command", name, known,
		     i < COMMAND_MAX ? i : COMMAND_MAX);
	return NULL;
}

static int bad_value(struct err *err, const struct opt *opt, const char *text, const char *want)
{
	return err_set(err, EXIT_USAGE, "--%s '%s' is not %s: write for example --%s %s", opt->name,
		       text, want, opt->name, opt->type == OPT_DURATION ? "10s" : "5");
}

static int in_range(const struct opt *opt, double value)
{
	return (opt->min == 0 && opt->max == 0) || (value >= opt->min && value <= opt->max);
}

static int out_of_range(struct err *err, const struct opt *opt, const char *text)
{
	double scale = opt->type == OPT_DURATION ? 1e9 : 1;

	return err_set(err, EXIT_USAGE, "--%s %s is out of range: give a value from %g to %g%s",
		       opt->name, text, opt->min / scale, opt->max / scale,
		       opt->type == OPT_DURATION ? " s" : "");
}

static int set_count(const struct opt *opt, u64 *to, const char *text, struct err *err)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9')
		return bad_value(err, opt, text, "a whole number");
	return in_range(opt, (double)*to) ? 0 : out_of_range(err, opt, text);
}

static int set_real(const struct opt *opt, double *to, const char *text, struct err *err)
{
	char *end;

	errno = 0;
	*to = strtod(text, &end);
	/* strtod would also take leading blanks, "0x10" and "inf". */
	if (errno || end == text || *end || text[strspn(text, "0123456789.eE+-")])
		return bad_value(err, opt, text, "a number");
	return in_range(opt, *to) ? 0 : out_of_range(err, opt, text);
}

static int set_value(const struct opt *opt, void *config, const char *text, struct err *err)
{
	void *to = (char *)config + opt->offset;
	struct opt_list *list = to;

	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)to = true;
		return 0;
	case OPT_STRING:
		*(const char **)to = text;
		return 0;
	case OPT_COUNT:
		return set_count(opt, to, text, err);
	case OPT_REAL:
		return set_real(opt, to, text, err);
	case OPT_DURATION:
		if (units_parse_duration(text, to))
			return bad_value(err, opt, text, "a duration");
		return in_range(opt, (double)*(u64 *)to) ? 0 : out_of_range(err, opt, text);
	case OPT_LIST:
		if (list->nr == OPT_LIST_MAX)
			return err_set(err, EXIT_USAGE,
				       "--%s is given more than %d times: give fewer", opt->name,
				       OPT_LIST_MAX);
		list->item[list->nr++] = text;
		return 0;
	}
	return err_set(err, EXIT_FAILED, "option --%s has no type: a bug", opt->name);
}

/* getopt's two tables from ours: letters into @letters, long forms into @longs. */
static void getopt_tables(const struct command *cmd, char *letters, struct option *longs)
{
	size_t i;

	/* '+': stop at the first argument; ':': tell a missing value from an unknown option. */
	if (cmd->in_order)
		*letters++ = '+';
	*letters++ = ':';
	*letters++ = 'h';
	for (i = 0; i < cmd->nr_opts; i++) {
		const struct opt *opt = &cmd->opts[i];

		longs[i] = (struct option){ opt->name, opt->metavar != NULL, NULL,
					    LONG_ID_FIRST + (int)i };
		if (!opt->letter)
			continue;
		*letters++ = opt->letter;
		if (opt->metavar)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[i++] = (struct option){ "help", 0, NULL, HELP_LONG_ID };
	longs[i] = (struct option){ 0 };
}

static const struct opt *find_opt(const struct command *cmd, int id)
{
	size_t i;

	if (id >= LONG_ID_FIRST)
		return &cmd->opts[id - LONG_ID_FIRST];
	for (i = 0; i < cmd->nr_opts; i++) {
		if (cmd->opts[i].letter && cmd->opts[i].letter == id)
			return &cmd->opts[i];
	}
	return NULL;
}

/* Whether @word, without the value behind its "=", is @name. */
static bool is_named(const char *word, const char *name)
{
	size_t len = strcspn(word, "=");

	return strlen(name) == len && strncmp(word, name, len) == 0;
}

static const struct opt_habit *find_habit(const struct command *cmd, const char *word)
{
	size_t i;

	for (i = 0; i < cmd->nr_habits; i++) {
		if (is_named(word, cmd->habits[i].word))
			return &cmd->habits[i];
	}
	return NULL;
}

static int say_habit(const struct opt_habit *habit, struct err *err)
{
	return err_set(err, EXIT_USAGE, "%s is an option of other tools: %s", habit->word,
		       habit->instead);
}

/*
 * The word that the letter @id was taken from, when more follows in it: "-rate=50" is -r with a
 * value to getopt. NULL when the letter stands by itself.
 */
static const char *rest_of_word(char **argv, int id)
{
	int letter = id == '?' ? optopt : id;

	if (optarg)
		return optarg == argv[optind - 1] ? NULL : argv[optind - 1];
	/* getopt leaves a word behind its last letter only. */
	return argv[optind] && argv[optind][0] == '-' && argv[optind][1] == letter ? argv[optind]
										   : NULL;
}

/* Some tools' long names have one dash. 0, or -1 with @err set: @word is such a name. */
static int one_dash(const struct command *cmd, const char *word, struct err *err)
{
	const struct opt_habit *habit;
	size_t i;

	if (!word || word[0] != '-' || word[1] == '-')
		return 0;
	habit = find_habit(cmd, word);
	if (habit)
		return say_habit(habit, err);
	for (i = 0; i < cmd->nr_opts; i++) {
		if (is_named(word + 1, cmd->opts[i].name))
			return err_set(err, EXIT_USAGE, "%s: a long name has two dashes: write -%s",
				       word, word);
	}
	return 0;
}

/* What the letter of an option, whose value made no sense, means to other tools. */
static int bad_value_of(const struct command *cmd, int id, struct err *err)
{
	char word[] = { '-', (char)id, 0 };
	const struct opt_habit *habit = id < LONG_ID_FIRST ? find_habit(cmd, word) : NULL;
	size_t len = err ? strlen(err->text) : 0;

	if (habit && err)
		snprintf(err->text + len, sizeof(err->text) - len, "; %s", habit->instead);
	return -1;
}

static int unknown_opt(const struct command *cmd, const char *word, struct err *err)
{
	const struct opt_habit *habit = find_habit(cmd, word);
	const char *known[OPT_MAX + 1];
	char name[64];
	size_t i;

	if (habit)
		return say_habit(habit, err);
	if (!text_starts(word, "--"))
		return err_set(err, EXIT_USAGE, "unknown option '%s': see 'situ %s --help'", word,
			       cmd->name);
	for (i = 0; i < cmd->nr_opts; i++)
		known[i] = cmd->opts[i].name;
	known[i++] = "help";
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	return opts_unknown(err, "option", name, known, i);
}

/* What getopt did not like about @word: it left the letter, or its id of the long form. */
static int bad_opt(const struct command *cmd, const char *word, struct err *err)
{
	char letter[] = { '-', (char)optopt, 0 };

	if (optopt >= HELP_LONG_ID)
		return err_set(err, EXIT_USAGE, "%s: this option takes no value", word);
	return unknown_opt(cmd, optopt && optopt < 256 ? letter : word, err);
}

int opts_parse(const struct command *cmd, int argc, char **argv, void *config, struct args *args,
	       struct err *err)
{
	struct option longs[OPT_MAX + 2];
	char letters[2 * OPT_MAX + 4];
	int id;

	if (cmd->nr_opts > OPT_MAX)
		return err_set(err, EXIT_FAILED, "%s has more than %d options: a bug", cmd->name,
			       OPT_MAX);
	getopt_tables(cmd, letters, longs);
	optind = 0;
	opterr = 0;
	while ((id = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct opt *opt;

		if (id < LONG_ID_FIRST && one_dash(cmd, rest_of_word(argv, id), err))
			return -1;
		if (id == 'h' || id == HELP_LONG_ID)
			return 1;
		if (id == ':')
			return err_set(err, EXIT_USAGE, "%s needs a value: see 'situ %s --help'",
				       argv[optind - 1], cmd->name);
		opt = id == '?' ? NULL : find_opt(cmd, id);
		if (!opt)
			return bad_opt(cmd, argv[optind - 1], err);
		if (set_value(opt, config, optarg, err))
			return bad_value_of(cmd, id, err);
	}
	args->item = argv + optind;
	args->nr = argc - optind;
	return 0;
}

static void print_opt(const struct opt *opt)
{
	char head[64];
	int len;

	len = snprintf(head, sizeof(head), "  %s%.1s%s--%s%s%s", opt->letter ? "-" : " ",
		       opt->letter ? &opt->letter : " ", opt->letter ? ", " : "  ", opt->name,
		       opt->metavar ? " " : "", opt->metavar ? opt->metavar : "");
	if (len >= HELP_COLUMN - 1)
		printf("%s\n%*s", head, HELP_COLUMN, "");
	else
		printf("%-*s", HELP_COLUMN, head);
	text_print_wrapped(stdout, opt->help, HELP_COLUMN, HELP_WIDTH);
}

void opts_help(const struct command *cmd)
{
	static const struct opt help = { 'h', "help", NULL, OPT_FLAG, 0, 0, 0, "Show this text" };
	size_t i;

	printf("Usage: situ %s [OPTIONS]%s%s\n\n", cmd->name, cmd->args[0] ? " " : "", cmd->args);
	text_print_wrapped(stdout, cmd->summary, 0, HELP_WIDTH);
	if (cmd->about) {
		putchar('\n');
		text_print_wrapped(stdout, cmd->about, 0, HELP_WIDTH);
	}
	printf("\nOptions:\n");
	for (i = 0; i < cmd->nr_opts; i++)
		print_opt(&cmd->opts[i]);
	print_opt(&help);
	printf("\nExamples:\n");
	for (const char *line = cmd->examples; *line;) {
		int len = (int)strcspn(line, "\n");

		printf("  %.*s\n", len, line);
		line += len + (line[len] == '\n');
	}
	printf("\nExit status: 0 done, 1 failed, 2 wrong usage, 3 not possible on this machine,\n"
	       "4 a threshold or verdict that was asked for was not met.\n");
}
