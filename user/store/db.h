/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's way to SQLite, for the files of this folder only. */
#ifndef SITU_STORE_DB_H
#define SITU_STORE_DB_H

#include <sqlite3.h>

#include "user/base/err.h"
#include "user/base/types.h"
#include "user/store/store.h"

#define STORE_LAYOUT 5

struct store {
	sqlite3 *sql;
	char *path;
	u64 version; /* of its layout: below STORE_LAYOUT only in STORE_READ */
};

/*
 * Opens @store->path (store->path must be set) and proves that it is a situ store of a schema that
 * this program knows, in one clear line otherwise; makes one in STORE_WRITE. 0 or -1; the caller
 * closes in any case.
 */
int db_open(struct store *store, enum store_mode mode, struct err *err);

/*
 * Sets @err to what SQLite's last failure means for the user of the store. @doing is what was
 * tried: "read", "write to". Returns -1.
 */
int db_fail(const struct store *store, const char *doing, struct err *err);

/* Sets @err: the content of the store makes no sense (@what). Returns -1. */
int db_damaged(const struct store *store, const char *what, struct err *err);

/* Runs the statements of @sql that return no rows. 0 or -1. */
int db_exec(struct store *store, const char *sql, struct err *err);

/* A prepared statement that the caller finalizes, or NULL. */
sqlite3_stmt *db_prepare(struct store *store, const char *sql, struct err *err);

/*
 * Binds the values behind @types to the parameters of @stmt, from the first: 'u' u64, 'p' u64 that
 * is SQL NULL when 0, 'r' double, 't' const char * (NULL is ""; must live until the statement ran).
 * '0' takes no value and binds SQL NULL. 0 or -1.
 */
int db_bind(struct store *store, sqlite3_stmt *stmt, struct err *err, const char *types, ...);

/* The next row: 1, 0 when there is none (@stmt is then reset), or -1. */
int db_row(struct store *store, sqlite3_stmt *stmt, struct err *err);

/* Runs the bound @stmt that returns no rows, and resets it. 0 or -1. */
int db_run(struct store *store, sqlite3_stmt *stmt, struct err *err);

/* Ends a transaction: commits when @failed is 0, else rolls back. @failed, or -1 with @err. */
int db_end(struct store *store, int failed, struct err *err);

/* What entity.op of a hop says when its calls are the requests themselves. */
#define HOP_ENTRY   "entry"

/* What stores below layout 3 have in the place of run.uuid: see migrate-3.sql. */
#define DB_OLD_UUID "writer_machine || '.' || writer_boot || '.' || started_at_ns || '.' || id"

/* Writes the run, unfinished, and its hosts; sets run->id and, where it has none, run->uuid. In a
 * transaction of the caller's, as the next ones. 0 or -1. */
int db_insert_run(struct store *store, struct run *run, struct err *err);

/* Writes the @nr phases @phase to the unfinished run @run_id. 0 or -1. */
int db_insert_phases(struct store *store, u64 run_id, const struct phase *phase, size_t nr,
		     struct err *err);

/* Writes the kept traces of @phase, whose row is @phase_id. 0 or -1. */
int db_insert_traces(struct store *store, u64 phase_id, const struct phase *phase, struct err *err);

/* Adds the traces of @phase_id to @phase: none in a store below layout 4. 0 or -1. */
int db_load_traces(struct store *store, u64 phase_id, struct phase *phase, struct err *err);

/* Seals run @run_id when it is unfinished; *@changed tells whether it was. 0 or -1. */
int db_seal(struct store *store, u64 run_id, const char *state, u64 duration_ns, int *changed,
	    struct err *err);

/* Column @i as text, never NULL, valid until the next row. */
const char *db_text(sqlite3_stmt *stmt, int i);
u64 db_u64(sqlite3_stmt *stmt, int i);

#endif
