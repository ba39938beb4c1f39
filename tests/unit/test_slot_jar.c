// SPDX-License-Identifier: GPL-2.0-only
/* Cookies of users: whose they are, and how long. The jars are libcurl's; nothing is sent. */
#include <string.h>

#include "loadgen/slot.h"
#include "tests/unit/unit.h"

#define A_COOKIE "Set-Cookie: sid=1; Path=/; Domain=127.0.0.1"

struct fixture {
	struct workload *workload;
	struct engine_config config;
	struct plans plans;
	struct schedule schedule;
	struct slot slot[2];
};

static void set_up(struct fixture *f, const char *text)
{
	struct err err = { 0 };
	size_t i;

	*f = (struct fixture){ .schedule = { .seed = 1 } };
	f->workload = workload_parse("w.yaml", text, strlen(text), &err);
	if (!f->workload)
		fail_msg("%s", err.text);
	f->config = (struct engine_config){ .workload = f->workload, .keepalive = true };
	assert_int_equal(plans_make(&f->plans, &f->config, &err), 0);
	for (i = 0; i < ARRAY_SIZE(f->slot); i++)
		assert_int_equal(slot_make(&f->slot[i], &f->plans, i, NULL, NULL, NULL, NULL), 0);
}

static void tear_down(struct fixture *f)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(f->slot); i++)
		slot_free(&f->slot[i]);
	plans_free(&f->plans);
	workload_free(f->workload);
}

static void load(struct fixture *f, unsigned int slot, u64 index)
{
	assert_int_equal(slot_load(&f->slot[slot], &f->plans, &f->schedule, index), 0);
}

/* What an answer with that header does. */
static void answer_with(struct fixture *f, unsigned int slot, const char *line)
{
	assert_int_equal(curl_easy_setopt(f->slot[slot].easy, CURLOPT_COOKIELIST, line), CURLE_OK);
}

static unsigned int nr_cookies(const struct fixture *f, unsigned int slot)
{
	struct curl_slist *jar = NULL, *node;
	unsigned int nr = 0;

	curl_easy_getinfo(f->slot[slot].easy, CURLINFO_COOKIELIST, &jar);
	for (node = jar; node; node = node->next)
		nr++;
	curl_slist_free_all(jar);
	return nr;
}

#define SESSION	 "sessions: [{name: s, steps: [{path: /a}, {path: /b}, {path: /c}]}]\n"
#define ENDPOINT "endpoints: [{path: /e}]\n"
#define BASE	 "base: http://127.0.0.1:1\n"

static void users_share_nothing(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, BASE SESSION);
	load(&f, 0, 0);
	load(&f, 1, 1);
	answer_with(&f, 0, A_COOKIE);
	assert_int_equal(nr_cookies(&f, 0), 1);
	assert_int_equal(nr_cookies(&f, 1), 0);
	answer_with(&f, 1, "Set-Cookie: sid=2; Path=/; Domain=127.0.0.1");
	answer_with(&f, 1, "Set-Cookie: lang=de; Path=/; Domain=127.0.0.1");
	assert_int_equal(nr_cookies(&f, 0), 1);
	assert_int_equal(nr_cookies(&f, 1), 2);
	tear_down(&f);
}

static void a_session_keeps_its_own_and_the_next_has_none(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, BASE SESSION);
	load(&f, 0, 0);
	answer_with(&f, 0, A_COOKIE);
	while (session_next(&f.slot[0].run)) {
		assert_int_equal(slot_load_step(&f.slot[0], &f.plans), 0);
		assert_int_equal(nr_cookies(&f, 0), 1);
	}
	session_end(&f.slot[0].run);
	load(&f, 0, 1);
	assert_int_equal(nr_cookies(&f, 0), 0);
	/* The engine is on for this one too. */
	answer_with(&f, 0, A_COOKIE);
	assert_int_equal(nr_cookies(&f, 0), 1);
	tear_down(&f);
}

/* The index of the first arrival behind @from that is a session, or is none. */
static u64 arrival(const struct fixture *f, bool session, u64 from)
{
	u64 index = from;

	while (!!workload_session(f->workload,
				  schedule_pick(&f->schedule, index, f->workload->cumulated,
						f->workload->nr_items)) != session)
		index++;
	return index;
}

static void a_request_by_itself_has_no_jar(void **state)
{
	struct fixture f;
	u64 user;

	(void)state;
	set_up(&f, BASE SESSION ENDPOINT);
	user = arrival(&f, true, 0);
	load(&f, 0, user);
	answer_with(&f, 0, A_COOKIE);
	session_end(&f.slot[0].run);
	load(&f, 0, arrival(&f, false, user));
	assert_false(f.slot[0].jar);
	assert_int_equal(nr_cookies(&f, 0), 0);
	/* Nor does what was dropped come back with the next user. */
	load(&f, 0, arrival(&f, true, user + 1));
	assert_true(f.slot[0].jar);
	assert_int_equal(nr_cookies(&f, 0), 0);
	tear_down(&f);
}

static void a_cookie_of_the_same_name_replaces(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, BASE SESSION);
	load(&f, 0, 0);
	answer_with(&f, 0, A_COOKIE);
	answer_with(&f, 0, "Set-Cookie: sid=2; Path=/; Domain=127.0.0.1");
	assert_int_equal(nr_cookies(&f, 0), 1);
	answer_with(&f, 0, "Set-Cookie: sid=2; Path=/a; Domain=127.0.0.1");
	assert_int_equal(nr_cookies(&f, 0), 2);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_share_nothing),
		cmocka_unit_test(a_session_keeps_its_own_and_the_next_has_none),
		cmocka_unit_test(a_request_by_itself_has_no_jar),
		cmocka_unit_test(a_cookie_of_the_same_name_replaces),
	};
	int status;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	status = cmocka_run_group_tests_name("slot_jar", tests, NULL, NULL);
	curl_global_cleanup();
	return status;
}
