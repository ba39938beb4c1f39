// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/store/db.h"

int db_damaged(const struct store *store, const char *what, struct err *err)
{
	return err_set(err, EXIT_FAILED,
		       "store '%s' is damaged (%s): take a copy of it back, or save what is left "
		       "with sqlite3 '%s' .recover",
		       store->path, what, store->path);
}

static int full(const struct store *store, struct err *err)
{
	return err_set(err, EXIT_FAILED,
		       "no space left for store '%s': free some; what was stored before is kept",
		       store->path);
}

int db_fail(const struct store *store, const char *doing, struct err *err)
{
	int code = store->sql ? sqlite3_errcode(store->sql) & 0xff : SQLITE_NOMEM;
	int system = store->sql ? sqlite3_system_errno(store->sql) : 0;
	const char *reason = system ? strerror(system) : sqlite3_errmsg(store->sql);

	switch (code) {
	case SQLITE_NOTADB:
		return err_set(err, EXIT_USAGE,
			       "'%s' is not a situ store: name the file that 'situ record' or "
			       "'situ run' wrote",
			       store->path);
	case SQLITE_CORRUPT:
		return db_damaged(store, sqlite3_errmsg(store->sql), err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, EXIT_FAILED,
			       "store '%s' is locked by another writer: try again when it is done",
			       store->path);
	case SQLITE_FULL:
		return full(store, err);
	case SQLITE_IOERR:
		if (system == ENOSPC || system == EDQUOT)
			return full(store, err);
		return err_set(err, EXIT_FAILED, "cannot %s store '%s': %s: check its disk", doing,
			       store->path, reason);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return err_set(err, EXIT_FAILED,
			       "cannot %s store '%s': %s: check the rights to it and its directory",
			       doing, store->path, reason);
	case SQLITE_NOMEM:
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some",
			       store->path);
	}
	return err_set(err, EXIT_FAILED, "cannot %s store '%s': %s", doing, store->path,
		       sqlite3_errmsg(store->sql));
}

int db_exec(struct store *store, const char *sql, struct err *err)
{
	if (sqlite3_exec(store->sql, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(store, "write to", err);
	return 0;
}

sqlite3_stmt *db_prepare(struct store *store, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(store->sql, sql, -1, &stmt, NULL) != SQLITE_OK)
		db_fail(store, "read", err);
	return stmt;
}

int db_bind(struct store *store, sqlite3_stmt *stmt, struct err *err, const char *types, ...)
{
	int rc = SQLITE_OK, i;
	const char *text;
	u64 id;
	va_list ap;

	va_start(ap, types);
	for (i = 1; types[i - 1] && rc == SQLITE_OK; i++) {
		switch (types[i - 1]) {
		case 'u':
			rc = sqlite3_bind_int64(stmt, i, (sqlite3_int64)va_arg(ap, u64));
			break;
		case 'p':
			id = va_arg(ap, u64);
			rc = id ? sqlite3_bind_int64(stmt, i, (sqlite3_int64)id)
				: sqlite3_bind_null(stmt, i);
			break;
		case 'r':
			rc = sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		case 't':
			text = va_arg(ap, const char *);
			rc = sqlite3_bind_text(stmt, i, text ? text : "", -1, SQLITE_STATIC);
			break;
		default:
			rc = sqlite3_bind_null(stmt, i);
		}
	}
	va_end(ap);
	return rc == SQLITE_OK ? 0 : db_fail(store, "write to", err);
}

int db_row(struct store *store, sqlite3_stmt *stmt, struct err *err)
{
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(stmt);
		return 0;
	}
	db_fail(store, "read", err);
	sqlite3_reset(stmt);
	return -1;
}

int db_run(struct store *store, sqlite3_stmt *stmt, struct err *err)
{
	int failed = 0;

	if (sqlite3_step(stmt) != SQLITE_DONE)
		failed = db_fail(store, "write to", err);
	sqlite3_reset(stmt);
	return failed;
}

int db_end(struct store *store, int failed, struct err *err)
{
	if (!failed && db_exec(store, "COMMIT", err) == 0)
		return 0;
	/* A full disk may have rolled back already: then there is no transaction, and no error. */
	if (!sqlite3_get_autocommit(store->sql))
		sqlite3_exec(store->sql, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

const char *db_text(sqlite3_stmt *stmt, int i)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	return text ? (const char *)text : "";
}

u64 db_u64(sqlite3_stmt *stmt, int i)
{
	return (u64)sqlite3_column_int64(stmt, i);
}
