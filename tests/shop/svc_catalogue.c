// SPDX-License-Identifier: GPL-2.0-only
/* catalogue: what there is to buy. Behind it: PostgreSQL. */
#include "tests/shop/service.h"

#define PRODUCT                                                                                   \
	"SELECT sku, name, description, price, instock, array_to_json(categories) AS categories " \
	"FROM products "

enum statement {
	STATEMENT_PRODUCTS,
	STATEMENT_PRODUCT,
	STATEMENT_CATEGORY,
	STATEMENT_CATEGORIES,
	STATEMENT_SEARCH,
};

static const char *const statements[] = {
	[STATEMENT_PRODUCTS] = PRODUCT "ORDER BY name",
	[STATEMENT_PRODUCT] = PRODUCT "WHERE sku = $1",
	[STATEMENT_CATEGORY] = PRODUCT "WHERE $1 = ANY(categories) ORDER BY name",
	[STATEMENT_CATEGORIES] = "SELECT DISTINCT unnest(categories) AS category FROM products "
				 "ORDER BY category",
	[STATEMENT_SEARCH] =
		PRODUCT "WHERE strpos(lower(name || ' ' || description), lower($1)) > 0 "
			"ORDER BY name",
};

/* Answers with all rows of @statement, which takes at most one parameter. */
static void reply_products(struct request *req, enum statement statement, const char *param)
{
	PGresult *result;
	int err = postgres_query(&req->worker->postgres, statement, &param, param ? 1 : 0, &result);

	if (err)
		return reply_failed(req, err);
	reply_json(req, postgres_rows(result));
	PQclear(result);
}

static void products(struct request *req)
{
	reply_products(req, STATEMENT_PRODUCTS, NULL);
}

static void products_of_category(struct request *req)
{
	if (!route_text(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad category");
	reply_products(req, STATEMENT_CATEGORY, req->arg[0]);
}

static void search(struct request *req)
{
	if (!route_text(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad search text");
	reply_products(req, STATEMENT_SEARCH, req->arg[0]);
}

static void product(struct request *req)
{
	PGresult *result;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad SKU");
	err = postgres_query(&req->worker->postgres, STATEMENT_PRODUCT, req->arg, 1, &result);
	if (err)
		return reply_failed(req, err);
	if (PQntuples(result))
		reply_json(req, postgres_row(result, 0));
	else
		reply_error(req, MHD_HTTP_NOT_FOUND, "unknown SKU");
	PQclear(result);
}

static void categories(struct request *req)
{
	PGresult *result;
	int err = postgres_query(&req->worker->postgres, STATEMENT_CATEGORIES, NULL, 0, &result);

	if (err)
		return reply_failed(req, err);
	reply_json(req, postgres_column(result));
	PQclear(result);
}

static const struct route routes[] = {
	{ "GET", "/health", service_health }, { "GET", "/categories", categories },
	{ "GET", "/products", products },     { "GET", "/products/*", products_of_category },
	{ "GET", "/product/*", product },     { "GET", "/search/*", search },
};

int main(void)
{
	static const struct service service = {
		.name = "catalogue",
		.needs = NEEDS(BACKEND_POSTGRES),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
		.statements = statements,
		.nr_statements = ARRAY_SIZE(statements),
	};

	return service_main(&service);
}
