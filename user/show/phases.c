// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/units.h"
#include "user/show/cell.h"
#include "user/show/parts.h"
#include "user/show/summary.h"

static void phases_row(struct table *table, const struct endpoint *endpoint)
{
	table_text(table, endpoint->name);
	if (strcmp(endpoint->name, "all") == 0)
		table_mark(table, TABLE_BOLD);
	cell_count(table, (double)endpoint->connections);
	cell_quantile(table, &endpoint->dns_ns, 0.99);
	cell_quantile(table, &endpoint->connect_ns, 0.5);
	cell_quantile(table, &endpoint->connect_ns, 0.99);
	cell_quantile(table, &endpoint->tls_ns, 0.99);
	cell_quantile(table, &endpoint->first_byte_ns, 0.5);
	cell_quantile(table, &endpoint->first_byte_ns, 0.99);
	cell_quantile(table, &endpoint->transfer_ns, 0.99);
}

static int by_attempts(const void *left, const void *right)
{
	const struct endpoint *l = *(const struct endpoint *const *)left;
	const struct endpoint *r = *(const struct endpoint *const *)right;
	int order = (strcmp(l->name, "all") == 0) - (strcmp(r->name, "all") == 0);

	if (!order)
		order = part_descending(l->attempted, r->attempted);
	return order ? order : strcmp(l->name, r->name);
}

int summary_print_phases(const struct phase *phase, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "endpoint", TABLE_LEFT, true },
		{ NULL, "conns", TABLE_RIGHT, false },
		{ "dns", "p99", TABLE_RIGHT, false },
		{ "connect", "p50", TABLE_RIGHT, false },
		{ "connect", "p99", TABLE_RIGHT, false },
		{ "tls", "p99", TABLE_RIGHT, false },
		{ "first byte", "p50", TABLE_RIGHT, false },
		{ "first byte", "p99", TABLE_RIGHT, false },
		{ "transfer", "p99", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t nr = phase->nr_endpoints, i;
	const struct endpoint **list;

	list = (const struct endpoint **)part_sorted(phase->endpoints, nr,
						     sizeof(*phase->endpoints), by_attempts);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < part_shown(nr); i++)
		phases_row(&table, list[i]);
	/* The total, last in the list, is in every table. */
	if (nr > part_shown(nr))
		phases_row(&table, list[nr - 1]);
	free(list);
	return part_finish(&table, nr - part_shown(nr) - (nr > part_shown(nr)), out);
}
