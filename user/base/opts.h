/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands and their options as data: one table row parses an option, shows it in --help, in the
 * man page and in the shell's completion.
 */
#ifndef SITU_BASE_OPTS_H
#define SITU_BASE_OPTS_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/base/types.h"

#define OPT_LIST_MAX 64

enum opt_type {
	OPT_FLAG,     /* bool, no argument */
	OPT_STRING,   /* const char *, points into argv */
	OPT_COUNT,    /* u64, a whole number within min..max */
	OPT_REAL,     /* double, within min..max */
	OPT_DURATION, /* u64 nanoseconds, within min..max (nanoseconds) */
	OPT_LIST,     /* struct opt_list: may be given several times */
};

struct opt_list {
	const char *item[OPT_LIST_MAX];
	size_t nr;
};

struct opt {
	char letter;	     /* 0: no short form */
	const char *name;    /* long form */
	const char *metavar; /* what --help calls the argument; NULL for a flag */
	enum opt_type type;
	size_t offset;	 /* of the member of the command's config struct that it sets */
	double min, max; /* both 0: no limit */
	const char *help;
};

/*
 * An option of other tools that people type here, and what to type instead. One whose letter is an
 * option here too is told when its value makes no sense.
 */
struct opt_habit {
	const char *word; /* "-z", "--data", "-host" */
	const char *instead;
};

struct args {
	char **item; /* what is left of argv when the options are taken out; NULL-terminated */
	int nr;
};

struct command {
	const char *name;
	const char *args;  /* synopsis behind the options: "[STORE] [A B]" */
	const char *words; /* that its argument may be besides commands, for completion; or NULL */
	const char *summary;  /* one line for `situ --help` */
	const char *about;    /* paragraphs for `situ COMMAND --help`, may be NULL */
	const char *examples; /* lines "situ ...\n", each one runnable */
	const struct opt *opts;
	size_t nr_opts;
	const struct opt_habit *habits; /* looked at before "unknown option" is said; may be NULL */
	size_t nr_habits;
	size_t config_size;   /* of the struct that opts[].offset point into */
	const void *defaults; /* that struct with its defaults; NULL: all zero */
	bool in_order;	      /* options end at the first argument: the rest is a command line */
	/* Returns an exit code; one above EXIT_OK with @err set is reported by the caller. */
	int (*run)(const void *config, const struct args *args, struct err *err);
};

/*
 * Parses @argc/@argv (argv[0] is the command's name) into @config, which must hold the defaults,
 * and @args. Returns 0, 1 when help was asked for, -1 with @err set.
 */
int opts_parse(const struct command *cmd, int argc, char **argv, void *config, struct args *args,
	       struct err *err);

/* Prints the command's help text to stdout. */
void opts_help(const struct command *cmd);

/* The one of @nr @known words that @word is most likely a slip of, or NULL. */
const char *opts_nearest(const char *word, const char *const *known, size_t nr);

/*
 * The command @name of the NULL-terminated @commands; NULL with @err set to a usage error that
 * names the closest one when there is none.
 */
const struct command *opts_find_command(const struct command *const *commands, const char *name,
					struct err *err);

/*
 * Sets @err to a usage error that names the words closest to @word among @nr @known: "unknown
 * @what 'wrod': did you mean 'word'?". Returns -1.
 */
int opts_unknown(struct err *err, const char *what, const char *word, const char *const *known,
		 size_t nr);

#endif
