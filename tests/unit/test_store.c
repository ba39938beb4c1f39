// SPDX-License-Identifier: GPL-2.0-only
#include <sys/stat.h>

#include "tests/unit/store_dir.h"
#include "user/base/buf.h"
#include "user/export/export.h"
#include "user/store/store.h"

static void test_round_trip(void **state)
{
	const struct dir *dir = *state;
	u64 seed;

	for (seed = 1; seed <= 7; seed++) {
		struct run run = random_run(seed);

		make_store(dir->db, &run);
		assert_int_equal(run.id, seed);
		load_equals(dir->db, NULL, &run);
		run_free(&run);
	}
}

/* A run measured elsewhere: added, replaced by one of its uuid with more phases, else left. */
static void test_adding_a_run_again(void **state)
{
	static const enum store_added expected[] = { STORE_ADDED_NEW, STORE_ADDED_NOTHING,
						     STORE_ADDED_MORE, STORE_ADDED_NOTHING };
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	size_t i, whole = run.nr_phases;
	struct err err = { 0 };
	enum store_added added;
	struct store *store = open_ok(dir->db, STORE_WRITE);

	run_set_text(&run.state, "finished");
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		run.nr_phases = i == 2 ? whole : whole - 1;
		assert_int_equal(store_add_run(store, &run, &added, &err), 0);
		assert_int_equal(added, expected[i]);
		assert_int_equal(run.id, 1 + (i >= 2));
	}
	store_close(store);
	run.nr_phases = whole;
	load_equals(dir->db, NULL, &run);
	load_fails(dir->db, "1", "has no run '1'");
	run_free(&run);
}

/* What a run is said to take of the file is about that: places and traces, too. */
static void test_bytes_of_runs(void **state)
{
	const struct dir *dir = *state;
	struct store_list list;
	struct err err = { 0 };
	struct store *store;
	u64 seed, bytes = 0;
	struct stat st;
	size_t i;

	for (seed = 1; seed <= 4; seed++) {
		struct run run = random_run(seed);

		for (i = 0; seed % 2 && i < run.nr_phases; i++) {
			while (run.phases[i].nr_traces < 300)
				random_trace(phase_add_trace(&run.phases[i], "GET /", "lost"),
					     &(u64){ i + 1 });
		}
		make_store(dir->db, &run);
		run_free(&run);
	}
	store = open_ok(dir->db, STORE_READ);
	assert_int_equal(store_list_runs(store, &list, &err), 0);
	assert_int_equal(list.nr, 4);
	for (i = 0; i < list.nr; i++)
		bytes += list.run[i].bytes;
	assert_true(list.run[0].bytes > list.run[1].bytes + 300 * 4 * 90 * 6UL);
	store_list_free(&list);
	store_close(store);
	assert_int_equal(stat(dir->db, &st), 0);
	if (3 * bytes < 2 * (u64)st.st_size || 3 * bytes > 4 * (u64)st.st_size)
		fail_msg("%llu of %lld", (unsigned long long)bytes, (long long)st.st_size);
}

static void test_empty_run_and_bare_phase(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct run run = { 0 }, loaded = { 0 };
	struct phase bare = { .trial = 1 };
	struct err err = { 0 };

	assert_int_equal(store_begin_run(store, &run, &err), 0);
	assert_string_equal(run.state, "unfinished");
	assert_int_equal(store_add_phase(store, run.id, &bare, &err), 0);
	assert_int_equal(store_load_run(store, NULL, &loaded, &err), 0);
	assert_int_equal(loaded.nr_phases, 1);
	assert_string_equal(loaded.phases[0].placement, "");
	assert_string_equal(loaded.phases[0].name, "");
	run_free(&run);
	run_free(&loaded);
	store_close(store);
}

static void test_unknown_real_and_largest_counter(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct run run = { 0 }, loaded = { 0 };
	struct phase *phase = run_add_phase(&run, "p", 1, "m");
	struct endpoint *endpoint = phase_add_endpoint(phase, "all");
	struct err err = { 0 };

	endpoint->rate = 0.0 / 0.0;
	endpoint->attempted = UINT64_MAX;
	add_phases(store, &run);
	assert_int_equal(store_load_run(store, NULL, &loaded, &err), 0);
	endpoint = &loaded.phases[0].endpoints[0];
	assert_true(endpoint->rate != endpoint->rate);
	assert_true(endpoint->attempted == UINT64_MAX);
	run_free(&run);
	run_free(&loaded);
	store_close(store);
}

static void test_selectors(void **state)
{
	const struct dir *dir = *state;
	struct run first = random_run(1), second = random_run(2), third = random_run(3);

	run_set_text(&second.name, "3");
	run_set_text(&third.name, "other");
	make_store(dir->db, &first);
	make_store(dir->db, &second);
	make_store(dir->db, &third);
	load_equals(dir->db, NULL, &third);
	load_equals(dir->db, "", &third);
	load_equals(dir->db, "1", &first);
	load_equals(dir->db, "3", &third); /* the id, although a run has that name */
	load_equals(dir->db, "shop \"demo\"", &first);
	load_fails(dir->db, "9", "has no run '9': it has 3 (other), 2 (3), 1 (shop");
	run_free(&first);
	run_free(&second);
	run_free(&third);
}

static void test_many_runs_are_named_in_short(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct err err = { 0 };
	int i;

	for (i = 0; i < 11; i++) {
		struct run run = { 0 };

		assert_int_equal(store_begin_run(store, &run, &err), 0);
		run_free(&run);
	}
	store_close(store);
	load_fails(dir->db, "none", "11 (), 10 (), 9 (), 8 (), 7 (), 6 (), 5 (), 4 (), ...");
}

static void test_sealed_takes_no_more(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	struct err err = { 0 };
	struct store *store;

	make_store(dir->db, &run);
	store = open_ok(dir->db, STORE_WRITE);
	assert_int_equal(store_add_phase(store, run.id, &run.phases[0], &err), -1);
	assert_non_null(strstr(err.text, "no unfinished run 1"));
	err = (struct err){ 0 };
	assert_int_equal(store_seal(store, run.id, "failed", 1, &err), -1);
	assert_non_null(strstr(err.text, "no unfinished run 1"));
	err = (struct err){ 0 };
	assert_int_equal(store_add_phase(store, 99, &run.phases[0], &err), -1);
	assert_non_null(strstr(err.text, "no unfinished run 99"));
	store_close(store);
	load_equals(dir->db, NULL, &run);
	run_free(&run);
}

static void test_state_must_be_known(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct run run = { 0 };
	struct err err = { 0 };

	assert_int_equal(store_begin_run(store, &run, &err), 0);
	assert_int_equal(store_seal(store, run.id, "splendid", 1, &err), -1);
	err = (struct err){ 0 };
	assert_int_equal(store_seal(store, run.id, "interrupted", 1, &err), 0);
	run_free(&run);
	store_close(store);
}

/* A phase that cannot be stored leaves nothing of itself, and the run goes on. */
static void test_failed_phase_leaves_nothing(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct run run = random_run(SEED), loaded = { 0 };
	struct err err = { 0 };

	add_phases(store, &run);
	assert_int_equal(store_add_phase(store, run.id, &run.phases[0], &err), -1);
	assert_int_equal(err.code, EXIT_FAILED);
	err = (struct err){ 0 };
	assert_int_equal(store_load_run(store, NULL, &loaded, &err), 0);
	assert_runs_equal(&loaded, &run);
	run_free(&loaded);
	run_free(&run);
	store_close(store);
}

static void test_metric_of_another_age(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	size_t i, j;

	make_store(dir->db, &run);
	sql(dir->db, "PRAGMA foreign_keys = OFF;"
		     "UPDATE metric SET name = 'of_tomorrow' WHERE name = 'cpu_ns' "
		     "AND entity = 'service';"
		     "DELETE FROM hist WHERE metric_id = "
		     "(SELECT id FROM metric WHERE name = 'slice_ns');"
		     "DELETE FROM metric WHERE name = 'slice_ns';"
		     "UPDATE entity SET kind = 'gpu' WHERE kind = 'program'");
	for (i = 0; i < run.nr_phases; i++) {
		struct phase *phase = &run.phases[i];

		for (j = 0; j < phase->nr_services; j++) {
			phase->services[j].cpu_ns = 0;
			hist_free(&phase->services[j].slice_ns);
		}
		while (phase->nr_programs)
			free(phase->programs[--phase->nr_programs].name);
	}
	load_equals(dir->db, NULL, &run);
	run_free(&run);
}

static void check_split(const char *reference, const char *path, const char *selector)
{
	const char *got_selector;
	char *got_path;

	assert_int_equal(store_split_reference(reference, &got_path, &got_selector), 0);
	assert_string_equal(got_path, path);
	if (selector)
		assert_string_equal(got_selector, selector);
	else
		assert_null(got_selector);
	free(got_path);
}

static void test_split_reference(void **state)
{
	const struct dir *dir = *state;
	char reference[128];

	check_split("situ-none.db", "situ-none.db", NULL);
	check_split("situ-none.db:7", "situ-none.db", "7");
	check_split("a:b:7", "a:b", "7");
	check_split(":7", "", "7");
	write_file(dir->db, "", 0);
	check_split(dir->db, dir->db, NULL);
	snprintf(reference, sizeof(reference), "%s:", dir->db);
	check_split(reference, dir->db, "");
	snprintf(reference, sizeof(reference), "%s:demo 10:31:07", dir->db);
	check_split(reference, dir->db, "demo 10:31:07");
	snprintf(reference, sizeof(reference), "%s/a:b", dir->name);
	write_file(reference, "", 0);
	check_split(reference, reference, NULL);
	unlink(reference);
}

/* For the shell tests: the run of a JSON export into a new store, sealed as it says. */
static int make_from_json(const char *json, const char *path)
{
	struct err err = { 0 };
	struct run run = { 0 };
	struct store *store = NULL;
	char state[32];
	struct buf text;
	size_t i;
	int failed = buf_read_file(&text, json, 64 << 20) ||
		     import_json(text.data, text.len, &run, &err) ||
		     store_open(&store, path, STORE_WRITE, &err);

	if (!failed) {
		snprintf(state, sizeof(state), "%s", run.state);
		failed = store_begin_run(store, &run, &err);
	}
	for (i = 0; i < run.nr_phases && !failed; i++)
		failed = store_add_phase(store, run.id, &run.phases[i], &err);
	if (!failed && strcmp(state, "unfinished") != 0)
		failed = store_seal(store, run.id, state, run.duration_ns, &err);
	store_close(store);
	run_free(&run);
	buf_free(&text);
	return failed ? err_report(&err) : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_adding_a_run_again),
		TEST(test_bytes_of_runs),
		TEST(test_empty_run_and_bare_phase),
		TEST(test_unknown_real_and_largest_counter),
		TEST(test_selectors),
		TEST(test_many_runs_are_named_in_short),
		TEST(test_sealed_takes_no_more),
		TEST(test_state_must_be_known),
		TEST(test_failed_phase_leaves_nothing),
		TEST(test_metric_of_another_age),
		TEST(test_split_reference),
	};

	if (argc == 4 && strcmp(argv[1], "--make") == 0)
		return make_from_json(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
