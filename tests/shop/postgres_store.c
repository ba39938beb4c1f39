// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/shop/postgres_store.h"

/*
 * Type numbers from PostgreSQL's pg_type.dat; they never change. Its server headers, which name
 * them, are a package of their own.
 */
enum column_type {
	COLUMN_BOOL = 16,
	COLUMN_INT8 = 20,
	COLUMN_INT4 = 23,
	COLUMN_JSON = 114,
	COLUMN_FLOAT8 = 701,
	COLUMN_JSONB = 3802,
};

void postgres_close(struct postgres *pg)
{
	PQfinish(pg->conn); /* takes NULL */
	pg->conn = NULL;
}

static void statement_name(char *name, size_t size, size_t statement)
{
	snprintf(name, size, "s%zu", statement);
}

static int prepare_statements(struct postgres *pg)
{
	char name[24];

	for (size_t i = 0; i < pg->nr_statements; i++) {
		PGresult *result;
		bool ok;

		statement_name(name, sizeof(name), i);
		result = PQprepare(pg->conn, name, pg->statements[i], 0, NULL);
		ok = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
		if (!ok)
			return -EIO;
	}
	return 0;
}

static PGconn *open_connection(const struct endpoint *where)
{
	/* Every wait is bounded: a store that hangs must cost an answer, not a thread. */
	const char *const keys[] = {
		"host",	   "port", "dbname", "user", "connect_timeout", "tcp_user_timeout",
		"options", NULL
	};
	const char *const values[] = {
		where->host, where->port, "shop", "shop", "2", "3000", "-c statement_timeout=3000",
		NULL
	};

	return PQconnectdbParams(keys, values, 0);
}

static int ensure_connected(struct postgres *pg)
{
	int err = -EHOSTDOWN;

	if (pg->conn && endpoint_idle(PQsocket(pg->conn)))
		return 0;
	postgres_close(pg);
	pg->conn = open_connection(&pg->where);
	if (PQstatus(pg->conn) == CONNECTION_OK)
		err = prepare_statements(pg);
	if (!err)
		return 0;
	fprintf(stderr, "postgres: %s", PQerrorMessage(pg->conn));
	postgres_close(pg);
	return err;
}

/* Takes over @result unless it is a success, which it leaves in *@kept. */
static int check_result(struct postgres *pg, PGresult *result, PGresult **kept)
{
	ExecStatusType status = PQresultStatus(result);
	bool down;

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		*kept = result;
		return 0;
	}
	down = PQstatus(pg->conn) != CONNECTION_OK;
	fprintf(stderr, "postgres: %s", PQerrorMessage(pg->conn));
	PQclear(result);
	if (down)
		postgres_close(pg);
	return down ? -EHOSTDOWN : -EIO;
}

int postgres_query(struct postgres *pg, size_t statement, const char *const *params,
		   size_t nr_params, PGresult **result)
{
	char name[24];
	int err = ensure_connected(pg);

	if (err)
		return err;
	statement_name(name, sizeof(name), statement);
	return check_result(pg,
			    PQexecPrepared(pg->conn, name, (int)nr_params, params, NULL, NULL, 0),
			    result);
}

int postgres_change(struct postgres *pg, size_t statement, const char *const *params,
		    size_t nr_params)
{
	PGresult *result = NULL;
	int changed = postgres_query(pg, statement, params, nr_params, &result);

	if (changed < 0)
		return changed;
	changed = (int)strtol(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return changed;
}

int postgres_ping(struct postgres *pg)
{
	PGresult *result = NULL;
	int err = ensure_connected(pg);

	if (err)
		return err;
	err = check_result(pg, PQexec(pg->conn, "SELECT 1"), &result);
	PQclear(result);
	return err;
}

static json_t *value_json(const PGresult *result, int row, int column)
{
	const char *text = PQgetvalue(result, row, column);

	if (PQgetisnull(result, row, column))
		return json_null();
	switch (PQftype(result, column)) {
	case COLUMN_BOOL:
		return json_boolean(*text == 't');
	case COLUMN_INT4:
	case COLUMN_INT8:
		return json_integer(strtoll(text, NULL, 10));
	case COLUMN_FLOAT8:
		return json_real(strtod(text, NULL));
	case COLUMN_JSON:
	case COLUMN_JSONB:
		return json_loads(text, JSON_DECODE_ANY, NULL);
	default:
		return json_string(text);
	}
}

json_t *postgres_row(const PGresult *result, int row)
{
	json_t *object = json_object();

	for (int column = 0; object && column < PQnfields(result); column++) {
		/* Fails on a NULL value too, and releases the value in any case. */
		if (!json_object_set_new(object, PQfname(result, column),
					 value_json(result, row, column)))
			continue;
		json_decref(object);
		object = NULL;
	}
	return object;
}

json_t *postgres_rows(const PGresult *result)
{
	json_t *array = json_array();

	for (int row = 0; array && row < PQntuples(result); row++) {
		if (!json_array_append_new(array, postgres_row(result, row)))
			continue;
		json_decref(array);
		array = NULL;
	}
	return array;
}

json_t *postgres_column(const PGresult *result)
{
	json_t *array = json_array();

	for (int row = 0; array && row < PQntuples(result); row++) {
		if (!json_array_append_new(array, value_json(result, row, 0)))
			continue;
		json_decref(array);
		array = NULL;
	}
	return array;
}
