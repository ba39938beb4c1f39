/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cart as the JSON value that Redis keeps and the clients see:
 * {"total":T,"tax":X,"items":[{"qty":Q,"sku":S,"name":N,"price":P,"subtotal":Q*P}]}.
 * Shipping is an item with the SKU "SHIP". No I/O here.
 */
#ifndef SHOP_CART_JSON_H
#define SHOP_CART_JSON_H

#include <jansson.h>
#include <stdbool.h>

#define CART_QUANTITY_MAX 1000

/* An empty cart; NULL without memory. The caller releases it. */
json_t *cart_new(void);

/* True if @cart has the form above: what comes from a client or from Redis may be anything. */
bool cart_valid(const json_t *cart);

/*
 * Each changes a valid cart and its sums. 0; -ENOMEM; -ENOENT when @sku is not in the cart; -ERANGE
 * when an item would exceed CART_QUANTITY_MAX. Quantity 0 takes the item out.
 */
int cart_add(json_t *cart, const char *sku, const char *name, double price, long quantity);
int cart_update(json_t *cart, const char *sku, long quantity);
int cart_set_shipping(json_t *cart, const char *location, double cost);

/* True if shipping was chosen and there is something to pay. */
bool cart_payable(const json_t *cart);

#endif
