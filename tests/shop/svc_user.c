// SPDX-License-Identifier: GPL-2.0-only
/* user: accounts, their orders, and ids for visitors. Behind it: PostgreSQL, Redis. */
#include <errno.h>
#include <string.h>

#include "tests/shop/service.h"

#define PASSWORD_BYTES_MAX 128
#define EMAIL_BYTES_MAX	   254

/* Salted with the name; a shop that sells something would take a slow hash instead. */
#define DIGEST		   "encode(sha256(convert_to($1 || ':' || $2, 'UTF8')), 'hex')"

enum statement {
	STATEMENT_CHECK,
	STATEMENT_LOGIN,
	STATEMENT_REGISTER,
	STATEMENT_ORDER,
	STATEMENT_HISTORY,
};

static const char *const statements[] = {
	[STATEMENT_CHECK] = "SELECT FROM users WHERE name = $1",
	[STATEMENT_LOGIN] = "SELECT name, email FROM users WHERE name = $1 AND digest = " DIGEST,
	[STATEMENT_REGISTER] =
		"INSERT INTO users (name, digest, email) VALUES ($1, " DIGEST ", $3) "
		"ON CONFLICT DO NOTHING",
	[STATEMENT_ORDER] = "INSERT INTO orders (user_name, content) "
			    "SELECT name, $2 FROM users WHERE name = $1",
	[STATEMENT_HISTORY] = "SELECT content FROM orders WHERE user_name = $1 "
			      "ORDER BY id DESC LIMIT 50",
};

static void uniqueid(struct request *req)
{
	redisReply *reply;
	int err = redis_command(&req->worker->redis, &reply, "INCR anonymous-counter");

	if (err)
		return reply_failed(req, err);
	reply_json(req, json_pack("{s:o}", "uuid", json_sprintf("anonymous-%lld", reply->integer)));
	freeReplyObject(reply);
}

static void check(struct request *req)
{
	PGresult *result;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad name");
	err = postgres_query(&req->worker->postgres, STATEMENT_CHECK, req->arg, 1, &result);
	if (err)
		return reply_failed(req, err);
	if (PQntuples(result))
		reply_ok(req);
	else
		reply_error(req, MHD_HTTP_NOT_FOUND, "unknown user");
	PQclear(result);
}

static bool short_text(const char *s, size_t max)
{
	return s && *s && strlen(s) <= max;
}

static void login_with(struct request *req, const json_t *json)
{
	const char *params[] = { json_string_value(json_object_get(json, "name")),
				 json_string_value(json_object_get(json, "password")) };
	PGresult *result;
	int err;

	if (!params[0] || !route_word(params[0]) || !short_text(params[1], PASSWORD_BYTES_MAX))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "needs name and password");
	err = postgres_query(&req->worker->postgres, STATEMENT_LOGIN, params, ARRAY_SIZE(params),
			     &result);
	if (err)
		return reply_failed(req, err);
	if (PQntuples(result))
		reply_json(req, postgres_row(result, 0));
	else
		reply_error(req, MHD_HTTP_NOT_FOUND, "unknown name or wrong password");
	PQclear(result);
}

static void login(struct request *req)
{
	json_t *json = request_json(req);

	login_with(req, json);
	json_decref(json);
}

static void register_with(struct request *req, const json_t *json)
{
	const char *params[] = { json_string_value(json_object_get(json, "name")),
				 json_string_value(json_object_get(json, "password")),
				 json_string_value(json_object_get(json, "email")) };
	int added;

	if (!params[0] || !route_word(params[0]) || !short_text(params[1], PASSWORD_BYTES_MAX) ||
	    !short_text(params[2], EMAIL_BYTES_MAX))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "needs name, password and email");
	added = postgres_change(&req->worker->postgres, STATEMENT_REGISTER, params,
				ARRAY_SIZE(params));
	if (added < 0)
		return reply_failed(req, added);
	if (!added)
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "name is taken");
	reply_ok(req);
}

static void register_user(struct request *req)
{
	json_t *json = request_json(req);

	register_with(req, json);
	json_decref(json);
}

static int add_order(struct request *req, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
	const char *params[] = { req->arg[0], text };
	int added = -ENOMEM;

	if (text)
		added = postgres_change(&req->worker->postgres, STATEMENT_ORDER, params,
					ARRAY_SIZE(params));
	free(text);
	return added;
}

static void order(struct request *req)
{
	json_t *json = request_json(req);
	int added;

	if (!route_word(req->arg[0]) || !json_is_object(json)) {
		json_decref(json);
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "needs a name and an order");
	}
	added = add_order(req, json);
	json_decref(json);
	if (added < 0)
		return reply_failed(req, added);
	if (!added)
		return reply_error(req, MHD_HTTP_NOT_FOUND, "unknown user");
	reply_ok(req);
}

static void history(struct request *req)
{
	PGresult *result;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad name");
	err = postgres_query(&req->worker->postgres, STATEMENT_HISTORY, req->arg, 1, &result);
	if (err)
		return reply_failed(req, err);
	if (PQntuples(result))
		reply_json(req, json_pack("{s:s, s:o}", "name", req->arg[0], "history",
					  postgres_column(result)));
	else
		reply_error(req, MHD_HTTP_NOT_FOUND, "no orders");
	PQclear(result);
}

static const struct route routes[] = {
	{ "GET", "/health", service_health },	{ "GET", "/uniqueid", uniqueid },
	{ "GET", "/check/*", check },		{ "POST", "/login", login },
	{ "POST", "/register", register_user }, { "POST", "/order/*", order },
	{ "GET", "/history/*", history },
};

int main(void)
{
	static const struct service service = {
		.name = "user",
		.needs = NEEDS(BACKEND_POSTGRES) | NEEDS(BACKEND_REDIS),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
		.statements = statements,
		.nr_statements = ARRAY_SIZE(statements),
	};

	return service_main(&service);
}
