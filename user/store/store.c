// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "user/store/db.h"
#include "user/store/writer.h"

int store_open(struct store **store, const char *path, enum store_mode mode, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));

	*store = NULL;
	if (s)
		s->path = strdup(path);
	if (!s || !s->path) {
		store_close(s);
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some", path);
	}
	if (db_open(s, mode, err)) {
		store_close(s);
		return -1;
	}
	*store = s;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_close(store->sql);
	free(store->path);
	free(store);
}

/* A random UUID (RFC 9562, version 4) for a run that has none. 0 or -1. */
static int make_uuid(struct store *store, struct run *run, struct err *err)
{
	unsigned char r[16];
	char text[40];

	if (run->uuid && *run->uuid)
		return 0;
	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return err_set(err, EXIT_FAILED, "cannot name a run for store '%s': %s",
			       store->path, strerror(errno));
	snprintf(text, sizeof(text),
		 "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0],
		 r[1], r[2], r[3], r[4], r[5], r[6] & 0xf, r[7], (r[8] & 0x3f) | 0x80, r[9], r[10],
		 r[11], r[12], r[13], r[14], r[15]);
	if (run_set_text(&run->uuid, text))
		return err_set(err, EXIT_FAILED, "out of memory for the run: free some");
	return 0;
}

static int insert_run(struct store *store, struct run *run, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(
		store,
		"INSERT INTO run (name, state, started_at_ns, kernel, situ_version, cpus, "
		"clock_source, plan, plan_hash, workload_hash, seed, trials, writer_pid, "
		"writer_start_ticks, writer_boot, writer_machine, uuid) "
		"VALUES (?, 'unfinished', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		err);
	/* A run that comes from elsewhere says what it was measured with. */
	const char *version =
		run->situ_version && *run->situ_version ? run->situ_version : SITU_VERSION;
	struct writer self;
	int failed = -1;

	writer_self(&self);
	if (stmt)
		failed =
			db_bind(store, stmt, err, "tutttttttuuuuttt", run->name, run->started_at_ns,
				run->kernel, version, run->cpus, run->clock_source, run->plan,
				run->plan_hash, run->workload_hash, run->seed, (u64)run->trials,
				self.pid, self.start_ticks, self.boot, self.machine, run->uuid) ||
			db_run(store, stmt, err);
	if (!failed)
		run->id = (u64)sqlite3_last_insert_rowid(store->sql);
	sqlite3_finalize(stmt);
	return failed;
}

static int insert_hosts(struct store *store, const struct run *run, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store, "INSERT INTO host VALUES (?, ?, ?)", err);
	int failed = stmt ? 0 : -1;
	size_t i;

	for (i = 0; i < run->nr_hosts && !failed; i++)
		failed = db_bind(store, stmt, err, "uut", run->id, (u64)i, run->hosts[i]) ||
			 db_run(store, stmt, err);
	sqlite3_finalize(stmt);
	return failed;
}

int db_insert_run(struct store *store, struct run *run, struct err *err)
{
	return make_uuid(store, run, err) || insert_run(store, run, err) ||
			       insert_hosts(store, run, err)
		       ? -1
		       : 0;
}

int store_begin_run(struct store *store, struct run *run, struct err *err)
{
	int failed;

	if (run_set_text(&run->state, "unfinished") || run_set_text(&run->uuid, ""))
		return err_set(err, EXIT_FAILED, "out of memory for the run: free some");
	if (db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	failed = db_insert_run(store, run, err);
	failed = db_end(store, failed, err);
	if (failed)
		run->id = 0;
	return failed;
}

int store_resume_run(struct store *store, const struct run *run, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store,
					"UPDATE run SET state = 'unfinished', trials = ?, "
					"writer_pid = ?, writer_start_ticks = ?, writer_boot = ?, "
					"writer_machine = ? WHERE id = ? AND state IN "
					"('interrupted', 'failed')",
					err);
	struct writer self;
	int failed = -1;

	writer_self(&self);
	if (stmt)
		failed = db_bind(store, stmt, err, "uuuttu", (u64)run->trials, self.pid,
				 self.start_ticks, self.boot, self.machine, run->id) ||
			 db_run(store, stmt, err);
	sqlite3_finalize(stmt);
	if (failed)
		return -1;
	if (sqlite3_changes(store->sql) == 1)
		return 0;
	return err_set(err, EXIT_FAILED,
		       "run %llu in '%s' is neither interrupted nor failed: there is nothing to "
		       "resume",
		       (unsigned long long)run->id, store->path);
}

int db_seal(struct store *store, u64 run_id, const char *state, u64 duration_ns, int *changed,
	    struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store,
					"UPDATE run SET state = ?, duration_ns = ? "
					"WHERE id = ? AND state = 'unfinished'",
					err);
	int failed = -1;

	if (stmt)
		failed = db_bind(store, stmt, err, "tuu", state, duration_ns, run_id) ||
			 db_run(store, stmt, err);
	*changed = failed ? 0 : sqlite3_changes(store->sql);
	sqlite3_finalize(stmt);
	return failed ? -1 : 0;
}

int store_seal(struct store *store, u64 run_id, const char *state, u64 duration_ns, struct err *err)
{
	int changed;

	if (db_seal(store, run_id, state, duration_ns, &changed, err))
		return -1;
	if (!changed)
		return err_set(
			err, EXIT_FAILED,
			"store '%s' has no unfinished run %llu to seal: it was sealed before",
			store->path, (unsigned long long)run_id);
	return 0;
}

/*
 * Seals run @run_id with the time from its start to the end of its last phase, all that is known
 * of how long it took.
 */
static int interrupt(struct store *store, u64 run_id, unsigned int *nr, struct err *err)
{
	sqlite3_stmt *stmt =
		db_prepare(store,
			   "SELECT max(0, coalesce(max(phase.started_at_ns + phase.duration_ns) "
			   "- run.started_at_ns, 0)) "
			   "FROM run LEFT JOIN phase ON run_id = run.id WHERE run.id = ?",
			   err);
	u64 duration_ns = 0;
	int row = -1, changed = 0;

	if (stmt && db_bind(store, stmt, err, "u", run_id) == 0)
		row = db_row(store, stmt, err);
	if (row > 0)
		duration_ns = db_u64(stmt, 0);
	sqlite3_finalize(stmt);
	if (row < 0 || db_seal(store, run_id, "interrupted", duration_ns, &changed, err))
		return -1;
	*nr += (unsigned int)changed;
	return 0;
}

static struct writer writer_of(sqlite3_stmt *stmt, int column)
{
	struct writer writer = { .pid = db_u64(stmt, column),
				 .start_ticks = db_u64(stmt, column + 1) };

	strncpy(writer.boot, db_text(stmt, column + 2), sizeof(writer.boot) - 1);
	strncpy(writer.machine, db_text(stmt, column + 3), sizeof(writer.machine) - 1);
	return writer;
}

int store_close_abandoned(struct store *store, unsigned int *nr, struct err *err)
{
	struct writer self, writer;
	sqlite3_stmt *stmt;
	int row = -1, failed = 0;

	*nr = 0;
	writer_self(&self);
	if (db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	stmt = db_prepare(store,
			  "SELECT id, writer_pid, writer_start_ticks, writer_boot, writer_machine "
			  "FROM run WHERE state = 'unfinished' ORDER BY id",
			  err);
	while (!failed && stmt && (row = db_row(store, stmt, err)) > 0) {
		writer = writer_of(stmt, 1);
		if (writer_gone(&writer, &self))
			failed = interrupt(store, db_u64(stmt, 0), nr, err);
	}
	sqlite3_finalize(stmt);
	return db_end(store, failed || row < 0, err);
}

static int is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int store_split_reference(const char *reference, char **path, const char **selector)
{
	char *colon;

	*selector = NULL;
	*path = strdup(reference);
	if (!*path)
		return -ENOMEM;
	if (is_file(*path))
		return 0;
	/* Names of files and of runs may hold colons: the first that ends a file's name counts. */
	for (colon = strchr(*path, ':'); colon; colon = strchr(colon + 1, ':')) {
		*colon = '\0';
		if (is_file(*path))
			break;
		*colon = ':';
	}
	if (!colon)
		colon = strrchr(*path, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	*selector = reference + (colon - *path) + 1;
	return 0;
}
