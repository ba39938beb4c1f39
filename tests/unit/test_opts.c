// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/unit/unit.h"
#include "user/base/opts.h"

struct config {
	bool json;
	const char *output;
	u64 conns;
	double rate;
	u64 duration_ns;
	struct opt_list services;
};

#define AT(member) offsetof(struct config, member)

static const struct opt options[] = {
	{ 0, "json", NULL, OPT_FLAG, AT(json), 0, 0, "Print JSON" },
	{ 'o', "output", "STORE", OPT_STRING, AT(output), 0, 0, "Where to" },
	{ 'c', "conns", "N", OPT_COUNT, AT(conns), 1, 1000, "Connections" },
	{ 'r', "rate", "R", OPT_REAL, AT(rate), 0, 0, "Requests a second" },
	{ 'd', "duration", "TIME", OPT_DURATION, AT(duration_ns), 1e6, 60e9, "How long" },
	{ 's', "service", "NAME", OPT_LIST, AT(services), 0, 0, "Only this one" },
};

static const struct config defaults = { .conns = 4, .rate = 1.5 };

static int run_nothing(const void *config, const struct args *args, struct err *err)
{
	(void)config;
	(void)args;
	(void)err;
	return EXIT_OK;
}

static const struct command measure = {
	.name = "measure",
	.args = "[STORE]",
	.summary = "Measure",
	.examples = "situ measure\n",
	.opts = options,
	.nr_opts = ARRAY_SIZE(options),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_nothing,
};

struct outcome {
	int ret;
	struct config config;
	struct args args;
	struct err err;
};

/* Parses the NULL-terminated @argv, which getopt may reorder, as `situ measure` would. */
static struct outcome parse_as(const struct command *cmd, char **argv)
{
	struct outcome o = { .config = defaults };
	int argc = 0;

	while (argv[argc])
		argc++;
	o.ret = opts_parse(cmd, argc, argv, &o.config, &o.args, &o.err);
	return o;
}

#define parse(...) parse_as(&measure, (char *[]){ "measure", ##__VA_ARGS__, NULL })

static void nothing_leaves_the_defaults(void **state)
{
	struct outcome o = parse();

	(void)state;
	assert_int_equal(o.ret, 0);
	assert_int_equal(o.args.nr, 0);
	assert_int_equal(o.config.conns, 4);
	assert_true(o.config.rate == 1.5);
	assert_false(o.config.json);
	assert_null(o.config.output);
}

static void every_type_is_set(void **state)
{
	struct outcome o = parse("--json", "-o", "a.db", "--conns=17", "-r2.25", "--duration",
				 "1.5s", "-s", "web", "--service", "db");

	(void)state;
	assert_int_equal(o.ret, 0);
	assert_true(o.config.json);
	assert_string_equal(o.config.output, "a.db");
	assert_int_equal(o.config.conns, 17);
	assert_true(o.config.rate == 2.25);
	assert_int_equal(o.config.duration_ns, 1500 * NSEC_PER_MSEC);
	assert_int_equal(o.config.services.nr, 2);
	assert_string_equal(o.config.services.item[0], "web");
	assert_string_equal(o.config.services.item[1], "db");
}

static void arguments_may_stand_anywhere(void **state)
{
	char *argv[] = { "measure", "a.db", "--json", "b", "--", "--not-an-option", NULL };
	struct outcome o = parse_as(&measure, argv);

	(void)state;
	assert_int_equal(o.ret, 0);
	assert_true(o.config.json);
	assert_int_equal(o.args.nr, 3);
	assert_string_equal(o.args.item[0], "a.db");
	assert_string_equal(o.args.item[1], "b");
	assert_string_equal(o.args.item[2], "--not-an-option");
	assert_null(o.args.item[3]);
}

static void a_command_line_keeps_its_options(void **state)
{
	char *argv[] = { "measure", "--json", "ls", "-o", "--help", NULL };
	struct command ordered = measure;
	struct outcome o;

	(void)state;
	ordered.in_order = true;
	o = parse_as(&ordered, argv);
	assert_int_equal(o.ret, 0);
	assert_int_equal(o.args.nr, 3);
	assert_string_equal(o.args.item[0], "ls");
	assert_string_equal(o.args.item[1], "-o");
	assert_null(o.config.output);
}

static void help_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(parse("-h").ret, 1);
	assert_int_equal(parse("--help").ret, 1);
	assert_int_equal(parse("a", "--json", "--help").ret, 1);
}

static void assert_usage(struct outcome o, const char *text)
{
	assert_int_equal(o.ret, -1);
	assert_int_equal(o.err.code, EXIT_USAGE);
	assert_non_null(strstr(o.err.text, text));
}

static void unknown_options_are_named(void **state)
{
	(void)state;
	assert_usage(parse("--jsn"), "unknown option 'jsn': did you mean 'json'?");
	assert_usage(parse("--outptu=x"), "did you mean 'output'?");
	assert_usage(parse("--xyzzyfoo"), "unknown option 'xyzzyfoo'");
	assert_usage(parse("-x"), "unknown option '-x'");
	assert_usage(parse("-jo"), "unknown option '-j'");
	assert_usage(parse("a.db", "-x"), "unknown option '-x'");
	assert_usage(parse("a.db", "--jsn"), "did you mean 'json'?");
}

static void missing_and_surplus_values_are_named(void **state)
{
	(void)state;
	assert_usage(parse("-o"), "-o needs a value");
	assert_usage(parse("--output"), "--output needs a value");
	assert_usage(parse("a.db", "--output"), "--output needs a value");
	assert_usage(parse("--json=yes"), "--json=yes: this option takes no value");
	assert_usage(parse("--help=all"), "this option takes no value");
}

static void bad_counts_are_refused(void **state)
{
	static char *const bad[] = {
		"", "x", "5x", "-1", "+1", " 5", "5 ", "1.5", "0x10", "1e2", "99999999999999999999"
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_usage(parse("--conns", bad[i]), "is not a whole number");
	assert_usage(parse("-c0"), "out of range: give a value from 1 to 1000");
	assert_usage(parse("-c", "1001"), "out of range");
	assert_int_equal(parse("-c", "1").ret, 0);
	assert_int_equal(parse("-c", "1000").ret, 0);
}

static void bad_numbers_are_refused(void **state)
{
	static char *const bad[] = { "",      "x",    "1x", "nan", "1,5", "inf", "-inf",
				     "1e999", "0x10", " 1", "e",   "-",	  "." };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_usage(parse("--rate", bad[i]), "is not a number");
}

static void bad_durations_are_refused(void **state)
{
	(void)state;
	assert_usage(parse("-d", "soon"), "is not a duration");
	assert_usage(parse("-d", ""), "is not a duration");
	assert_usage(parse("-d", "-5s"), "is not a duration");
	assert_usage(parse("-d", "2m"), "out of range: give a value from 0.001 to 60 s");
	assert_usage(parse("-d", "0"), "out of range");
}

static void lists_are_bounded(void **state)
{
	char *argv[OPT_LIST_MAX + 3] = { "measure" };
	struct outcome o;
	int i;

	(void)state;
	for (i = 1; i <= OPT_LIST_MAX; i++)
		argv[i] = "-sx";
	o = parse_as(&measure, argv);
	assert_int_equal(o.ret, 0);
	assert_int_equal(o.config.services.nr, OPT_LIST_MAX);
	for (i = 1; i <= OPT_LIST_MAX + 1; i++)
		argv[i] = "-sx";
	assert_usage(parse_as(&measure, argv), "given more than 64 times");
}

static void hostile_words_stay_in_their_line(void **state)
{
	char word[3000] = "--";
	struct outcome o;

	(void)state;
	assert_usage(parse("--a\nb\033[2J"), "unknown option 'a?b?[2J'");
	assert_usage(parse("-\n"), "unknown option '-?'");
	assert_usage(parse("-\xff"), "unknown option '-?'");
	assert_usage(parse("-c", "5\n"), "'5?' is not a whole number");
	memset(word + 2, 'w', sizeof(word) - 3);
	o = parse(word);
	assert_usage(o, "unknown option 'www");
	assert_int_equal(strchr(o.err.text, '\n') == NULL, 1);
}

static void too_many_options_are_a_bug_not_an_overflow(void **state)
{
	static struct opt many[200];
	struct command cmd = measure;
	struct outcome o;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = options[0];
	cmd.opts = many;
	cmd.nr_opts = ARRAY_SIZE(many);
	o = parse_as(&cmd, (char *[]){ "measure", NULL });
	assert_int_equal(o.ret, -1);
	assert_int_equal(o.err.code, EXIT_FAILED);
}

static void commands_are_found(void **state)
{
	const struct command *const known[] = { &measure, NULL };
	struct err err = { 0 };

	(void)state;
	assert_ptr_equal(opts_find_command(known, "measure", &err), &measure);
	assert_int_equal(err.code, EXIT_OK);
	assert_null(opts_find_command(known, "mesure", &err));
	assert_int_equal(err.code, EXIT_USAGE);
	assert_string_equal(err.text, "unknown command 'mesure': did you mean 'measure'?");
	err = (struct err){ 0 };
	assert_null(opts_find_command(known, "", &err));
	assert_string_equal(err.text, "unknown command '': see 'situ --help'");
	err = (struct err){ 0 };
	assert_null(opts_find_command(known, "--measure", &err));
	assert_string_equal(err.text, "unknown option '--measure': did you mean 'measure'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_the_defaults),
		cmocka_unit_test(every_type_is_set),
		cmocka_unit_test(arguments_may_stand_anywhere),
		cmocka_unit_test(a_command_line_keeps_its_options),
		cmocka_unit_test(help_is_asked_for),
		cmocka_unit_test(unknown_options_are_named),
		cmocka_unit_test(missing_and_surplus_values_are_named),
		cmocka_unit_test(bad_counts_are_refused),
		cmocka_unit_test(bad_numbers_are_refused),
		cmocka_unit_test(bad_durations_are_refused),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(hostile_words_stay_in_their_line),
		cmocka_unit_test(too_many_options_are_a_bug_not_an_overflow),
		cmocka_unit_test(commands_are_found),
	};

	return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
