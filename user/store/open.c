// SPDX-License-Identifier: GPL-2.0-only
/* From a path to a connection that is proven to be a situ store of a known schema. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/store/db.h"

#define APPLICATION_ID	0x53495455 /* "SITU", SQLite file header, offset 68 */
#define BUSY_TIMEOUT_MS 5000
#define TEXT_(x)	#x
#define TEXT(x)		TEXT_(x)

static const char schema[] =
#include "user/store/schema.sql.h"
	"PRAGMA application_id = " TEXT(APPLICATION_ID) ";\n"
							"PRAGMA user_version = " TEXT(
								STORE_LAYOUT) ";\n";

static const char migrate_2[] =
#include "user/store/migrate-2.sql.h"
	"PRAGMA user_version = 2;\n";

static const char migrate_3[] =
#include "user/store/migrate-3.sql.h"
	"PRAGMA user_version = 3;\n";

static const char migrate_4[] =
#include "user/store/migrate-4.sql.h"
	"PRAGMA user_version = 4;\n";

static const char migrate_5[] =
#include "user/store/migrate-5.sql.h"
	"PRAGMA user_version = 5;\n";

/* What brings a store of layout i + 1 to layout i + 2. */
static const char *const migrations[] = { migrate_2, migrate_3, migrate_4, migrate_5 };

_Static_assert(ARRAY_SIZE(migrations) == STORE_LAYOUT - 1, "every layout has a way to the next");

/* What the file says it is. */
struct identity {
	u64 application_id;
	u64 version;
	u64 objects; /* tables, indexes, views */
};

/*
 * One statement, so that all is of one moment: else a file that another process makes a store of
 * meanwhile looks like a stranger's.
 */
static const char identity_sql[] = "SELECT (SELECT application_id FROM pragma_application_id), "
				   "(SELECT user_version FROM pragma_user_version), "
				   "(SELECT count(*) FROM sqlite_master)";

static int identify(struct store *store, struct identity *id, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store, identity_sql, err);
	int row = stmt ? db_row(store, stmt, err) : -1;

	if (row > 0) {
		id->application_id = db_u64(stmt, 0);
		id->version = db_u64(stmt, 1);
		id->objects = db_u64(stmt, 2);
	}
	sqlite3_finalize(stmt);
	return row > 0 ? 0 : -1;
}

/* True for a file that holds nothing at all: new, empty, or left by a death while it was made. */
static bool blank(const struct identity *id)
{
	return !id->application_id && !id->version && !id->objects;
}

static int check(const struct store *store, const struct identity *id, struct err *err)
{
	if (blank(id))
		return err_set(
			err, EXIT_USAGE,
			"store '%s' is empty: make a run with 'situ record -o' or 'situ run'",
			store->path);
	if (id->application_id != APPLICATION_ID)
		return err_set(err, EXIT_USAGE,
			       "'%s' is an SQLite database but not a situ store: name another file",
			       store->path);
	if (id->version > STORE_LAYOUT)
		return err_set(err, EXIT_USAGE,
			       "store '%s' has schema %llu, this situ knows up to %d: use a newer "
			       "situ",
			       store->path, (unsigned long long)id->version, STORE_LAYOUT);
	if (id->version < 1) {
		db_damaged(store, "it has no schema version", err);
		return -1;
	}
	return 0;
}

/*
 * The switch to WAL needs the file for itself and does not wait for it when two processes make a
 * store at once, so the waiting is done here.
 */
static int use_wal(struct store *store, struct err *err)
{
	u64 deadline_ns = clock_mono_ns() + BUSY_TIMEOUT_MS * NSEC_PER_MSEC;
	sqlite3_stmt *stmt = db_prepare(store, "PRAGMA journal_mode = WAL", err);
	int failed = -1, rc = SQLITE_BUSY;

	while (stmt) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_BUSY || clock_mono_ns() >= deadline_ns)
			break;
		sqlite3_reset(stmt);
		sqlite3_sleep(10);
	}
	if (stmt && rc != SQLITE_ROW)
		failed = db_fail(store, "write to", err);
	else if (stmt && strcmp(db_text(stmt, 0), "wal") != 0)
		failed = err_set(err, EXIT_FAILED,
				 "the file system of '%s' cannot hold a store (no shared memory): "
				 "put it on a local disk",
				 store->path);
	else if (stmt)
		failed = 0;
	sqlite3_finalize(stmt);
	return failed;
}

/* Makes the tables, unless another process did so since the file was seen blank. */
static int create(struct store *store, struct err *err)
{
	struct identity id = { 0 };
	int failed;

	if (use_wal(store, err) || db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	failed = identify(store, &id, err);
	if (!failed && blank(&id))
		failed = db_exec(store, schema, err);
	else if (!failed)
		failed = check(store, &id, err);
	return db_end(store, failed, err);
}

/* Runs what is missing up to the present layout, unless another process did so meanwhile. */
static int migrate_locked(struct store *store, struct err *err)
{
	struct identity id = { 0 };

	if (identify(store, &id, err) || check(store, &id, err))
		return -1;
	for (; id.version < STORE_LAYOUT; id.version++) {
		if (db_exec(store, migrations[id.version - 1], err))
			return -1;
	}
	return 0;
}

/* One transaction: a store that is killed or full on the way stays as it was. */
static int migrate(struct store *store, struct err *err)
{
	int failed;

	/* Only possible outside a transaction. */
	if (db_exec(store, "PRAGMA foreign_keys = OFF", err) ||
	    db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	failed = db_end(store, migrate_locked(store, err), err);
	return failed ? failed : db_exec(store, "PRAGMA foreign_keys = ON", err);
}

static int settings(struct store *store, enum store_mode mode, struct err *err)
{
	sqlite3_busy_timeout(store->sql, BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(store->sql, 1);
	/* The file may come from anybody: nothing in its schema is run beyond plain SQL. */
	sqlite3_db_config(store->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return db_exec(store,
		       mode == STORE_READ ? "PRAGMA query_only = ON; PRAGMA cell_size_check = ON"
					  : "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; "
					    "PRAGMA cell_size_check = ON",
		       err);
}

/* Opens @name, which SQLite must not take for one of its special names. 0 or -1. */
static int open_plain(struct store *store, int flags, struct err *err)
{
	struct buf name = buf_init(1 << 16);
	int failed = -1;

	/* ":memory:" and the empty name mean something to SQLite; "./" takes that away. */
	if (buf_printf(&name, "%s%s", store->path[0] == '/' ? "" : "./", store->path))
		err_set(err, EXIT_USAGE, "the store's path is too long: choose a shorter one");
	else if (sqlite3_open_v2(name.data, &store->sql, flags, NULL) != SQLITE_OK)
		db_fail(store, "open", err);
	else
		failed = 0;
	buf_free(&name);
	return failed;
}

/*
 * Opens a store on a medium that takes no lock and shared-memory files. Only right when nobody
 * can be writing to it: there is no write-ahead log beside it.
 */
static int open_immutable(struct store *store, struct err *err)
{
	struct buf uri = buf_init(1 << 16);
	char *path = realpath(store->path, NULL);
	const char *c;
	int failed = -1;

	buf_puts(&uri, "file:");
	for (c = path ? path : ""; *c; c++)
		buf_printf(&uri, strchr("%?#", *c) ? "%%%02x" : "%c", (unsigned char)*c);
	if (!path || buf_puts(&uri, "?immutable=1"))
		err_set(err, EXIT_FAILED, "cannot read store '%s': %s: check its path", store->path,
			strerror(path ? ENOMEM : errno));
	else if (sqlite3_open_v2(uri.data, &store->sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
				 NULL) != SQLITE_OK)
		db_fail(store, "read", err);
	else
		failed = 0;
	free(path);
	buf_free(&uri);
	return failed;
}

/* True when the write-ahead log holds, or may hold, what is not in the store's file yet. */
static bool has_log(const struct store *store)
{
	char *path = realpath(store->path, NULL); /* SQLite follows a link and writes there */
	struct buf name = buf_init(1 << 16);
	struct stat st;
	bool there = true;

	if (path && buf_printf(&name, "%s-wal", path) == 0)
		there = stat(name.data, &st) == 0 ? st.st_size > 0 : errno != ENOENT;
	buf_free(&name);
	free(path);
	return there;
}

/* True for failures to make the files that lie beside an open store: no right to, or no room. */
static bool lacks_side_files(const struct store *store)
{
	switch (store->sql ? sqlite3_errcode(store->sql) & 0xff : SQLITE_NOMEM) {
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return !has_log(store);
	}
	return false;
}

/*
 * Whether the file is shorter than it says of itself: SQLite reads zeros for the rest of a page
 * that is cut. Page size and number of pages are at offsets 16 and 28 of its header. A log that is
 * there may hold the rest; it is looked for before the length is taken, which only grows.
 */
static int check_length(const struct store *store, struct err *err)
{
	int fd = open(store->path, O_RDONLY | O_CLOEXEC);
	u8 h[32];
	bool whole = fd >= 0 && pread(fd, h, sizeof(h), 0) == (ssize_t)sizeof(h);
	struct stat st;
	u64 page, pages;

	if (whole && !has_log(store) && fstat(fd, &st) == 0) {
		page = h[16] == 0 && h[17] == 1 ? 65536 : (u64)h[16] << 8 | h[17];
		pages = (u64)h[28] << 24 | (u64)h[29] << 16 | (u64)h[30] << 8 | h[31];
		whole = (u64)st.st_size >= page * pages;
	}
	if (fd >= 0)
		close(fd);
	return whole ? 0 : db_damaged(store, "it has been cut short", err);
}

static int open_to_read(struct store *store, struct identity *id, struct err *err)
{
	struct err first = { 0 };

	/* With write access where it can be had, so that the log of a killed writer is replayed. */
	if (open_plain(store, SQLITE_OPEN_READWRITE, &first) == 0 &&
	    settings(store, STORE_READ, &first) == 0 && identify(store, id, &first) == 0)
		return 0;
	if (!lacks_side_files(store))
		return err_set(err, first.code, "%s", first.text);
	sqlite3_close(store->sql);
	store->sql = NULL;
	if (open_immutable(store, err) || settings(store, STORE_READ, err))
		return -1;
	return identify(store, id, err);
}

static int open_to_write(struct store *store, struct identity *id, struct err *err)
{
	return open_plain(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) ||
	       settings(store, STORE_WRITE, err) || identify(store, id, err);
}

/*
 * Whether the store's file, where it is @there, and its directory, where SQLite keeps the log, can
 * be written to: SQLite's own reasons are vague.
 */
static int check_rights(const struct store *store, bool there, struct err *err)
{
	char *copy = there ? realpath(store->path, NULL) : strdup(store->path);
	int failed = 0;

	if (!copy)
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some",
			       store->path);
	if ((there && faccessat(AT_FDCWD, copy, W_OK, AT_EACCESS) != 0) ||
	    faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) != 0)
		failed = err_set(err, EXIT_FAILED,
				 "cannot write to store '%s': %s: check the rights to it and its "
				 "directory, or choose another",
				 store->path, strerror(errno));
	free(copy);
	return failed;
}

static int check_path(const struct store *store, enum store_mode mode, struct err *err)
{
	struct stat st;

	if (stat(store->path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return mode == STORE_WRITE ? check_rights(store, true, err) : 0;
		return err_set(err, EXIT_USAGE, "'%s' is not a file: name the store's file",
			       store->path);
	}
	if (errno != ENOENT)
		return err_set(err, EXIT_FAILED, "cannot open store '%s': %s: check its path",
			       store->path, strerror(errno));
	if (mode == STORE_WRITE && store->path[0])
		return check_rights(store, false, err);
	return err_set(err, EXIT_USAGE,
		       "there is no store '%s': name the file that 'situ record' or 'situ run' "
		       "wrote",
		       store->path);
}

int db_open(struct store *store, enum store_mode mode, struct err *err)
{
	struct identity id = { 0 };

	if (check_path(store, mode, err))
		return -1;
	if (mode == STORE_READ) {
		if (open_to_read(store, &id, err) || check(store, &id, err) ||
		    check_length(store, err))
			return -1;
		store->version = id.version;
		return 0;
	}
	if (open_to_write(store, &id, err))
		return -1;
	store->version = STORE_LAYOUT;
	if (blank(&id))
		return create(store, err);
	if (check(store, &id, err))
		return -1;
	return id.version < STORE_LAYOUT ? migrate(store, err) : 0;
}
