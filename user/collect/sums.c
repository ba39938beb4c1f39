// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "bpf/sum.h"
#include "user/collect/sums.h"

static bool read_edge(const struct mapped_rows *rows, u32 where, struct sum_end *end)
{
	const struct edge_row *edge;

	if (!rows->edges)
		return false;
	edge = &rows->edges[SUM_EDGE(where)];
	if (!edge->key.port || (edge->generation & SUM_GENERATION_MASK) != SUM_GENERATION(where))
		return false;
	end->client = edge->key.client_slot;
	end->server = edge->key.server_slot;
	end->edge = edge->key;
	return true;
}

static bool read_end(const struct mapped_rows *rows, u32 where, struct sum_end *end)
{
	memset(end, 0, sizeof(*end));
	end->client = end->server = SLOT_REMOTE;
	if (where & SUM_BY_MARK) {
		end->mark = SUM_MARK(where);
		return true;
	}
	if (!(where & SUM_BY_SLOTS))
		return read_edge(rows, where, end);
	end->client = SUM_CLIENT(where);
	end->server = SUM_SERVER(where);
	return true;
}

bool sums_read(const struct mapped_rows *rows, const struct sum_row *row, struct sum_sample *sample)
{
	if (!read_end(rows, SUM_KEY_FOR(row->key), &sample->whom_for) ||
	    !read_end(rows, SUM_KEY_WHERE(row->key), &sample->call))
		return false;
	sample->entry = SUM_KEY_ENTRY(row->key);
	sample->row = *row;
	return true;
}

int sums_drain(const struct mapped_rows *rows, struct snapshot *s)
{
	struct sum_sample sample;
	u32 i;

	for (i = 0; rows->sums && i < SUM_ROWS_MAX; i++) {
		if (rows->sums[i].key && sums_read(rows, &rows->sums[i], &sample) &&
		    snapshot_add_sum(s, &sample))
			return -ENOMEM;
	}
	return 0;
}
