// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/address.h"
#include "user/attribute/hops.h"
#include "user/attribute/owner.h"
#include "user/attribute/tracer.h"
#include "user/model/profile.h"
#include "user/trace/account.h"

#define KEY_TEXT  64
#define PATH_ROOM (1 << 20)

/* A trace as it came. */
struct raw_trace {
	struct span_record *spans;
	u32 nr;
	u64 total_ns;
	u32 flaws;
};

/* Traces kept of one endpoint: the slowest ones so far, then some drawn from those that were not.
 */
struct keep {
	struct raw_trace slow[TRACER_KEEP_SLOW], other[TRACER_KEEP_OTHER];
	u64 seen;
};

struct tracer {
	struct assembler *assembler;
	struct split *split;
	struct estimates *estimates;
	u64 since_ns;
	u64 random;
	struct phase raw;  /* profiles by numbers: see key_of() and add_token() */
	struct keep *keep; /* [raw.nr_profiles] */
	u64 no_endpoint, dropped_before;
};

int tracer_open(struct tracer **out)
{
	struct tracer *t = calloc(1, sizeof(*t));

	*out = t;
	if (!t)
		return -ENOMEM;
	t->random = 1;
	t->split = malloc(sizeof(*t->split));
	t->estimates = calloc(1, sizeof(*t->estimates));
	t->keep = calloc(TRACER_ENDPOINTS_MAX, sizeof(*t->keep));
	if (t->split && t->estimates && t->keep && !assembler_open(&t->assembler))
		return 0;
	tracer_close(t);
	*out = NULL;
	return -ENOMEM;
}

static void keep_free(struct keep *keep)
{
	u32 i;

	for (i = 0; i < TRACER_KEEP_SLOW; i++)
		free(keep->slow[i].spans);
	for (i = 0; i < TRACER_KEEP_OTHER; i++)
		free(keep->other[i].spans);
	*keep = (struct keep){ 0 };
}

void tracer_continue(struct tracer *t)
{
	u32 i;

	for (i = 0; t->keep && i < TRACER_ENDPOINTS_MAX; i++)
		keep_free(&t->keep[i]);
	phase_free(&t->raw);
	if (t->estimates)
		memset(t->estimates, 0, sizeof(*t->estimates));
	t->no_endpoint = 0;
	t->dropped_before = t->assembler ? assembler_dropped(t->assembler) : 0;
}

void tracer_begin(struct tracer *t, u64 since_ns)
{
	tracer_continue(t);
	t->since_ns = since_ns;
}

void tracer_close(struct tracer *t)
{
	if (!t)
		return;
	tracer_continue(t);
	assembler_close(t->assembler);
	free(t->split);
	free(t->estimates);
	free(t->keep);
	free(t);
}

/* What a server is in a raw path: its slot, and where it is not here, the edge to it. */
static int add_token(const struct span_record *record, struct buf *name, void *arg)
{
	(void)arg;
	return buf_printf(name, "%u:%u", record->server_slot,
			  record->server_slot == SLOT_REMOTE ? record->edge : SPAN_NONE);
}

/* What an endpoint is before it has a name: the load's by its mark, else the ends of its edge. */
static void key_of(char key[KEY_TEXT], const struct span_record *root)
{
	if (root->endpoint)
		snprintf(key, KEY_TEXT, "@%u", root->endpoint);
	else
		snprintf(key, KEY_TEXT, "%u>%u:%u", root->client_slot, root->server_slot,
			 root->server_slot == SLOT_REMOTE ? root->edge : SPAN_NONE);
}

/* The endpoint of @root; NULL without memory, or, counted, when there are too many. */
static struct profile *endpoint_of(struct tracer *t, const struct span_record *root)
{
	char key[KEY_TEXT];
	struct profile *profile;

	key_of(key, root);
	profile = phase_find_profile(&t->raw, key);
	if (profile)
		return profile;
	if (t->raw.nr_profiles == TRACER_ENDPOINTS_MAX) {
		t->no_endpoint++;
		return NULL;
	}
	profile = phase_add_profile(&t->raw, key);
	if (profile)
		profile->mark = root->endpoint;
	return profile;
}

/* xorshift64*: which traces are kept needs no better one. */
static u64 next_random(struct tracer *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return t->random * 0x2545f4914f6cdd1dULL;
}

static int copy_trace(struct raw_trace *to, const struct trace *trace, const struct split *split)
{
	struct span_record *spans = realloc(to->spans, trace->nr * sizeof(*spans));

	if (!spans)
		return -ENOMEM;
	memcpy(spans, trace->spans, trace->nr * sizeof(*spans));
	to->spans = spans;
	to->nr = trace->nr;
	to->total_ns = split->total_ns;
	to->flaws = split->flags;
	return 0;
}

/* Whether @trace is among the slowest, or drawn by the reservoir's rule. */
static int keep_trace(struct tracer *t, struct keep *keep, const struct trace *trace)
{
	u32 i, least = 0;
	u64 at;

	for (i = 1; i < TRACER_KEEP_SLOW; i++) {
		if (keep->slow[i].total_ns < keep->slow[least].total_ns)
			least = i;
	}
	if (t->split->total_ns > keep->slow[least].total_ns)
		return copy_trace(&keep->slow[least], trace, t->split);
	at = keep->seen++;
	if (at >= TRACER_KEEP_OTHER)
		at = next_random(t) % keep->seen;
	return at < TRACER_KEEP_OTHER ? copy_trace(&keep->other[at], trace, t->split) : 0;
}

static int take(const struct trace *trace, void *arg)
{
	struct tracer *t = arg;
	struct profile *profile;

	split_trace(trace, t->split);
	if (t->split->start_ns < t->since_ns)
		return 0;
	estimates_add(t->estimates, trace);
	profile = endpoint_of(t, &trace->spans[trace->nr - 1]);
	if (!profile)
		return t->raw.nr_profiles == TRACER_ENDPOINTS_MAX ? 0 : -ENOMEM;
	if (account_split(profile, trace, t->split, add_token, NULL))
		return -ENOMEM;
	if (!t->split->timed)
		return 0;
	return keep_trace(t, &t->keep[profile - t->raw.profiles], trace);
}

int tracer_add(const struct span_record *record, void *tracer)
{
	struct tracer *t = tracer;

	return assembler_add(t->assembler, record, take, t);
}

/* Numbers into names. */
struct resolver {
	const struct snapshot *before, *after;
	struct names *names;
};

static const struct edge_key *edge_in(const struct snapshot *s, u32 row)
{
	u32 i;

	for (i = 0; row != SPAN_NONE && i < s->nr_edges; i++) {
		if (s->edges[i].number == row)
			return &s->edges[i].row.key;
	}
	return NULL;
}

/* A row that was taken back in this very snapshot is in the one before. */
static const struct edge_key *edge_of(const struct resolver *r, u32 row)
{
	const struct edge_key *key = edge_in(r->after, row);

	return key ? key : edge_in(r->before, row);
}

static const char *service_of(const struct resolver *r, u32 slot)
{
	/* A slot that was taken back in this very snapshot is in the one before. */
	bool gone = slot >= SLOT_FIRST && slot < r->after->nr_owners &&
		    !r->after->owners[slot].key && slot < r->before->nr_owners;

	return owner_name(gone ? r->before : r->after, r->names, slot, NULL);
}

/* A server's name; where it is not here, the address that was dialled. */
static int add_server(const struct resolver *r, u32 slot, u32 edge, struct buf *name)
{
	const struct edge_key *key = slot == SLOT_REMOTE ? edge_of(r, edge) : NULL;
	char text[ADDRESS_TEXT];

	if (key)
		return buf_puts(name, address_text(text, sizeof(text), &key->server, key->port));
	return buf_puts(name, slot == SLOT_REMOTE ? "(remote)" : service_of(r, slot));
}

static int add_client(const struct resolver *r, u32 slot, struct buf *name)
{
	return buf_puts(name, slot == SLOT_REMOTE ? "(remote)" : service_of(r, slot));
}

/* "4>7:4294967295" as "cron -> web"; "" for a marked one, which gets its name from the load. */
static int add_endpoint(const struct resolver *r, const char *key, struct buf *name)
{
	unsigned int client, server, edge;

	buf_puts(name, "");
	if (sscanf(key, "%u>%u:%u", &client, &server, &edge) != 3)
		return name->failed;
	add_client(r, client, name);
	buf_puts(name, " -> ");
	return add_server(r, server, edge, name);
}

static int add_path(const struct resolver *r, const char *path, struct buf *name)
{
	const char brk = PATH_BREAK;
	unsigned int slot, edge;

	buf_puts(name, "");
	for (; sscanf(path, "%u:%u", &slot, &edge) == 2; path++) {
		add_server(r, slot, edge, name);
		path = strchr(path, PATH_BREAK);
		if (!path)
			break;
		buf_add(name, &brk, 1);
	}
	return name->failed;
}

/* Paths of replicas become one here: what they hold is added up. */
static int add_profile(const struct resolver *r, const struct profile *raw, struct profile *profile)
{
	struct profile named = *raw;
	struct place *places = calloc(raw->nr_places, sizeof(*places));
	int err = raw->nr_places && !places ? -ENOMEM : 0;
	size_t i;

	for (i = 0; i < raw->nr_places && !err; i++) {
		struct buf path = buf_init(PATH_ROOM);

		err = add_path(r, raw->places[i].path, &path) ? -ENOMEM : 0;
		places[i] = raw->places[i];
		places[i].path = path.data; /* freed below */
	}
	named.places = places;
	if (!err)
		err = profile_merge(profile, &named);
	while (i-- > 0)
		free(places[i].path);
	free(places);
	return err;
}

static int add_flaws(u32 flaws, struct buf *text)
{
	u32 bit;

	buf_puts(text, "");
	for (bit = 0; bit < 32; bit++) {
		if (flaws & 1U << bit)
			buf_printf(text, "%s%s", text->len ? ", " : "", account_reason(1U << bit));
	}
	return text->failed;
}

static struct kept_span *add_span(const struct resolver *r, const struct span_record *record,
				  struct kept_trace *trace)
{
	struct buf client = buf_init(PATH_ROOM), server = buf_init(PATH_ROOM);
	const struct edge_key *key = edge_of(r, record->edge);
	char addr[ADDRESS_TEXT] = "";
	struct kept_span *span = NULL;

	if (key)
		address_text(addr, sizeof(addr), &key->server, key->port);
	if (!add_client(r, record->client_slot, &client) &&
	    !add_server(r, record->server_slot, record->edge, &server))
		span = kept_add_span(trace, client.data, server.data, addr);
	buf_free(&client);
	buf_free(&server);
	return span;
}

/* @ns of the monotonic clock since 1970; 0 stays unknown. */
static u64 real_ns(const struct resolver *r, u64 ns)
{
	return ns ? ns + (r->after->real_ns - r->after->mono_ns) : 0;
}

static void fill_span(const struct resolver *r, const struct span_record *record,
		      struct kept_span *span)
{
	span->client_isn = record->isn.client;
	span->server_isn = record->isn.server;
	span->ordinal = record->ordinal;
	span->connect_ns = record->connect_ns;
	span->sent_ns = real_ns(r, record->sent_ns);
	span->arrived_ns = real_ns(r, record->arrived_ns);
	span->begun_ns = real_ns(r, record->begun_ns);
	span->answered_ns = real_ns(r, record->answered_ns);
	span->returned_ns = real_ns(r, record->returned_ns);
	span->read_ns = real_ns(r, record->read_ns);
	span->cpu_ns = record->used.cpu_ns;
	span->runq_ns = record->used.runq_ns;
	span->throttled_ns = record->used.throttled_ns;
	span->disk_ns = record->used.disk_ns;
}

/*
 * Adds the spans of @raw, the root first and each behind its parent; those without a way to the
 * root are left out, which the trace's flaws tell.
 */
static int add_spans(const struct resolver *r, const struct raw_trace *raw,
		     struct kept_trace *trace)
{
	u32 order[SPAN_TRACE_MAX], nr = 0, done, i;
	bool added[SPAN_TRACE_MAX] = { false };

	for (done = 0, order[nr++] = raw->nr - 1; done < nr; done++) {
		const struct span_record *record = &raw->spans[order[done]];
		struct kept_span *span = add_span(r, record, trace);

		if (!span)
			return -ENOMEM;
		fill_span(r, record, span);
		added[order[done]] = true;
		for (i = 0; done && i < done; i++) {
			if (raw->spans[order[i]].id == record->parent)
				span->parent = i;
		}
		for (i = 0; i + 1 < raw->nr; i++) {
			if (!added[i] && raw->spans[i].parent == record->id) {
				added[i] = true;
				order[nr++] = i;
			}
		}
	}
	return 0;
}

static int add_trace(const struct resolver *r, const struct raw_trace *raw, const char *endpoint,
		     u32 mark, bool slow, struct phase *phase)
{
	struct buf flaws = buf_init(256);
	struct kept_trace *trace = NULL;

	if (!raw->nr)
		return 0;
	if (!add_flaws(raw->flaws, &flaws))
		trace = phase_add_trace(phase, endpoint, flaws.data);
	buf_free(&flaws);
	if (!trace)
		return -ENOMEM;
	trace->mark = mark;
	trace->slow = slow;
	trace->weight = raw->spans[raw->nr - 1].weight;
	return add_spans(r, raw, trace);
}

static int add_kept(const struct resolver *r, const struct keep *keep, const char *endpoint,
		    u32 mark, struct phase *phase)
{
	int err = 0;
	u32 i;

	for (i = 0; i < TRACER_KEEP_SLOW && !err; i++)
		err = add_trace(r, &keep->slow[i], endpoint, mark, true, phase);
	for (i = 0; i < TRACER_KEEP_OTHER && !err; i++)
		err = add_trace(r, &keep->other[i], endpoint, mark, false, phase);
	return err;
}

static int add_losses(const struct tracer *t, struct tally *losses)
{
	u64 dropped = assembler_dropped(t->assembler) - t->dropped_before;

	if (dropped && tally_add(losses, "span_rootless", dropped))
		return -ENOMEM;
	return t->no_endpoint ? tally_add(losses, "trace_endpoints_full", t->no_endpoint) : 0;
}

int tracer_end(struct tracer *t, struct phase *phase, const struct snapshot *before,
	       const struct snapshot *after, struct names *names)
{
	const struct resolver r = { before, after, names };
	int err = add_losses(t, &phase->losses);
	size_t i;

	for (i = 0; i < t->raw.nr_profiles && !err; i++) {
		const struct profile *raw = &t->raw.profiles[i];
		struct buf endpoint = buf_init(PATH_ROOM);
		struct profile *profile = NULL;

		if (!add_endpoint(&r, raw->endpoint, &endpoint))
			profile = phase_take_profile(phase, endpoint.data, raw->mark);
		err = profile ? add_profile(&r, raw, profile) : -ENOMEM;
		if (!err)
			err = add_kept(&r, &t->keep[i], endpoint.data, raw->mark, phase);
		buf_free(&endpoint);
	}
	return err ? err : hops_build(phase, before, after, names, t->estimates);
}
