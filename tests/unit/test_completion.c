// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "user/base/completion.h"

static const struct opt options[] = {
	{ 0, "json", NULL, OPT_FLAG, 0, 0, 0, "" },
	{ 'o', "output", "STORE", OPT_STRING, 0, 0, 0, "" },
	{ 'c', "conns", "N", OPT_COUNT, 0, 0, 0, "" },
	{ 0, "format", "json|csv", OPT_STRING, 0, 0, 0, "" },
};

static const struct command export = {
	.name = "export",
	.args = "[STORE]",
	.opts = options,
	.nr_opts = ARRAY_SIZE(options),
};
static const struct command plain = { .name = "plain", .args = "[COMMAND]" };
static const struct command *const commands[] = { &export, &plain, NULL };

static void assert_has(const struct buf *b, const char *text)
{
	if (!strstr(b->data, text))
		fail_msg("no '%s' in: %s", text, b->data);
}

static void the_script_names_everything(void **state)
{
	struct buf b = buf_init(65536);

	(void)state;
	assert_int_equal(completion_bash(&b, "situ", commands), 0);
	assert_has(&b, "compgen -W 'export plain --help --version'");
	assert_has(&b, "\texport)\n\t\toptions='--json --output --conns --format --help'\n");
	assert_has(&b, "\t\t--format) words='json csv' ;;\n");
	assert_has(&b, "\t\t-o | --output) return ;;\n");
	assert_has(&b, "\t\t-c | --conns) compopt");
	assert_has(&b, "\tplain)\n\t\toptions='--help'\n\t\targuments='export plain'\n");
	assert_has(&b, "\ncomplete -o default -F _situ situ\n");
	assert_null(strstr(b.data, "--json)"));
	buf_free(&b);
}

static void a_full_buffer_is_an_error(void **state)
{
	struct buf b = buf_init(100);

	(void)state;
	assert_int_equal(completion_bash(&b, "situ", commands), -E2BIG);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_script_names_everything),
		cmocka_unit_test(a_full_buffer_is_an_error),
	};

	return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
