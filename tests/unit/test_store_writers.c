// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/store_dir.h"
#include "user/store/store.h"
#include "user/store/writer.h"

static void test_locked_by_another(void **state)
{
	const struct dir *dir = *state;
	struct run run = random_run(SEED), late = random_run(SEED + 1);
	struct err err = { 0 };
	struct store *store;
	sqlite3 *other;

	make_store(dir->db, &run);
	store = open_ok(dir->db, STORE_WRITE);
	assert_int_equal(sqlite3_open(dir->db, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin_run(store, &late, &err), -1);
	assert_non_null(strstr(err.text, "is locked by another writer"));
	assert_int_equal(err.code, EXIT_FAILED);
	assert_int_equal(late.id, 0);
	load_equals(dir->db, NULL, &run); /* who only reads does not wait */
	sqlite3_close(other);
	store_close(store);
	run_free(&run);
	run_free(&late);
}

/* Two processes make one store and write to it at once: both runs are in it, whole. */
static void test_two_writers(void **state)
{
	const struct dir *dir = *state;
	struct run run;
	pid_t child[2];
	int i, status;

	for (i = 0; i < 2; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0) {
			run = random_run(SEED);
			make_store(dir->db, &run);
			run_free(&run);
			_exit(0);
		}
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	run = random_run(SEED);
	run.duration_ns = 61000000007ULL;
	run_set_text(&run.state, "finished");
	for (i = 0; i < 2; i++) {
		struct store *store = open_ok(dir->db, STORE_READ);
		struct store_list list;

		assert_int_equal(store_list_runs(store, &list, &(struct err){ 0 }), 0);
		assert_int_equal(list.nr, 2);
		assert_string_not_equal(list.run[0].uuid, list.run[1].uuid);
		run.id = (u64)i + 1;
		run_set_text(&run.uuid, list.run[i].uuid);
		store_list_free(&list);
		store_close(store);
		load_equals(dir->db, i ? "2" : "1", &run);
	}
	run_free(&run);
}

/* Another maker of the store, who comes just before some statement of ours. */
static struct {
	const char *path;
	unsigned int before; /* the statement, from 1 */
	unsigned int seen;
} rival;

/* A statement begins: it has no lock yet. One within another, or within a transaction, is passed
 * by: the file is locked then. */
static int on_statement(unsigned int event, void *arg, void *at, void *sql)
{
	sqlite3 *db = arg;
	sqlite3_stmt *stmt;

	(void)event;
	(void)sql;
	for (stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
		if (stmt != at && sqlite3_stmt_busy(stmt))
			return 0;
	}
	if (!sqlite3_get_autocommit(db) || ++rival.seen != rival.before)
		return 0;
	store_close(open_ok(rival.path, STORE_WRITE));
	return 0;
}

static int watch_statements(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	if (rival.seen < rival.before)
		sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, db);
	return SQLITE_OK;
}

/* Whenever another one makes the store that we open: we find no file, or a store, nothing between.
 */
static void test_two_makers(void **state)
{
	const struct dir *dir = *state;

	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch_statements), SQLITE_OK);
	rival.path = dir->db;
	rival.before = 0;
	do {
		remove_stores(dir);
		rival.before++;
		rival.seen = 0;
		store_close(open_ok(dir->db, STORE_WRITE));
		store_close(open_ok(dir->db, STORE_READ));
	} while (rival.seen >= rival.before);
	sqlite3_reset_auto_extension();
	/* The settings, the identity, the switch to WAL, the transaction. */
	assert_true(rival.before > 4);
}

/* Adds phases until it is killed, telling @tell of each that the store said it has. */
static void write_until_killed(const char *path, int tell)
{
	struct store *store = open_ok(path, STORE_WRITE);
	struct run run = random_run(SEED);
	struct err err = { 0 };
	unsigned int trial;

	if (store_begin_run(store, &run, &err))
		_exit(1);
	for (trial = 1; trial < 100000; trial++) {
		run.phases[0].trial = trial;
		if (store_add_phase(store, run.id, &run.phases[0], &err) ||
		    write(tell, "+", 1) != 1)
			_exit(1);
	}
	_exit(1);
}

/* Kills a writer some time after its @after-th phase; returns how many it told of. */
static unsigned int kill_writer(const char *path, unsigned int after)
{
	unsigned int told = 0;
	int pipe_fd[2], status;
	pid_t child;
	char c;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_fd[0]);
		write_until_killed(path, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	while (told < after && read(pipe_fd[0], &c, 1) == 1)
		told++;
	usleep(after * 373 % 5000);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(pipe_fd[0], &c, 1) == 1)
		told++;
	close(pipe_fd[0]);
	return told;
}

static void test_killed_writer(void **state)
{
	const struct dir *dir = *state;
	struct run expected = random_run(SEED);
	unsigned int after, told, nr, i;
	struct err err = { 0 };

	for (after = 0; after < 13; after++) {
		struct run run = { 0 };
		struct store *store;

		told = kill_writer(dir->db, after);
		if (told == 0) {
			/* It may have died before there was a store, or a run. */
			store = open_ok(dir->db, STORE_WRITE);
			assert_int_equal(store_close_abandoned(store, &nr, &err), 0);
			store_close(store);
			continue;
		}
		store = open_ok(dir->db, STORE_READ);
		assert_int_equal(store_load_run(store, NULL, &run, &err), 0);
		assert_string_equal(run.state, "unfinished");
		assert_true(run.nr_phases == told || run.nr_phases == told + 1);
		for (i = 0; i < run.nr_phases; i++) {
			expected.phases[0].trial = i + 1;
			assert_phases_equal(&run.phases[i], &expected.phases[0]);
		}
		run_free(&run);
		store_close(store);

		store = open_ok(dir->db, STORE_WRITE);
		assert_int_equal(store_close_abandoned(store, &nr, &err), 0);
		assert_int_equal(nr, 1);
		assert_int_equal(store_close_abandoned(store, &nr, &err), 0);
		assert_int_equal(nr, 0);
		assert_int_equal(store_load_run(store, NULL, &run, &err), 0);
		assert_string_equal(run.state, "interrupted");
		assert_true(run.duration_ns > expected.phases[0].duration_ns);
		run_free(&run);
		store_close(store);
	}
	run_free(&expected);
}

static void test_own_run_is_not_abandoned(void **state)
{
	const struct dir *dir = *state;
	struct store *store = open_ok(dir->db, STORE_WRITE);
	struct run run = { 0 };
	struct err err = { 0 };
	unsigned int nr;

	assert_int_equal(store_begin_run(store, &run, &err), 0);
	assert_int_equal(store_close_abandoned(store, &nr, &err), 0);
	assert_int_equal(nr, 0);
	sql(dir->db, "UPDATE run SET writer_machine = 'another', writer_boot = 'other'");
	assert_int_equal(store_close_abandoned(store, &nr, &err), 0);
	assert_int_equal(nr, 0);
	run_free(&run);
	store_close(store);
}

static void test_writer_gone(void **state)
{
	struct writer self, other;
	(void)state;

	writer_self(&self);
	assert_int_equal(self.pid, getpid());
	assert_true(self.start_ticks > 0);
	assert_int_equal(strlen(self.boot), 36);
	assert_false(writer_gone(&self, &self));
	other = self;
	other.start_ticks--; /* its number was given to another process since */
	assert_true(writer_gone(&other, &self));
	other = self;
	other.boot[0] ^= 1;
	assert_true(writer_gone(&other, &self));
	other = self;
	other.pid = 1ULL << 40;
	assert_true(writer_gone(&other, &self));
	snprintf(other.machine, sizeof(other.machine), "another");
	assert_false(writer_gone(&other, &self));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_locked_by_another),
		TEST(test_two_writers),
		TEST(test_two_makers),
		TEST(test_killed_writer),
		TEST(test_own_run_is_not_abandoned),
		TEST(test_writer_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
