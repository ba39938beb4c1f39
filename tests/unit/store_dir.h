/* SPDX-License-Identifier: GPL-2.0-only */
/* Stores in a directory of each test's own. */
#ifndef SITU_TESTS_STORE_DIR_H
#define SITU_TESTS_STORE_DIR_H

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/random_run.h"
#include "user/store/db.h"

#define SEED	   20250131

/* One with such a directory as its state. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A directory of each test's own; path[] are files in it. */
struct dir {
	char name[64];
	char db[96], other[96], wal[96];
};

static inline int set_up(void **state)
{
	struct dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return -1;
	snprintf(dir->name, sizeof(dir->name), "/tmp/situ-test-store-XXXXXX");
	if (!mkdtemp(dir->name)) {
		free(dir);
		return -1;
	}
	snprintf(dir->db, sizeof(dir->db), "%s/situ.db", dir->name);
	snprintf(dir->wal, sizeof(dir->wal), "%s/situ.db-wal", dir->name);
	snprintf(dir->other, sizeof(dir->other), "%s/other.db", dir->name);
	*state = dir;
	return 0;
}

static inline void remove_stores(const struct dir *dir)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", dir->db, ends[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s%s", dir->other, ends[i]);
		unlink(path);
	}
}

static inline int tear_down(void **state)
{
	struct dir *dir = *state;

	remove_stores(dir);
	rmdir(dir->name);
	free(dir);
	return 0;
}

static inline struct store *open_ok(const char *path, enum store_mode mode)
{
	struct err err = { 0 };
	struct store *store;

	if (store_open(&store, path, mode, &err))
		fail_msg("%s", err.text);
	assert_non_null(store);
	return store;
}

static inline void add_phases(struct store *store, struct run *run)
{
	struct err err = { 0 };
	size_t i;

	if (store_begin_run(store, run, &err))
		fail_msg("%s", err.text);
	for (i = 0; i < run->nr_phases; i++) {
		if (store_add_phase(store, run->id, &run->phases[i], &err))
			fail_msg("%s", err.text);
	}
}

/* A store at @path that holds @run, sealed. */
static inline void make_store(const char *path, struct run *run)
{
	struct store *store = open_ok(path, STORE_WRITE);
	struct err err = { 0 };

	add_phases(store, run);
	if (store_seal(store, run->id, "finished", 61000000007ULL, &err))
		fail_msg("%s", err.text);
	run->duration_ns = 61000000007ULL;
	assert_int_equal(run_set_text(&run->state, "finished"), 0);
	store_close(store);
}

static inline void load_equals(const char *path, const char *selector, const struct run *expected)
{
	struct store *store = open_ok(path, STORE_READ);
	struct run run = { 0 };
	struct err err = { 0 };
	size_t i;

	if (store_load_run(store, selector, &run, &err))
		fail_msg("%s", err.text);
	assert_runs_equal(&run, expected);
	for (i = 0; i < run.nr_phases; i++)
		assert_traces_equal(&run.phases[i], &expected->phases[i]);
	run_free(&run);
	store_close(store);
}

static inline void load_fails(const char *path, const char *selector, const char *words)
{
	struct err err = { 0 };
	struct run run = { 0 };
	struct store *store;

	if (store_open(&store, path, STORE_READ, &err) == 0)
		assert_int_equal(store_load_run(store, selector, &run, &err), -1);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_int_not_equal(err.code, EXIT_OK);
	assert_int_equal(run.nr_phases, 0);
	store_close(store);
}

static inline void sql(const char *path, const char *statements)
{
	char *text = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, statements, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("%s", text);
	sqlite3_close(db);
}

static inline void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#endif
