// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/shop/cart_json.h"

#define SHIPPING_SKU "SHIP"
#define TAX_RATE     0.2 /* contained in the prices */

json_t *cart_new(void)
{
	return json_pack("{s:f, s:f, s:[]}", "total", 0.0, "tax", 0.0, "items");
}

static bool item_valid(const json_t *item)
{
	return json_is_string(json_object_get(item, "sku")) &&
	       json_is_integer(json_object_get(item, "qty")) &&
	       json_is_number(json_object_get(item, "price")) &&
	       json_is_number(json_object_get(item, "subtotal"));
}

bool cart_valid(const json_t *cart)
{
	const json_t *items = json_object_get(cart, "items");
	size_t i;
	json_t *item;

	if (!json_is_array(items) || !json_is_number(json_object_get(cart, "total")))
		return false;
	json_array_foreach (items, i, item)
		if (!item_valid(item))
			return false;
	return true;
}

/* The index of @sku in @items, or their number if it is not there. */
static size_t find_item(const json_t *items, const char *sku)
{
	size_t i;
	json_t *item;

	json_array_foreach (items, i, item)
		if (!strcmp(json_string_value(json_object_get(item, "sku")), sku))
			break;
	return i;
}

static double cents(double amount)
{
	return round(amount * 100) / 100;
}

static int set_sums(json_t *cart)
{
	double total = 0;
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(cart, "items"), i, item)
		total += json_number_value(json_object_get(item, "subtotal"));
	if (json_object_set_new(cart, "total", json_real(cents(total))) ||
	    json_object_set_new(cart, "tax", json_real(cents(total - total / (1 + TAX_RATE)))))
		return -ENOMEM;
	return 0;
}

static int set_quantity(json_t *item, long quantity)
{
	double price = json_number_value(json_object_get(item, "price"));

	if (json_object_set_new(item, "qty", json_integer(quantity)) ||
	    json_object_set_new(item, "subtotal", json_real(cents(price * (double)quantity))))
		return -ENOMEM;
	return 0;
}

static json_t *item_new(const char *sku, const char *name, double price, long quantity)
{
	return json_pack("{s:I, s:s, s:s, s:f, s:f}", "qty", (json_int_t)quantity, "sku", sku,
			 "name", name, "price", price, "subtotal", cents(price * (double)quantity));
}

int cart_add(json_t *cart, const char *sku, const char *name, double price, long quantity)
{
	json_t *items = json_object_get(cart, "items");
	size_t at = find_item(items, sku);
	json_t *item = json_array_get(items, at);
	json_int_t had = json_integer_value(json_object_get(item, "qty"));
	int err;

	if (had > CART_QUANTITY_MAX - quantity)
		return -ERANGE;
	if (item)
		err = set_quantity(item, had + quantity);
	else
		err = json_array_append_new(items, item_new(sku, name, price, quantity));
	return err ? -ENOMEM : set_sums(cart);
}

int cart_update(json_t *cart, const char *sku, long quantity)
{
	json_t *items = json_object_get(cart, "items");
	size_t at = find_item(items, sku);
	int err;

	if (at == json_array_size(items))
		return -ENOENT;
	if (quantity > CART_QUANTITY_MAX)
		return -ERANGE;
	if (quantity)
		err = set_quantity(json_array_get(items, at), quantity);
	else
		err = json_array_remove(items, at);
	return err ? -ENOMEM : set_sums(cart);
}

int cart_set_shipping(json_t *cart, const char *location, double cost)
{
	json_t *items = json_object_get(cart, "items");
	size_t at = find_item(items, SHIPPING_SKU);
	char name[256];
	json_t *item;
	int err;

	snprintf(name, sizeof(name), "shipping to %s", location);
	item = item_new(SHIPPING_SKU, name, cost, 1);
	if (at == json_array_size(items))
		err = json_array_append_new(items, item);
	else
		err = json_array_set_new(items, at, item);
	return err ? -ENOMEM : set_sums(cart);
}

bool cart_payable(const json_t *cart)
{
	const json_t *items = json_object_get(cart, "items");

	return find_item(items, SHIPPING_SKU) < json_array_size(items) &&
	       json_number_value(json_object_get(cart, "total")) > 0;
}
