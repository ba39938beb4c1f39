// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sample_plan.h"
#include "tests/unit/unit.h"
#include "user/experiment/words.h"

struct fixture {
	struct plan *plan;
	struct words_scope scope;
	char problem[256];
	struct buf out;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct plan_machine machine = sample_machine();
	struct err err = { 0 };

	if (plan_parse("x.yaml", "/lab", sample_yaml, strlen(sample_yaml), &machine, &f.plan, &err))
		return -1;
	f.scope = (struct words_scope){
		.plan = f.plan,
		.service = 1,
		.dir = "/tmp/d",
		.prepared = "/tmp/p",
		.bin = "/opt/situ",
	};
	f.out = buf_init(4096);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	plan_free(f->plan);
	buf_free(&f->out);
	return 0;
}

static const char *expand(struct fixture *f, const char *text)
{
	buf_free(&f->out);
	assert_int_equal(words_expand(&f->scope, text, &f->out, f->problem, sizeof(f->problem)), 0);
	return f->out.data;
}

static const char *refuse(struct fixture *f, const char *text)
{
	buf_free(&f->out);
	assert_int_equal(words_expand(&f->scope, text, &f->out, f->problem, sizeof(f->problem)),
			 -EINVAL);
	return f->problem;
}

static void each_word_has_its_value(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(expand(f, "a {{dir}} {{here}} {{prepared}} {{cpus}} {{bin}} z"),
			    "a /tmp/d /lab /tmp/p 0 /opt/situ z");
	assert_string_equal(expand(f, "{{host.redis}}:{{port.redis}}"), "10.9.0.11:6379");
	assert_string_equal(expand(f, "{{ host.web }}{{  port.web}}"), "10.9.0.118080");
	assert_string_equal(expand(f, ""), "");
	assert_string_equal(expand(f, "{a} }} {"), "{a} }} {");
}

static void words_follow_the_placement(void **state)
{
	struct fixture *f = *state;

	f->scope.placement = 1;
	f->scope.service = 0;
	assert_string_equal(expand(f, "{{host.redis}} {{host.web}} {{cpus}}"),
			    "10.9.0.12 10.9.0.11 1");
}

static void unknown_words_are_named(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(refuse(f, "{{hots.redis}}"),
			    "unknown word '{{hots.redis}}': did you mean '{{host.redis}}'?");
	assert_string_equal(refuse(f, "{{dri}}"),
			    "unknown word '{{dri}}': did you mean '{{dir}}'?");
	assert_string_equal(refuse(f, "{{}}"),
			    "unknown word '{{}}': known are host.SERVICE, port.SERVICE, dir, here, "
			    "prepared, cpus, bin, cgroup");
	assert_string_equal(refuse(f, "{{host.x}}"),
			    "'{{host.x}}' names no service: write one that 'services' lists");
	assert_string_equal(refuse(f, "{{host}}"),
			    "unknown word '{{host}}': write {{host.SERVICE}}");
	assert_string_equal(refuse(f, "a {{dir"), "'{{' without its '}}': close it");
}

static void what_the_plan_lacks_is_said(void **state)
{
	struct fixture *f = *state;

	f->plan->services[0].port = 0;
	assert_string_equal(refuse(f, "{{port.redis}}"),
			    "'{{port.redis}}': service 'redis' has no port: give it one");
}

static void a_shell_gets_safe_paths_only(void **state)
{
	struct fixture *f = *state;

	f->scope.dir = "/tmp/a b";
	assert_string_equal(expand(f, "{{dir}}"), "/tmp/a b");
	f->scope.shell = true;
	assert_string_equal(refuse(f, "x {{dir}}"),
			    "'{{dir}}' has characters that a shell takes apart: move it, or write "
			    "\"$SITU_DIR\"");
	assert_string_equal(expand(f, "{{here}}"), "/lab");
}

static void a_long_word_is_refused(void **state)
{
	struct fixture *f = *state;
	char text[2048];

	memset(text, 'x', sizeof(text));
	snprintf(text + sizeof(text) - 3, 3, "}}");
	text[0] = '{';
	text[1] = '{';
	refuse(f, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_word_has_its_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_follow_the_placement, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_words_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_plan_lacks_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shell_gets_safe_paths_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_word_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
