// SPDX-License-Identifier: GPL-2.0-only
/* Whole runs: what a store has, taking one out, putting one in. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/store/db.h"
#include "user/store/writer.h"

static int out_of_memory(const struct store *store, struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some", store->path);
}

void store_list_free(struct store_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		free(list->run[i].uuid);
		free(list->run[i].name);
		free(list->run[i].state);
	}
	free(list->run);
	*list = (struct store_list){ 0 };
}

static struct writer writer_of(sqlite3_stmt *row, int column)
{
	struct writer writer = { .pid = db_u64(row, column),
				 .start_ticks = db_u64(row, column + 1) };

	strncpy(writer.boot, db_text(row, column + 2), sizeof(writer.boot) - 1);
	strncpy(writer.machine, db_text(row, column + 3), sizeof(writer.machine) - 1);
	return writer;
}

/* Appends the current row of @stmt. 0 or -1. */
static int append(struct store *store, sqlite3_stmt *row, struct store_list *list, struct err *err)
{
	struct store_run *grown = realloc(list->run, (list->nr + 1) * sizeof(*list->run)), *run;
	struct writer self, writer = writer_of(row, 9);

	if (!grown)
		return out_of_memory(store, err);
	list->run = grown;
	run = &grown[list->nr++];
	*run = (struct store_run){
		.id = db_u64(row, 0),
		.started_at_ns = db_u64(row, 4),
		.duration_ns = db_u64(row, 5),
		.placements = db_u64(row, 6),
		.phases = db_u64(row, 7),
		.bytes = db_u64(row, 8),
	};
	if (run_set_text(&run->uuid, db_text(row, 1)) ||
	    run_set_text(&run->name, db_text(row, 2)) || run_set_text(&run->state, db_text(row, 3)))
		return out_of_memory(store, err);
	writer_self(&self);
	run->goes_on = strcmp(run->state, "unfinished") == 0 && !writer_gone(&writer, &self);
	return 0;
}

/*
 * Bytes: what the run's texts and histograms hold, and 12 of SQLite's own per row and number (90
 * for the 20 numbers of a span), which came within a third of the files of recordings and
 * experiments.
 */
int store_list_runs(struct store *store, struct store_list *list, struct err *err)
{
	static const char head
		[] = ", name, state, started_at_ns, duration_ns, "
		     "(SELECT count(DISTINCT placement) FROM phase WHERE run_id = run.id "
		     "AND placement != ''), "
		     "(SELECT count(*) FROM phase WHERE run_id = run.id), "
		     "(SELECT coalesce(sum(60 + length(e.kind) + length(e.name) + length(host) + "
		     "length(peer) + length(peer_addr) + length(op) + "
		     "(SELECT 12 * count(*) FROM value WHERE entity_id = e.id) + "
		     "(SELECT coalesce(sum(36 + coalesce(length(buckets), 0)), 0) FROM hist "
		     "WHERE entity_id = e.id) + ",
	    places[] = "(SELECT coalesce(sum(24 + length(path) + length(slices)), 0) FROM place "
		       "WHERE entity_id = e.id) + ",
	    tallies[] =
		    "(SELECT coalesce(sum(16 + length(label)), 0) FROM tally WHERE entity_id = e.id)), "
		    "0) FROM entity e JOIN phase ON phase.id = phase_id WHERE run_id = run.id)",
	    traces[] = " + (SELECT coalesce(sum(24 + length(endpoint) + length(flaws) + "
		       "(SELECT coalesce(sum(90 + length(client) + length(server) + "
		       "length(server_addr)), 0) FROM span WHERE trace_id = trace.id)), 0) "
		       "FROM trace JOIN phase ON phase.id = phase_id WHERE run_id = run.id)",
	    tail[] =
		    ", writer_pid, writer_start_ticks, writer_boot, writer_machine FROM run ORDER BY id";
	char sql[2048];
	sqlite3_stmt *stmt;
	int row = -1, failed = 0;

	*list = (struct store_list){ 0 };
	snprintf(sql, sizeof(sql), "SELECT id, %s%s%s%s%s%s",
		 store->version < 3 ? DB_OLD_UUID : "uuid", head, store->version < 4 ? "" : places,
		 tallies, store->version < 4 ? "" : traces, tail);
	stmt = db_prepare(store, sql, err);
	while (!failed && stmt && (row = db_row(store, stmt, err)) > 0)
		failed = append(store, stmt, list, err);
	sqlite3_finalize(stmt);
	if (!failed && row == 0)
		return 0;
	store_list_free(list);
	return -1;
}

/* Takes run @run_id out, within the caller's transaction. */
static int delete_run(struct store *store, u64 run_id, struct err *err)
{
	/* All below it goes by the tables' own ON DELETE CASCADE. */
	sqlite3_stmt *stmt = db_prepare(store, "DELETE FROM run WHERE id = ?", err);
	int failed = -1;

	if (stmt)
		failed = db_bind(store, stmt, err, "u", run_id) || db_run(store, stmt, err);
	sqlite3_finalize(stmt);
	return failed ? -1 : 0;
}

static int refuse_going(struct store *store, u64 run_id, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store,
					"SELECT state, writer_pid, writer_start_ticks, "
					"writer_boot, writer_machine FROM run WHERE id = ?",
					err);
	struct writer self, writer;
	int row = -1;

	if (stmt && db_bind(store, stmt, err, "u", run_id) == 0)
		row = db_row(store, stmt, err);
	if (row == 0)
		row = err_set(err, EXIT_USAGE, "store '%s' has no run %" PRIu64, store->path,
			      run_id);
	if (row > 0) {
		writer = writer_of(stmt, 1);
		writer_self(&self);
		if (strcmp(db_text(stmt, 0), "unfinished") == 0 && !writer_gone(&writer, &self))
			row = err_set(err, EXIT_FAILED,
				      "run %" PRIu64 " in '%s' is still being measured by process "
				      "%" PRIu64 ": end that first",
				      run_id, store->path, writer.pid);
	}
	sqlite3_finalize(stmt);
	return row > 0 ? 0 : -1;
}

int store_remove_runs(struct store *store, const u64 *run_id, size_t nr, struct err *err)
{
	int failed = 0;
	size_t i;

	if (db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	for (i = 0; i < nr && !failed; i++)
		failed = refuse_going(store, run_id[i], err) || delete_run(store, run_id[i], err);
	return db_end(store, failed ? -1 : 0, err);
}

int store_shrink(struct store *store, struct err *err)
{
	/* The log, through which VACUUM writes, is emptied into the file, too. */
	return db_exec(store, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", err);
}

/* The run with @uuid: its id (0: none) and how many phases it has. */
static int find_uuid(struct store *store, const char *uuid, u64 *id, u64 *phases, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store,
					"SELECT id, (SELECT count(*) FROM phase WHERE run_id = "
					"run.id) FROM run WHERE uuid = ?",
					err);
	int row = -1;

	*id = *phases = 0;
	if (stmt && db_bind(store, stmt, err, "t", uuid) == 0)
		row = db_row(store, stmt, err);
	if (row > 0) {
		*id = db_u64(stmt, 0);
		*phases = db_u64(stmt, 1);
	}
	sqlite3_finalize(stmt);
	return row < 0 ? -1 : 0;
}

static int put_in(struct store *store, struct run *run, const char *state, struct err *err)
{
	int changed;

	if (db_insert_run(store, run, err) ||
	    db_insert_phases(store, run->id, run->phases, run->nr_phases, err) ||
	    db_seal(store, run->id, state, run->duration_ns, &changed, err))
		return -1;
	return run_set_text(&run->state, state) ? out_of_memory(store, err) : 0;
}

int store_add_run(struct store *store, struct run *run, enum store_added *added, struct err *err)
{
	bool sealed = run->state && strcmp(run->state, "unfinished") != 0;
	char state[16];
	u64 id = 0, phases = 0;
	int failed = 0;

	*added = STORE_ADDED_NEW;
	snprintf(state, sizeof(state), "%s", sealed && *run->state ? run->state : "interrupted");
	if (db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	if (run->uuid && *run->uuid)
		failed = find_uuid(store, run->uuid, &id, &phases, err);
	if (!failed && id && phases >= run->nr_phases) {
		*added = STORE_ADDED_NOTHING;
		run->id = id;
		return db_end(store, 0, err);
	}
	if (!failed && id) {
		*added = STORE_ADDED_MORE;
		failed = refuse_going(store, id, err) || delete_run(store, id, err);
	}
	if (!failed)
		failed = put_in(store, run, state, err);
	return db_end(store, failed ? -1 : 0, err);
}
