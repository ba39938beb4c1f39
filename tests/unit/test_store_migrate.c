// SPDX-License-Identifier: GPL-2.0-only
/* Stores of older layouts: read as they are, brought up to date when they are written to. */
#include "tests/unit/store_dir.h"
#include "user/base/buf.h"

/* Makes @path a store of layout 1. */
static void make_old(const char *path)
{
	struct buf text;

	assert_int_equal(buf_read_file(&text, "tests/golden/store-1.sql", 1 << 20), 0);
	sql(path, text.data);
	buf_free(&text);
}

static void assert_old_run(const char *path)
{
	struct store *store = open_ok(path, STORE_READ);
	struct run run = { 0 };
	struct err err = { 0 };

	if (store_load_run(store, NULL, &run, &err))
		fail_msg("%s", err.text);
	assert_string_equal(run.name, "old");
	assert_string_equal(run.situ_version, "0.1.0");
	assert_string_equal(run.plan, "");
	assert_int_equal(run.trials, 0);
	assert_int_equal(run.duration_ns, 61000000007);
	assert_int_equal(run.nr_hosts, 1);
	assert_int_equal(run.nr_phases, 2);
	assert_string_equal(run.phases[1].placement, "spread");
	assert_int_equal(run.phases[1].attempt, 1);
	assert_true(phase_counts(&run.phases[1]));
	assert_int_equal(run.phases[1].duration_ns, 10000000002);
	assert_int_equal(run.phases[0].services[0].cpu_ns, 1000000007);
	assert_int_equal(run.phases[1].services[0].cpu_ns, 2000000011);
	assert_int_equal(run.phases[1].endpoints[0].latency_ns.count, 7);
	run_free(&run);
	store_close(store);
}

/* The first column of the only row of @query. */
static sqlite3_int64 number(const char *path, const char *query)
{
	sqlite3_int64 value;
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

static void an_old_store_is_read_as_it_is(void **state)
{
	const struct dir *dir = *state;

	make_old(dir->db);
	assert_old_run(dir->db);
	assert_int_equal(number(dir->db, "PRAGMA user_version"), 1);
}

static void writing_brings_it_up_to_date(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);

	make_old(dir->db);
	store_close(open_ok(dir->db, STORE_WRITE));
	assert_int_equal(number(dir->db, "PRAGMA user_version"), STORE_LAYOUT);
	assert_int_equal(number(dir->db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(number(dir->db, "SELECT count(*) FROM named_value"), 2);
	assert_old_run(dir->db);
	make_store(dir->db, &run); /* takes what only the new layout can hold */
	load_equals(dir->db, NULL, &run);
	run_free(&run);
}

/* Whoever reads the file by SQL must not have to know how old it is. */
static void it_is_then_like_a_new_one(void **state)
{
	static const char columns[] =
		"SELECT count(*) FROM (SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, "
		"c.pk FROM sqlite_master m, pragma_table_info(m.name) c EXCEPT "
		"SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk "
		"FROM other.sqlite_master m, pragma_table_info(m.name, 'other') c)";
	const struct dir *dir = *state;
	char query[1024];
	char *text = NULL;
	sqlite3_stmt *stmt;
	sqlite3 *db;

	make_old(dir->db);
	store_close(open_ok(dir->db, STORE_WRITE));
	store_close(open_ok(dir->other, STORE_WRITE));
	assert_int_equal(sqlite3_open(dir->other, &db), SQLITE_OK);
	snprintf(query, sizeof(query), "ATTACH '%s' AS other", dir->db);
	assert_int_equal(sqlite3_exec(db, query, NULL, NULL, &text), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, columns, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int64(stmt, 0), 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* A name that the migration wants to use is taken: the store stays as it was, and says so. */
static void a_failed_migration_changes_nothing(void **state)
{
	const struct dir *dir = *state;
	struct err err = { 0 };
	struct store *store;

	make_old(dir->db);
	sql(dir->db, "CREATE TABLE phase_2 (a)");
	assert_int_equal(store_open(&store, dir->db, STORE_WRITE, &err), -1);
	assert_int_not_equal(err.code, EXIT_OK);
	assert_int_equal(number(dir->db, "PRAGMA user_version"), 1);
	assert_old_run(dir->db);
}

static void a_run_is_resumed_once_it_is_sealed(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	struct err err = { 0 };
	struct store *store;

	make_store(dir->db, &run);
	store = open_ok(dir->db, STORE_WRITE);
	assert_int_equal(store_resume_run(store, &run, &err), -1); /* it is finished */
	assert_int_equal(store_begin_run(store, &run, &(struct err){ 0 }), 0);
	assert_int_equal(store_resume_run(store, &run, &(struct err){ 0 }), -1); /* it goes on */
	assert_int_equal(store_add_phases(store, run.id, run.phases, 2, &err), 0);
	assert_int_equal(store_seal(store, run.id, "interrupted", 1, &err), 0);
	run.trials = 11;
	assert_int_equal(store_resume_run(store, &run, &err), 0);
	/* All of a trial or nothing: the second phase is there already. */
	assert_int_equal(store_add_phases(store, run.id, &run.phases[0], 1, &err), -1);
	assert_int_equal(store_add_phases(store, run.id, &run.phases[2], 5, &(struct err){ 0 }), 0);
	assert_int_equal(store_seal(store, run.id, "finished", 5, &(struct err){ 0 }), 0);
	store_close(store);
	run.duration_ns = 5;
	assert_int_equal(run_set_text(&run.state, "finished"), 0);
	load_equals(dir->db, NULL, &run);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_old_store_is_read_as_it_is),	  TEST(writing_brings_it_up_to_date),
		TEST(it_is_then_like_a_new_one),	  TEST(a_failed_migration_changes_nothing),
		TEST(a_run_is_resumed_once_it_is_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
