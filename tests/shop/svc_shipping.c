// SPDX-License-Identifier: GPL-2.0-only
/* shipping: where to, how far, how much. Behind it: PostgreSQL, cart. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/shop/service.h"

#define HOME_LATITUDE	   52.52 /* degrees: the shop is in Berlin */
#define HOME_LONGITUDE	   13.40
#define EARTH_RADIUS_KM	   6371.0
#define COST_PER_KM	   0.05
#define DISTANCE_KM_MAX	   20100 /* half way around the earth */
#define COST_MAX	   2000
#define LOCATION_BYTES_MAX 128
#define MATCH_CHARS_MIN	   3

#define CITY		   "SELECT uuid, code, name AS city, region, latitude, longitude FROM cities "

enum statement {
	STATEMENT_COUNT,
	STATEMENT_CODES,
	STATEMENT_CITIES,
	STATEMENT_MATCH,
	STATEMENT_CITY,
	STATEMENT_CONFIRM,
};

static const char *const statements[] = {
	[STATEMENT_COUNT] = "SELECT count(*) FROM cities",
	[STATEMENT_CODES] = "SELECT code, name FROM codes ORDER BY name",
	[STATEMENT_CITIES] = CITY "WHERE code = $1 ORDER BY name",
	[STATEMENT_MATCH] = CITY "WHERE code = $1 AND starts_with(lower(name), lower($2)) "
				 "ORDER BY name LIMIT 10",
	[STATEMENT_CITY] = CITY "WHERE uuid = $1",
	[STATEMENT_CONFIRM] = "INSERT INTO shipments (cart_id, location, distance_km, cost) "
			      "VALUES ($1, $2, $3, $4)",
};

static void reply_rows(struct request *req, enum statement statement, size_t nr_args)
{
	PGresult *result;
	int err = postgres_query(&req->worker->postgres, statement, req->arg, nr_args, &result);

	if (err)
		return reply_failed(req, err);
	reply_json(req, postgres_rows(result));
	PQclear(result);
}

static void count(struct request *req)
{
	PGresult *result;
	int err = postgres_query(&req->worker->postgres, STATEMENT_COUNT, NULL, 0, &result);

	if (err)
		return reply_failed(req, err);
	reply_json(req, postgres_row(result, 0));
	PQclear(result);
}

static void codes(struct request *req)
{
	reply_rows(req, STATEMENT_CODES, 0);
}

static void cities(struct request *req)
{
	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad country code");
	reply_rows(req, STATEMENT_CITIES, 1);
}

static void match(struct request *req)
{
	if (!route_word(req->arg[0]) || !route_text(req->arg[1]) ||
	    strlen(req->arg[1]) < MATCH_CHARS_MIN)
		return reply_error(req, MHD_HTTP_BAD_REQUEST,
				   "needs a country code and 3 letters of a city");
	reply_rows(req, STATEMENT_MATCH, 2);
}

static double radians(double degrees)
{
	return degrees * M_PI / 180;
}

/* Great-circle distance by the haversine formula. */
static double distance_km(double latitude, double longitude)
{
	double a = sin(radians(latitude - HOME_LATITUDE) / 2);
	double b = sin(radians(longitude - HOME_LONGITUDE) / 2);
	double h = a * a + cos(radians(HOME_LATITUDE)) * cos(radians(latitude)) * b * b;

	return 2 * EARTH_RADIUS_KM * asin(sqrt(fmin(h, 1)));
}

static json_t *quote(const json_t *city)
{
	double km = rint(distance_km(json_number_value(json_object_get(city, "latitude")),
				     json_number_value(json_object_get(city, "longitude"))));

	return json_pack("{s:I, s:f}", "distance", (json_int_t)km, "cost",
			 rint(km * COST_PER_KM * 100) / 100);
}

static void calc(struct request *req)
{
	PGresult *result;
	json_t *city;
	long uuid;
	int err;

	if (route_number(req->arg[0], 1, INT32_MAX, &uuid))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad city number");
	err = postgres_query(&req->worker->postgres, STATEMENT_CITY, req->arg, 1, &result);
	if (err)
		return reply_failed(req, err);
	if (PQntuples(result)) {
		city = postgres_row(result, 0);
		reply_json(req, city ? quote(city) : NULL);
		json_decref(city);
	} else {
		reply_error(req, MHD_HTTP_NOT_FOUND, "unknown city");
	}
	PQclear(result);
}

static bool shipment_valid(const json_t *json)
{
	const char *location = json_string_value(json_object_get(json, "location"));
	const json_t *km = json_object_get(json, "distance"), *cost = json_object_get(json, "cost");

	return location && strlen(location) <= LOCATION_BYTES_MAX && json_is_number(km) &&
	       json_is_number(cost) && json_number_value(km) >= 0 &&
	       json_number_value(km) <= DISTANCE_KM_MAX && json_number_value(cost) >= 0 &&
	       json_number_value(cost) <= COST_MAX;
}

static int record_shipment(struct request *req, const json_t *json)
{
	char km[16], cost[16];
	const char *params[] = { req->arg[0], json_string_value(json_object_get(json, "location")),
				 km, cost };

	snprintf(km, sizeof(km), "%.0f", json_number_value(json_object_get(json, "distance")));
	snprintf(cost, sizeof(cost), "%.2f", json_number_value(json_object_get(json, "cost")));
	return postgres_change(&req->worker->postgres, STATEMENT_CONFIRM, params,
			       ARRAY_SIZE(params));
}

/* Puts the shipping cost into the cart, then writes the shipment down. */
static void confirm_shipment(struct request *req, const json_t *json)
{
	json_t *cart = NULL;
	int err, status;

	err = service_call(req->worker, BACKEND_CART, "POST", json, &status, &cart, "/shipping/%s",
			   req->arg[0]);
	if (!err && status != MHD_HTTP_OK) {
		json_decref(cart);
		return reply_error(req, status, "the cart does not take it");
	}
	if (!err)
		err = record_shipment(req, json);
	if (err >= 0)
		return reply_json(req, cart);
	json_decref(cart);
	reply_failed(req, err);
}

static void confirm(struct request *req)
{
	json_t *json = request_json(req);

	if (route_word(req->arg[0]) && shipment_valid(json))
		confirm_shipment(req, json);
	else
		reply_error(req, MHD_HTTP_BAD_REQUEST,
			    "needs a cart id, location, distance and cost");
	json_decref(json);
}

static const struct route routes[] = {
	{ "GET", "/health", service_health }, { "GET", "/count", count },
	{ "GET", "/codes", codes },	      { "GET", "/cities/*", cities },
	{ "GET", "/match/*/*", match },	      { "GET", "/calc/*", calc },
	{ "POST", "/confirm/*", confirm },
};

int main(void)
{
	static const struct service service = {
		.name = "shipping",
		.needs = NEEDS(BACKEND_POSTGRES) | NEEDS(BACKEND_CART),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
		.statements = statements,
		.nr_statements = ARRAY_SIZE(statements),
	};

	return service_main(&service);
}
