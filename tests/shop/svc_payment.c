// SPDX-License-Identifier: GPL-2.0-only
/*
 * payment: turns a cart into an order. Behind it: user, cart, and a Redis list in the place of a
 * message queue. No payment gateway is called: the load must not leave the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "tests/shop/cart_json.h"
#include "tests/shop/service.h"

#define ORDER_ID_BYTES 37

/* A random UUID (RFC 9562, version 4). */
static int make_order_id(char id[ORDER_ID_BYTES])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return -EIO;
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(id, ORDER_ID_BYTES,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	return 0;
}

static int queue_order(struct worker *worker, const json_t *order)
{
	char *text = json_dumps(order, JSON_COMPACT | JSON_REAL_PRECISION(15));
	int err;

	if (!text)
		return -ENOMEM;
	err = redis_do(&worker->redis, "LPUSH orders %s", text);
	free(text);
	return err;
}

/* Visitors without an account (user says 404) have no history to add to. */
static int add_to_history(struct worker *worker, const char *id, int user_status,
			  const json_t *order)
{
	int status;

	if (user_status != MHD_HTTP_OK)
		return 0;
	return service_call(worker, BACKEND_USERS, "POST", order, &status, NULL, "/order/%s", id);
}

/*
 * The cart that is paid for is the one in the request; the stored one may have expired, so that a
 * 404 for it is as good as a 200: it is gone.
 */
static int drop_cart(struct worker *worker, const char *id)
{
	int status;

	return service_call(worker, BACKEND_CART, "DELETE", NULL, &status, NULL, "/cart/%s", id);
}

static int place_order(struct worker *worker, const char *id, const json_t *order)
{
	int user_status, err;

	err = service_call(worker, BACKEND_USERS, "GET", NULL, &user_status, NULL, "/check/%s", id);
	if (!err)
		err = queue_order(worker, order);
	if (!err)
		err = add_to_history(worker, id, user_status, order);
	if (!err)
		err = drop_cart(worker, id);
	return err;
}

static void pay_cart(struct request *req, json_t *cart)
{
	char order_id[ORDER_ID_BYTES];
	int err = make_order_id(order_id);
	json_t *order;

	if (err)
		return reply_failed(req, err);
	order = json_pack("{s:s, s:s, s:O}", "orderid", order_id, "user", req->arg[0], "cart",
			  cart);
	err = order ? place_order(req->worker, req->arg[0], order) : -ENOMEM;
	json_decref(order);
	if (err)
		return reply_failed(req, err);
	reply_json(req, json_pack("{s:s}", "orderid", order_id));
}

static void pay(struct request *req)
{
	json_t *cart = request_json(req);

	if (route_word(req->arg[0]) && cart_valid(cart) && cart_payable(cart))
		pay_cart(req, cart);
	else
		reply_error(req, MHD_HTTP_BAD_REQUEST, "needs a cart with items and shipping");
	json_decref(cart);
}

static const struct route routes[] = {
	{ "GET", "/health", service_health },
	{ "POST", "/pay/*", pay },
};

int main(void)
{
	static const struct service service = {
		.name = "payment",
		.needs = NEEDS(BACKEND_REDIS) | NEEDS(BACKEND_USERS) | NEEDS(BACKEND_CART),
		.routes = routes,
		.nr_routes = ARRAY_SIZE(routes),
	};

	return service_main(&service);
}
