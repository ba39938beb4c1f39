// SPDX-License-Identifier: GPL-2.0-only
/* ratings: stars for products. Behind it: PostgreSQL, catalogue. */
#include "tests/shop/service.h"

#define STARS_MAX 5

enum statement {
	STATEMENT_FETCH,
	STATEMENT_RATE,
};

/*
 * Who is not rated yet gets an empty rating: the caller shows no stars instead of an error. A vote
 * is one statement, so that two at the same time both count.
 */
static const char *const statements[] = {
	[STATEMENT_FETCH] = "SELECT coalesce(sum(avg_rating), 0) AS avg_rating, "
			    "coalesce(sum(rating_count), 0) AS rating_count "
			    "FROM ratings WHERE sku = $1",
	[STATEMENT_RATE] = "INSERT INTO ratings AS r (sku, avg_rating, rating_count) "
			   "VALUES ($1, $2, 1) ON CONFLICT (sku) DO UPDATE SET "
			   "avg_rating = (r.avg_rating * r.rating_count + excluded.avg_rating) "
			   "/ (r.rating_count + 1), rating_count = r.rating_count + 1",
};

static void fetch(struct request *req)
{
	PGresult *result;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad SKU");
	err = postgres_query(&req->worker->postgres, STATEMENT_FETCH, req->arg, 1, &result);
	if (err)
		return reply_failed(req, err);
	reply_json(req, postgres_row(result, 0));
	PQclear(result);
}

static void rate(struct request *req)
{
	int err, status;
	long stars;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad SKU");
	if (route_number(req->arg[1], 1, STARS_MAX, &stars))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad number of stars");
	err = service_call(req->worker, BACKEND_CATALOGUE, "GET", NULL, &status, NULL,
			   "/product/%s", req->arg[0]);
	if (err)
		return reply_failed(req, err);
	if (status != MHD_HTTP_OK)
		return reply_error(req, MHD_HTTP_NOT_FOUND, "unknown SKU");
	err = postgres_change(&req->worker->postgres, STATEMENT_RATE, req->arg, 2);
	if (err < 0)
		return reply_failed(req, err);
	reply_json(req, json_pack("{s:b}", "success", true));
}

static const struct route routes[] = {
	{ "GET", "/health", service_health },
	{ "GET", "/api/fetch/*", fetch },
	{ "PUT", "/api/rate/*/*", rate },
};

int main(void)
{
	static const struct service service = {
		.name = "ratings",
		.needs = NEEDS(BACKEND_POSTGRES) | NEEDS(BACKEND_CATALOGUE),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
		.statements = statements,
		.nr_statements = ARRAY_SIZE(statements),
	};

	return service_main(&service);
}
