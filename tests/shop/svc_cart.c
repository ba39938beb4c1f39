// SPDX-License-Identifier: GPL-2.0-only
/*
 * cart: what visitors are about to buy. Behind it: Redis, catalogue. A cart is read, changed and
 * written back; of two changes at the same time the last one wins, as in the shop it stands for.
 */
#include <errno.h>
#include <string.h>

#include "tests/shop/cart_json.h"
#include "tests/shop/service.h"

#define CART_SECONDS	   3600
#define LOCATION_BYTES_MAX 128

/* Loads cart @id into *@cart, which the caller releases. 0, -ENOENT, or a negative errno. */
static int load_cart(struct worker *worker, const char *id, json_t **cart)
{
	redisReply *reply;
	int err = redis_command(&worker->redis, &reply, "GET cart:%s", id);

	if (err)
		return err;
	if (reply->type == REDIS_REPLY_STRING)
		*cart = json_loadb(reply->str, reply->len, 0, NULL);
	else
		err = -ENOENT;
	freeReplyObject(reply);
	if (err || cart_valid(*cart))
		return err;
	json_decref(*cart);
	return -EBADMSG;
}

static int save_cart(struct worker *worker, const char *id, const json_t *cart)
{
	char *text = json_dumps(cart, JSON_COMPACT | JSON_REAL_PRECISION(15));
	int err;

	if (!text)
		return -ENOMEM;
	err = redis_do(&worker->redis, "SETEX cart:%s %d %s", id, CART_SECONDS, text);
	free(text);
	return err;
}

static void reply_cart_error(struct request *req, int err)
{
	if (err == -ENOENT)
		return reply_error(req, MHD_HTTP_NOT_FOUND, "not in a cart");
	if (err == -ERANGE)
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "too many");
	reply_failed(req, err);
}

/*
 * The last step of each change: if @err, the change's own result, is 0, stores @cart as @id and
 * answers with it. Takes over @cart.
 */
static void finish_change(struct request *req, const char *id, json_t *cart, int err)
{
	if (!err)
		err = save_cart(req->worker, id, cart);
	if (!err)
		return reply_json(req, cart);
	json_decref(cart);
	reply_cart_error(req, err);
}

static void get_cart(struct request *req)
{
	json_t *cart;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad cart id");
	err = load_cart(req->worker, req->arg[0], &cart);
	if (err)
		return reply_cart_error(req, err);
	reply_json(req, cart);
}

static void delete_cart(struct request *req)
{
	redisReply *reply;
	bool deleted;
	int err;

	if (!route_word(req->arg[0]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad cart id");
	err = redis_command(&req->worker->redis, &reply, "DEL cart:%s", req->arg[0]);
	if (err)
		return reply_failed(req, err);
	deleted = reply->integer == 1;
	freeReplyObject(reply);
	if (!deleted)
		return reply_cart_error(req, -ENOENT);
	reply_ok(req);
}

/* Copies a visitor's cart to the name he logged in with. */
static void rename_cart(struct request *req)
{
	json_t *cart;
	int err;

	if (!route_word(req->arg[0]) || !route_word(req->arg[1]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad cart id");
	err = load_cart(req->worker, req->arg[0], &cart);
	if (err)
		return reply_cart_error(req, err);
	finish_change(req, req->arg[1], cart, 0);
}

/* Adds @product, the catalogue's answer, to the cart @id, which is made if it is not there. */
static void add_product(struct request *req, const char *id, const json_t *product, long quantity)
{
	const char *sku = json_string_value(json_object_get(product, "sku"));
	const char *name = json_string_value(json_object_get(product, "name"));
	double price = json_number_value(json_object_get(product, "price"));
	json_t *cart = NULL;
	int err;

	if (!sku || !name)
		return reply_failed(req, -EBADMSG);
	if (json_integer_value(json_object_get(product, "instock")) <= 0)
		return reply_error(req, MHD_HTTP_NOT_FOUND, "out of stock");
	err = load_cart(req->worker, id, &cart);
	if (err == -ENOENT) {
		cart = cart_new();
		err = cart ? 0 : -ENOMEM;
	}
	if (err)
		return reply_failed(req, err);
	err = cart_add(cart, sku, name, price, quantity);
	finish_change(req, id, cart, err);
}

static void add(struct request *req)
{
	json_t *product = NULL;
	long quantity;
	int err, status;

	if (!route_word(req->arg[0]) || !route_word(req->arg[1]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad cart id or SKU");
	if (route_number(req->arg[2], 1, CART_QUANTITY_MAX, &quantity))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad quantity");
	err = service_call(req->worker, BACKEND_CATALOGUE, "GET", NULL, &status, &product,
			   "/product/%s", req->arg[1]);
	if (err)
		return reply_failed(req, err);
	if (status == MHD_HTTP_OK)
		add_product(req, req->arg[0], product, quantity);
	else
		reply_error(req, MHD_HTTP_NOT_FOUND, "unknown SKU");
	json_decref(product);
}

static void update(struct request *req)
{
	json_t *cart;
	long quantity;
	int err;

	if (!route_word(req->arg[0]) || !route_word(req->arg[1]))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad cart id or SKU");
	if (route_number(req->arg[2], 0, CART_QUANTITY_MAX, &quantity))
		return reply_error(req, MHD_HTTP_BAD_REQUEST, "bad quantity");
	err = load_cart(req->worker, req->arg[0], &cart);
	if (err)
		return reply_cart_error(req, err);
	err = cart_update(cart, req->arg[1], quantity);
	finish_change(req, req->arg[0], cart, err);
}

static void set_shipping(struct request *req, const char *location, double cost)
{
	json_t *cart;
	int err = load_cart(req->worker, req->arg[0], &cart);

	if (err)
		return reply_cart_error(req, err);
	err = cart_set_shipping(cart, location, cost);
	finish_change(req, req->arg[0], cart, err);
}

static void shipping(struct request *req)
{
	json_t *json = request_json(req);
	const char *location = json_string_value(json_object_get(json, "location"));
	const json_t *cost = json_object_get(json, "cost");

	if (route_word(req->arg[0]) && location && strlen(location) <= LOCATION_BYTES_MAX &&
	    json_is_number(cost) && json_number_value(cost) >= 0)
		set_shipping(req, location, json_number_value(cost));
	else
		reply_error(req, MHD_HTTP_BAD_REQUEST, "needs a cart id, location and cost");
	json_decref(json);
}

static const struct route routes[] = {
	{ "GET", "/health", service_health }, { "GET", "/cart/*", get_cart },
	{ "DELETE", "/cart/*", delete_cart }, { "GET", "/rename/*/*", rename_cart },
	{ "GET", "/add/*/*/*", add },	      { "GET", "/update/*/*/*", update },
	{ "POST", "/shipping/*", shipping },
};

int main(void)
{
	static const struct service service = {
		.name = "cart",
		.needs = NEEDS(BACKEND_REDIS) | NEEDS(BACKEND_CATALOGUE),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
	};

	return service_main(&service);
}
