// SPDX-License-Identifier: GPL-2.0-only
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tests/unit/store_dir.h"
#include "user/base/buf.h"
#include "user/store/store.h"

/* Opening @path fails with @code and a line that holds @words. */
static void open_fails(const char *path, enum store_mode mode, enum exit_code code,
		       const char *words)
{
	struct err err = { 0 };
	struct store *store;

	assert_int_equal(store_open(&store, path, mode, &err), -1);
	assert_null(store);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_int_equal(err.code, code);
}

static void test_missing_and_misnamed(void **state)
{
	const struct dir *dir = *state;
	char deep[128];

	open_fails(dir->db, STORE_READ, EXIT_USAGE, "there is no store");
	open_fails("", STORE_READ, EXIT_USAGE, "there is no store");
	open_fails(":memory:", STORE_READ, EXIT_USAGE, "there is no store ':memory:'");
	open_fails(dir->name, STORE_READ, EXIT_USAGE, "is not a file");
	open_fails(dir->name, STORE_WRITE, EXIT_USAGE, "is not a file");
	snprintf(deep, sizeof(deep), "%s/no/situ.db", dir->name);
	open_fails(deep, STORE_WRITE, EXIT_FAILED, "No such file or directory");
	assert_int_equal(access(dir->db, F_OK), -1);
}

static void test_not_a_store(void **state)
{
	const struct dir *dir = *state;

	write_file(dir->db, "placements:\n  packed: {}\n", 25);
	open_fails(dir->db, STORE_READ, EXIT_USAGE, "is not a situ store");
	open_fails(dir->db, STORE_WRITE, EXIT_USAGE, "is not a situ store");
	sql(dir->other, "CREATE TABLE t (a); PRAGMA user_version = 1");
	open_fails(dir->other, STORE_READ, EXIT_USAGE, "SQLite database but not a situ store");
	open_fails(dir->other, STORE_WRITE, EXIT_USAGE, "SQLite database but not a situ store");
}

static void test_empty_file(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);

	write_file(dir->db, "", 0);
	open_fails(dir->db, STORE_READ, EXIT_USAGE, "is empty");
	make_store(dir->db, &run); /* as after `mktemp` */
	load_equals(dir->db, NULL, &run);
	store_close(open_ok(dir->other, STORE_WRITE));
	load_fails(dir->other, NULL, "has no run yet");
	run_free(&run);
}

static void test_newer_schema(void **state)
{
	const struct dir *dir = *state;

	store_close(open_ok(dir->db, STORE_WRITE));
	sql(dir->db, "PRAGMA user_version = 6");
	open_fails(dir->db, STORE_READ, EXIT_USAGE, "has schema 6, this situ knows up to 5");
	open_fails(dir->db, STORE_WRITE, EXIT_USAGE, "use a newer situ");
	sql(dir->db, "PRAGMA user_version = 0");
	open_fails(dir->db, STORE_WRITE, EXIT_FAILED, "is damaged");
}

static void test_truncated(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	struct buf whole;
	size_t len;

	make_store(dir->db, &run);
	assert_int_equal(access(dir->wal, F_OK), -1); /* all is in the one file */
	assert_int_equal(buf_read_file(&whole, dir->db, 64 << 20), 0);
	for (len = whole.len - 1; len > 100; len = len * 2 / 3) {
		write_file(dir->other, whole.data, len);
		load_fails(dir->other, NULL, "other.db' is");
	}
	buf_free(&whole);
	run_free(&run);
}

/* Whatever bytes are wrong, loading ends, in a run or in a line. */
static void test_flipped_bytes(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED), loaded = { 0 };
	u64 seed = SEED;
	struct buf whole;
	int i, j, failed = 0;

	make_store(dir->db, &run);
	assert_int_equal(buf_read_file(&whole, dir->db, 64 << 20), 0);
	for (i = 0; i < 60; i++) {
		struct buf copy = buf_init(64 << 20);
		struct err err = { 0 };
		struct store *store;

		assert_int_equal(buf_add(&copy, whole.data, whole.len), 0);
		for (j = 0; j < 1 << (i % 11); j++)
			copy.data[random_u64(&seed) % copy.len] = (char)random_u64(&seed);
		write_file(dir->other, copy.data, copy.len);
		buf_free(&copy);
		if (store_open(&store, dir->other, STORE_READ, &err) ||
		    store_load_run(store, NULL, &loaded, &err)) {
			failed++;
			assert_int_not_equal(err.text[0], 0);
			assert_int_equal(loaded.nr_phases, 0);
		}
		store_close(store);
		run_free(&loaded);
	}
	assert_true(failed > 10);
	buf_free(&whole);
	run_free(&run);
}

static void test_damaged_rows(void **state)
{
	static const char *const damage[] = {
		"UPDATE hist SET count = count + 1",
		"UPDATE hist SET sub_bits = 7 WHERE buckets IS NOT NULL",
		"UPDATE hist SET sub_bits = -1 WHERE buckets IS NOT NULL",
		"UPDATE hist SET buckets = x'ff' WHERE buckets IS NOT NULL",
		"UPDATE hist SET buckets = 'text' WHERE buckets IS NOT NULL",
		"UPDATE hist SET metric_id = (SELECT id FROM metric WHERE name = 'codes')"
		" WHERE metric_id = (SELECT id FROM metric WHERE name = 'latency_ns')",
		"UPDATE entity SET parent_id = NULL",
		"UPDATE place SET slices = x'ff'",
		"UPDATE place SET path = 'web'",
		"UPDATE span SET parent = seq WHERE seq = 2",
		"UPDATE span SET parent = 4294967296 WHERE seq = 2",
		"UPDATE span SET parent = NULL WHERE seq = 2",
		"UPDATE span SET disk_ns = -1 WHERE seq = 2",
		"UPDATE trace SET weight = -1",
	};
	const struct dir *dir = *state;
	struct run run = random_run(SEED);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(damage); i++) {
		make_store(dir->db, &run);
		sql(dir->db, damage[i]);
		load_fails(dir->db, NULL, "is damaged");
		unlink(dir->db);
	}
	run_free(&run);
}

/* A store may come from anybody: no text of it reaches a terminal as it is. */
static void test_hostile_texts(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED), loaded = { 0 };
	struct err err = { 0 };
	struct store *store;
	size_t i;

	make_store(dir->db, &run);
	sql(dir->db, "UPDATE place SET path = path || char(10) || char(27) || '[2J' || "
		     "CAST(x'ff' AS TEXT) WHERE path != '';"
		     "UPDATE trace SET endpoint = char(27), flaws = char(8238);"
		     "UPDATE span SET client = CAST(x'ff' AS TEXT), server = char(27), "
		     "server_addr = char(10)");
	store = open_ok(dir->db, STORE_READ);
	assert_int_equal(store_load_run(store, NULL, &loaded, &err), 0);
	for (i = 0; i < loaded.nr_phases; i++) {
		const struct phase *phase = &loaded.phases[i];

		assert_string_equal(phase->profiles[0].places[0].path, "");
		assert_string_equal(phase->profiles[0].places[1].path, "web\n?[2J?");
		assert_string_equal(phase->traces[0].endpoint, "?");
		assert_string_equal(phase->traces[0].flaws, "?");
		assert_string_equal(phase->traces[0].spans[1].client, "?");
		assert_string_equal(phase->traces[0].spans[1].server, "?");
		assert_string_equal(phase->traces[0].spans[1].server_addr, "?");
	}
	store_close(store);
	run_free(&run);
	run_free(&loaded);
}

/* Runs the rest of the test as a user that rights apply to. */
static void become_nobody(const struct dir *dir)
{
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(dir->name, 65534, 65534), 0);
	assert_int_equal(chown(dir->db, 65534, 65534), 0);
	assert_int_equal(seteuid(65534), 0);
}

static void become_self(void)
{
	assert_int_equal(seteuid(getuid()), 0);
	/* The change of user took this away, and a leak checker needs it. */
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
}

static void test_read_only_directory(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED);

	make_store(dir->db, &run);
	become_nobody(dir);
	assert_int_equal(chmod(dir->name, 0555), 0);
	load_equals(dir->db, NULL, &run);
	open_fails(dir->other, STORE_WRITE, EXIT_FAILED, "Permission denied");
	open_fails(dir->db, STORE_WRITE, EXIT_FAILED, "check the rights");
	assert_int_equal(chmod(dir->db, 0444), 0);
	load_equals(dir->db, NULL, &run);
	open_fails(dir->db, STORE_WRITE, EXIT_FAILED, "check the rights");
	assert_int_equal(chmod(dir->db, 0), 0);
	open_fails(dir->db, STORE_READ, EXIT_FAILED, "check the rights");
	assert_int_equal(chmod(dir->name, 0755), 0);
	become_self();
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_missing_and_misnamed),
		TEST(test_not_a_store),
		TEST(test_empty_file),
		TEST(test_newer_schema),
		TEST(test_truncated),
		TEST(test_flipped_bytes),
		TEST(test_damaged_rows),
		TEST(test_hostile_texts),
		TEST(test_read_only_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
