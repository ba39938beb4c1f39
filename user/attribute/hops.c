// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "user/attribute/address.h"
#include "user/attribute/delta.h"
#include "user/attribute/hops.h"
#include "user/attribute/owner.h"
#include "user/base/buf.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"

#define NAME_ROOM (1 << 20)
#define REMOTE	  "(remote)"

struct hops {
	struct phase *phase;
	const struct snapshot *before, *after;
	struct names *names;
	const struct estimates *estimates;
};

/* Which member of a hop a sum goes to, and what it is called. */
static const struct {
	size_t offset;
	const char *name;
} sums[SUM_NR] = {
#define SUM_OF(sum, member) [sum] = { offsetof(struct hop, member##_ns), #member }
	SUM_OF(SUM_NETWORK, network),
	SUM_OF(SUM_CONNECT, connect),
	SUM_OF(SUM_SOCKET_QUEUE, socket_queue),
	SUM_OF(SUM_CPU, cpu),
	SUM_OF(SUM_RUNQ, runq),
	SUM_OF(SUM_THROTTLED, throttled),
	SUM_OF(SUM_DISK, disk),
	SUM_OF(SUM_DOWNSTREAM, downstream),
	[SUM_TIME] = { offsetof(struct hop, time_ns), HOP_TRACED_TIME },
	SUM_OF(SUM_OTHER, other),
};

static bool same_end(const struct hops *h, const struct sum_end *was, const struct sum_end *now)
{
	return owner_before(h->before, h->after, now->client) == (s64)was->client &&
	       owner_before(h->before, h->after, now->server) == (s64)was->server;
}

/* The key tells edges by their generations; slots may have been given anew. */
static const struct sum_row *row_before(const struct hops *h, u32 index)
{
	static const struct sum_row none;
	const struct sum_sample *now = &h->after->sums[index];
	u32 i;

	for (i = 0; i < h->before->nr_sums; i++) {
		const struct sum_sample *was = &h->before->sums[(index + i) % h->before->nr_sums];

		if (was->row.key == now->row.key && same_end(h, &was->whom_for, &now->whom_for) &&
		    same_end(h, &was->call, &now->call))
			return &was->row;
	}
	return &none;
}

static int add_owner(const struct hops *h, u32 owner, struct buf *name)
{
	return buf_puts(name, owner == SLOT_REMOTE ? REMOTE
						   : owner_name(h->after, h->names, owner, NULL));
}

/* As everywhere in attribution: of a server that is not here, the address that was dialled. */
static int add_server(const struct hops *h, const struct sum_end *end, struct buf *name)
{
	char text[ADDRESS_TEXT];

	if (end->server != SLOT_REMOTE || !end->edge.port)
		return add_owner(h, end->server, name);
	return buf_puts(name, address_text(text, sizeof(text), &end->edge.server, end->edge.port));
}

static struct profile *profile_for(const struct hops *h, const struct sum_end *whom_for)
{
	struct buf endpoint = buf_init(NAME_ROOM);
	struct profile *profile = NULL;

	buf_puts(&endpoint, "");
	if (!whom_for->mark) {
		add_owner(h, whom_for->client, &endpoint);
		buf_puts(&endpoint, " -> ");
		add_server(h, whom_for, &endpoint);
	}
	if (!endpoint.failed)
		profile = phase_take_profile(h->phase, endpoint.data, whom_for->mark);
	buf_free(&endpoint);
	return profile;
}

static struct hop *hop_of(const struct hops *h, const struct sum_sample *sum)
{
	struct profile *profile = profile_for(h, &sum->whom_for);
	struct buf client = buf_init(NAME_ROOM), server = buf_init(NAME_ROOM);
	const struct edge_key *edge = &sum->call.edge;
	char addr[ADDRESS_TEXT] = "";
	struct hop *hop = NULL;

	if (edge->port)
		address_text(addr, sizeof(addr), &edge->server, edge->port);
	if (profile && !add_owner(h, sum->call.client, &client) &&
	    !add_server(h, &sum->call, &server))
		hop = profile_hop(profile, client.data, server.data, addr, sum->entry);
	buf_free(&client);
	buf_free(&server);
	return hop;
}

static int add_times(struct hop *hop, const struct sum_row *now, const struct sum_row *was)
{
	const u64 calls = delta_u64(now->calls, was->calls);
	u32 c;
	int err = 0;

	for (c = 0; c < SUM_NR && !err; c++)
		err = delta_hist_sums((struct hist *)((char *)hop + sums[c].offset), now->hist[c],
				      was->hist[c], calls, now->ns[c], was->ns[c]);
	return err;
}

static int add_estimate(struct hop *hop, const struct estimate *estimate)
{
	u32 c;

	hop->traced += estimate->traced;
	hop->traced_for += estimate->calls;
	for (c = 0; c < SUM_NR; c++) {
		if (estimate->ns[c] && tally_add(&hop->traced_ns, sums[c].name, estimate->ns[c]))
			return -ENOMEM;
	}
	return 0;
}

/* Whether another row before @index had the estimates of this key: one that was given anew. */
static bool is_estimated(const struct snapshot *s, u32 index)
{
	u32 i;

	for (i = 0; i < index; i++) {
		if (s->sums[i].row.key == s->sums[index].row.key)
			return true;
	}
	return false;
}

static int add_sum(const struct hops *h, u32 index)
{
	const struct sum_sample *sum = &h->after->sums[index];
	const struct sum_row *now = &sum->row, *was = row_before(h, index);
	const struct estimate *estimate = estimates_find(h->estimates, now->key);
	struct hop *hop;

	if (now->calls == was->calls && now->flawed == was->flawed)
		return 0;
	hop = hop_of(h, sum);
	if (!hop)
		return -ENOMEM;
	hop->calls += delta_u64(now->calls, was->calls);
	hop->flawed += delta_u64(now->flawed, was->flawed);
	if (add_times(hop, now, was))
		return -ENOMEM;
	return estimate && !is_estimated(h->after, index) ? add_estimate(hop, estimate) : 0;
}

int hops_build(struct phase *phase, const struct snapshot *before, const struct snapshot *after,
	       struct names *names, const struct estimates *estimates)
{
	const struct hops h = { phase, before, after, names, estimates };
	int err = 0;
	u32 i;

	for (i = 0; i < after->nr_sums && !err; i++)
		err = add_sum(&h, i);
	return err;
}
