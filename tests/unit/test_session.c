// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/session.h"
#include "loadgen/session_queue.h"
#include "tests/unit/unit.h"

#define WHY_TEXT 256

static struct workload *parse(const char *text)
{
	struct err err = { 0 };
	struct workload *w = workload_parse("w.yaml", text, strlen(text), &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

/* Walks arrival @index through the only session of @w; a letter for each request. */
static const char *walk(const struct workload *w, const struct schedule *schedule, u64 index)
{
	static char way[256];
	struct session_run run = { 0 };
	size_t nr = 0;

	assert_int_equal(session_begin(&run, &w->sessions[0], schedule, index), 0);
	assert_true(session_is_new(&run));
	do {
		assert_true(nr < sizeof(way) - 1);
		way[nr++] = w->targets[session_step(&run)->target].path[1];
	} while (session_next(&run));
	way[nr] = '\0';
	session_end(&run);
	return way;
}

static void steps_come_in_order(void **state)
{
	const struct schedule schedule = { .seed = 1 };
	struct workload *w = parse("sessions:\n"
				   "  - name: s\n"
				   "    steps:\n"
				   "      - path: /a\n"
				   "      - {path: /b, repeat: 2}\n"
				   "      - repeat: 2\n"
				   "        steps: [{path: /c}, {path: /d, repeat: 3}]\n"
				   "      - path: /e\n");

	(void)state;
	assert_string_equal(walk(w, &schedule, 0), "abbcdddcddde");
	assert_true(w->mean_requests == 12);
	assert_int_equal(w->nr_targets, 5);
	workload_free(w);
}

/* The way is drawn by seed and number; over many, each chance comes true as often as it should. */
static void chances(void **state)
{
	const struct schedule schedule = { .seed = 1 }, other = { .seed = 2 };
	struct workload *w = parse("sessions:\n"
				   "  - name: s\n"
				   "    steps:\n"
				   "      - path: /a\n"
				   "      - {path: /b, chance: 30%}\n"
				   "      - chance: 0.5\n"
				   "        repeat: 2\n"
				   "        steps: [{path: /c}, {path: /d, chance: 20 %}]\n");
	unsigned int count[5] = { 0 }, differ = 0, nr = 20000, i;
	char first[256];
	const char *c;

	(void)state;
	for (i = 0; i < nr; i++) {
		snprintf(first, sizeof(first), "%s", walk(w, &schedule, i));
		assert_string_equal(walk(w, &schedule, i), first);
		differ += strcmp(walk(w, &other, i), first) != 0;
		for (c = first; *c; c++)
			count[*c - 'a']++;
	}
	assert_true(differ > nr / 4);
	assert_int_equal(count[0], nr);
	assert_in_range(count[1], 0.29 * nr, 0.31 * nr);
	assert_in_range(count[2], 0.98 * nr, 1.02 * nr);
	assert_in_range(count[3], 0.19 * nr, 0.21 * nr);
	assert_true(w->mean_requests > 2.4999 && w->mean_requests < 2.5001);
	workload_free(w);
}

static void time_to_think(void **state)
{
	const struct schedule schedule = { .seed = 1 };
	struct workload *w = parse("sessions:\n"
				   "  - name: s\n"
				   "    think: 10ms-20ms\n"
				   "    pause: 1s\n"
				   "    steps: [{path: /a}, {path: /b}, {path: /c, think: 0s}]\n");
	u64 min = UINT64_MAX, max = 0, think, i;
	struct session_run run = { 0 };

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(session_begin(&run, &w->sessions[0], &schedule, i), 0);
		assert_int_equal(session_pause_ns(&run), NSEC_PER_SEC);
		assert_true(session_next(&run));
		think = session_think_ns(&run);
		min = think < min ? think : min;
		max = think > max ? think : max;
		assert_true(session_next(&run));
		assert_int_equal(session_think_ns(&run), 0);
		session_end(&run);
	}
	assert_in_range(min, 10 * NSEC_PER_MSEC, 10.2 * NSEC_PER_MSEC);
	assert_in_range(max, 19.8 * NSEC_PER_MSEC, 20 * NSEC_PER_MSEC);
	workload_free(w);
}

/* Endpoints and sessions are arrivals by weight. */
static void a_mix(void **state)
{
	struct workload *w = parse("endpoints: [{path: /a, weight: 3}, {path: /b}]\n"
				   "sessions:\n"
				   "  - {name: s, weight: 4, steps: [{path: /c}, {path: /d}]}\n"
				   "  - {name: t, weight: 2, steps: [{path: /e, repeat: 6}]}\n");

	(void)state;
	assert_int_equal(w->nr_items, 4);
	assert_int_equal(w->cumulated[3], 10);
	assert_true(w->mean_requests == (3 + 1 + 4 * 2 + 2 * 6) / 10.0);
	assert_null(workload_session(w, 1));
	assert_int_equal(workload_first_target(w, 1), 1);
	assert_ptr_equal(workload_session(w, 2), &w->sessions[0]);
	assert_int_equal(workload_first_target(w, 2), 2);
	assert_int_equal(workload_first_target(w, 3), 4);
	workload_free(w);
}

/* Expands the path of the step that @run stands at. */
static const char *path_of(const struct workload *w, const struct session_run *run)
{
	static char text[256];
	const struct target *t = &w->targets[session_step(run)->target];
	struct session_values drawn;
	const struct vartext_values values = { drawn.choice, drawn.given };

	session_values(w, run, run->schedule, run->index, &drawn);
	assert_true(vartext_length(&t->path_template, &values) < sizeof(text));
	vartext_expand(&t->path_template, &values, text);
	return text;
}

/* The beginning of a session whose first answer has an id, and more for a test to name. */
#define EXTRACT_ID           \
	"sessions:\n"        \
	"  - name: s\n"      \
	"    steps:\n"       \
	"      - path: /a\n" \
	"        extract:\n" \
	"          - {name: id, from: json, pointer: /id}\n"

/* Begins the session of @w, whose first answer is @body. What session_extract() returns. */
static int begin_with(struct session_run *run, const struct workload *w, const char *body,
		      char why[WHY_TEXT])
{
	static const struct schedule schedule = { .seed = 1 };
	struct answer answer = { .body = body, .len = strlen(body) };
	int status;

	assert_int_equal(session_begin(run, &w->sessions[0], &schedule, 5), 0);
	status = session_extract(run, &w->targets[0], &answer, NULL, why, WHY_TEXT);
	answer_free(&answer);
	return status;
}

static void answers_go_into_requests(void **state)
{
	static const char body[] = "{\"id\":\"a/b c\",\"l\":[1,2,3,4,5,6,7,8,9]}";
	struct workload *w =
		parse(EXTRACT_ID
		      "          - {name: one, from: json, list: /l, pointer: ''}\n"
		      "          - {name: same, from: json, list: /l, pointer: ''}\n"
		      "          - {name: last, from: json, list: /l, pick: last, pointer: ''}\n"
		      "          - {name: first, from: regex, pattern: '\\[(\\d)'}\n"
		      "          - {name: round, from: json, list: /l, pick: round, pointer: ''}\n"
		      "      - path: '/b/{id}/{+id}/{first}{last}'\n"
		      "      - path: '/c/{one}/{same}'\n"
		      "      - repeat: 20\n"
		      "        steps: [{path: '/d/{round}'}, {path: '/e/{round}'}]\n");
	struct session_run run = { 0 };
	unsigned int seen = 0, i;
	char why[WHY_TEXT];

	(void)state;
	assert_int_equal(begin_with(&run, w, body, why), 0);
	assert_true(session_next(&run));
	assert_string_equal(path_of(w, &run), "/b/a%2Fb%20c/a/b%20c/19");
	assert_true(session_next(&run));
	assert_true(path_of(w, &run)[3] == path_of(w, &run)[5]);
	for (i = 0; i < 20; i++) {
		char digit;

		assert_true(session_next(&run));
		digit = path_of(w, &run)[3];
		seen |= 1U << (digit - '0');
		assert_true(session_next(&run));
		assert_int_equal(path_of(w, &run)[3], digit);
	}
	assert_true(__builtin_popcount(seen) > 4);
	assert_false(session_next(&run));
	session_end(&run);
	workload_free(w);
}

static void answers_that_lack_something(void **state)
{
	static const char *const bodies[][2] = {
		{ "{}", "extract id: the answer has no such value" },
		{ "<html>", "extract id: the answer is not JSON" },
		{ "{\"id\":\"\\u0000\"}", "extract id: the answer has a NUL in it" },
		{ "{\"id\":1,\"l\":[]}", "extract n: the answer has no such value" },
		{ "{\"id\":1,\"l\":7}", "extract n: the answer has no such value" },
	};
	struct workload *w =
		parse(EXTRACT_ID
		      "          - {name: n, from: json, list: /l, pick: round, pointer: ''}\n");
	struct session_run run = { 0 };
	char why[WHY_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		assert_true(begin_with(&run, w, bodies[i][0], why) < 0);
		assert_string_equal(why, bodies[i][1]);
		session_end(&run);
	}
	workload_free(w);
}

static void expected_json(void **state)
{
	struct workload *w =
		parse("endpoints:\n"
		      "  - path: /\n"
		      "    expect: {json: [{pointer: /a, equals: '1'}, {pointer: /b/0, "
		      "equals: x}]}\n");
	static const char *const bodies[][2] = {
		{ "{\"a\":1,\"b\":[\"x\"]}", "" },
		{ "{\"a\":\"1\",\"b\":[\"x\"]}", "" },
		{ "{\"a\":2,\"b\":[\"x\"]}", "expect '/a': it is '2'" },
		{ "{\"a\":1,\"b\":[\"\"]}", "expect '/b/0': it is ''" },
		{ "{\"a\":1,\"b\":{}}", "expect '/b/0': the answer has no such value" },
		{ "", "expect '/a': the answer is not JSON" },
	};
	char why[WHY_TEXT];
	size_t i;

	(void)state;
	assert_true(w->targets[0].keeps_body);
	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct answer answer = { .body = bodies[i][0], .len = strlen(bodies[i][0]) };
		int status;

		why[0] = '\0';
		status = expect_check_json(w->targets[0].expect, &answer, why, sizeof(why));
		assert_string_equal(why, bodies[i][1]);
		assert_int_equal(status != 0, why[0] != '\0');
		answer_free(&answer);
	}
	workload_free(w);
}

static void the_first_is_due_first(void **state)
{
	struct session_queue q;
	struct session_wait wait;
	u64 last = 0, due = 12345;
	unsigned int i, k, seen = 0;

	(void)state;
	assert_int_equal(session_queue_make(&q, 1000), 0);
	assert_true(session_queue_due(&q) == UINT64_MAX);
	for (i = 0; i < 1000; i++) {
		due = due * 6364136223846793005ULL + 1;
		session_queue_add(&q, due >> 56, i);
		for (k = 0; i % 3 == 2 && k < 2; k++, seen++)
			session_queue_take(&q);
	}
	while (q.nr) {
		due = session_queue_due(&q);
		wait = session_queue_take(&q);
		assert_int_equal(wait.due_ns, due);
		assert_true(due >= last && wait.slot < 1000);
		last = due;
		seen++;
	}
	assert_int_equal(seen, 1000);
	session_queue_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_come_in_order),
		cmocka_unit_test(chances),
		cmocka_unit_test(time_to_think),
		cmocka_unit_test(a_mix),
		cmocka_unit_test(answers_go_into_requests),
		cmocka_unit_test(answers_that_lack_something),
		cmocka_unit_test(expected_json),
		cmocka_unit_test(the_first_is_due_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
