/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker's connection to PostgreSQL, made when first needed and again after it broke. All
 * queries are statements that are prepared once per connection.
 */
#ifndef SHOP_POSTGRES_STORE_H
#define SHOP_POSTGRES_STORE_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stddef.h>

#include "tests/shop/endpoint.h"

struct postgres {
	struct endpoint where;
	const char *const *statements; /* SQL texts with $1, $2, ... */
	size_t nr_statements;
	PGconn *conn; /* NULL: not connected */
};

void postgres_close(struct postgres *pg);

/* Asks the server for a sign of life. 0, or -EHOSTDOWN. */
int postgres_ping(struct postgres *pg);

/*
 * Runs statement number @statement with the texts @params. 0 with *@result set, which the caller
 * frees by PQclear(); -EHOSTDOWN when the server is not there, -EIO when it refuses the statement
 * (the reason goes to stderr).
 */
int postgres_query(struct postgres *pg, size_t statement, const char *const *params,
		   size_t nr_params, PGresult **result);

/* The same for a statement that changes rows: their number (0 or more), or a negative errno. */
int postgres_change(struct postgres *pg, size_t statement, const char *const *params,
		    size_t nr_params);

/*
 * A row as an object named by the columns, all rows as an array of these, or the first column as
 * an array of values. Numbers, booleans and json columns become what they are, all else text.
 * The caller releases it; NULL without memory.
 */
json_t *postgres_row(const PGresult *result, int row);
json_t *postgres_rows(const PGresult *result);
json_t *postgres_column(const PGresult *result);

#endif
