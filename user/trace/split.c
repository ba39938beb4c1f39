// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bpf/instants.h"
#include "user/trace/split.h"

#define NOBODY SPAN_NONE

struct node {
	const struct span_record *record;
	u64 t[INSTANTS];
	u64 from, to; /* its part of the critical path */
	u32 place;
	u32 child, sibling; /* in the order of RETURNED, the last one first */
	bool seen;
};

struct work {
	struct node node[SPAN_TRACE_MAX];
	u32 nr;
	struct split *split;
};

/* What a service does between BEGUN and ANSWERED beside waiting for its calls. */
struct own {
	u64 wall_ns;
	u64 queue_ns; /* answers that lay unread */
	struct span_usage usage;
};

/* @value * @part / @whole; @part is at most @whole. */
static u64 scale(u64 value, u64 part, u64 whole)
{
	return whole ? (u64)((unsigned __int128)value * part / whole) : 0;
}

static void order_instants(struct node *n)
{
	const struct span_record *r = n->record;
	const u64 stamp[INSTANTS] = {
		[SENT] = r->sent_ns,	     [ARRIVED] = r->arrived_ns,	  [BEGUN] = r->begun_ns,
		[ANSWERED] = r->answered_ns, [RETURNED] = r->returned_ns, [READ] = r->read_ns
	};

	memcpy(n->t, stamp, sizeof(stamp));
	instants_order(n->t, r->connect_ns);
}

static u32 find_id(const struct work *w, u32 id)
{
	u32 i;

	for (i = 0; i < w->nr; i++) {
		if (w->node[i].record->id == id)
			return i;
	}
	return NOBODY;
}

/* Puts @child below its parent, before the first sibling that ended earlier. */
static void link_child(struct work *w, u32 parent, u32 child)
{
	u32 *at = &w->node[parent].child;

	while (*at != NOBODY && w->node[*at].t[RETURNED] >= w->node[child].t[RETURNED])
		at = &w->node[*at].sibling;
	w->node[child].sibling = *at;
	*at = child;
}

static void build_tree(struct work *w, const struct trace *trace)
{
	u32 i, parent;

	w->nr = trace->nr;
	for (i = 0; i < w->nr; i++) {
		w->node[i] = (struct node){
			.record = &trace->spans[i],
			.child = NOBODY,
			.sibling = NOBODY,
		};
		order_instants(&w->node[i]);
	}
	for (i = 0; i + 1 < w->nr; i++) {
		parent = find_id(w, w->node[i].record->parent);
		if (parent != NOBODY && find_id(w, w->node[i].record->id) == i)
			link_child(w, parent, i);
	}
}

static bool same_server(const struct span_record *a, const struct span_record *b)
{
	return a->server_slot == b->server_slot &&
	       (a->server_slot != SLOT_REMOTE || a->edge == b->edge);
}

/* The place of @span's server as called from place @parent. */
static u32 place_of(struct work *w, u32 parent, u32 span)
{
	struct split *split = w->split;
	u32 i;

	for (i = 1; i < split->nr_places; i++) {
		if (split->places[i].parent == parent &&
		    same_server(w->node[split->places[i].span].record, w->node[span].record))
			return i;
	}
	memset(&split->places[i], 0, sizeof(split->places[i]));
	split->places[i].parent = parent;
	split->places[i].span = span;
	return split->nr_places++;
}

/* Gives places to @span and all below it; a record that is reached in no way stays unseen. */
static void find_places(struct work *w, u32 parent, u32 span)
{
	struct node *n = &w->node[span];
	u32 child;

	n->seen = true;
	n->place = place_of(w, parent, span);
	w->split->places[n->place].calls++;
	for (child = n->child; child != NOBODY; child = w->node[child].sibling) {
		if (!w->node[child].seen)
			find_places(w, n->place, child);
	}
}

/*
 * Gives each child of @n its part of @from..@to, and returns their sum. All children before one in
 * the list ended later, so what they left is all before the first of their beginnings: a child
 * gets what it had before that.
 */
static u64 share_out(struct work *w, const struct node *n, u64 from, u64 to)
{
	u64 left = to, sum = 0;
	u32 i;

	for (i = n->child; i != NOBODY; i = w->node[i].sibling) {
		struct node *child = &w->node[i];

		child->to = ns_max(ns_min(child->t[RETURNED], left), from);
		child->from = ns_min(ns_max(child->t[CONNECTS], from), child->to);
		sum += child->to - child->from;
		if (child->to > child->from)
			left = child->from;
	}
	return sum;
}

/* Moves up to *@room of *@from to *@to. */
static void fit(u64 *from, u64 *to, u64 *room)
{
	u64 moved = ns_min(*from, *room);

	*from -= moved;
	*to += moved;
	*room -= moved;
}

/* Splits the gap of @room_ns between an answer's arrival and its read by what its reader used;
 * @used keeps what was beside the path. Returns the rest of the gap. */
static u64 split_gap(struct span_usage *used, struct span_usage *on_path, u64 room_ns)
{
	fit(&used->runq_ns, &on_path->runq_ns, &room_ns);
	fit(&used->throttled_ns, &on_path->throttled_ns, &room_ns);
	fit(&used->cpu_ns, &on_path->cpu_ns, &room_ns);
	return room_ns;
}

/*
 * What @n's service used while @child was out, less what is counted by children sent before: of
 * two calls that overlap in part, the later one's use is taken to be even over its time, as is
 * that of one which goes on behind the service's answer.
 */
static struct span_usage beside(const struct work *w, const struct node *n, u32 child)
{
	const struct node *c = &w->node[child];
	struct span_usage used = c->record->caller;
	u64 whole = c->t[READ] - c->t[SENT], end = ns_min(c->t[READ], n->t[ANSWERED]);
	u64 counted = ns_max(c->t[SENT], n->t[BEGUN]), part;
	u32 i;

	for (i = n->child; i != NOBODY; i = w->node[i].sibling) {
		const struct node *o = &w->node[i];

		if (o->t[SENT] < c->t[SENT] || (o->t[SENT] == c->t[SENT] && i < child))
			counted = ns_max(counted, o->t[READ]);
	}
	part = ns_minus(end, counted);
	if (part < whole) {
		used.cpu_ns = scale(used.cpu_ns, part, whole);
		used.runq_ns = scale(used.runq_ns, part, whole);
		used.throttled_ns = scale(used.throttled_ns, part, whole);
		used.disk_ns = scale(used.disk_ns, part, whole);
	}
	return used;
}

static u64 usage_sum(const struct span_usage *u)
{
	return u->cpu_ns + u->runq_ns + u->throttled_ns + u->disk_ns;
}

/* Scales @u so that it takes no more than @room_ns: threads that worked side by side. */
static void usage_limit(struct span_usage *u, u64 room_ns)
{
	u64 sum = usage_sum(u);

	if (sum <= room_ns)
		return;
	u->cpu_ns = scale(u->cpu_ns, room_ns, sum);
	u->runq_ns = scale(u->runq_ns, room_ns, sum);
	u->throttled_ns = scale(u->throttled_ns, room_ns, sum);
	u->disk_ns = scale(u->disk_ns, room_ns, sum);
}

/* A number that no kernel has counted must not make sums run over. */
static struct span_usage bounded(const struct span_usage *u, u64 most)
{
	return (struct span_usage){ ns_min(u->cpu_ns, most), ns_min(u->runq_ns, most),
				    ns_min(u->throttled_ns, most), ns_min(u->disk_ns, most) };
}

/* What @n's service did by itself over its whole time; children have their parts of that. */
static struct own find_own(struct work *w, struct node *n)
{
	u64 down_ns = share_out(w, n, n->t[BEGUN], n->t[ANSWERED]), left = n->t[ANSWERED];
	struct own own = { .wall_ns = n->t[ANSWERED] - n->t[BEGUN] - down_ns,
			   .usage = bounded(&n->record->used, 1ULL << 60) };
	u32 i;

	for (i = n->child; i != NOBODY; i = w->node[i].sibling) {
		const struct node *child = &w->node[i];
		struct span_usage used = beside(w, n, i), on_path = { 0 };
		u64 gap = ns_minus(ns_min(child->t[READ], left),
				   ns_max(child->t[RETURNED], n->t[BEGUN]));

		own.queue_ns += split_gap(&used, &on_path, gap);
		own.usage.cpu_ns = ns_minus(own.usage.cpu_ns, used.cpu_ns);
		own.usage.runq_ns = ns_minus(own.usage.runq_ns, used.runq_ns);
		own.usage.throttled_ns = ns_minus(own.usage.throttled_ns, used.throttled_ns);
		own.usage.disk_ns = ns_minus(own.usage.disk_ns, used.disk_ns);
		if (child->to > child->from)
			left = child->from;
	}
	own.queue_ns = ns_min(own.queue_ns, own.wall_ns);
	usage_limit(&own.usage, own.wall_ns - own.queue_ns);
	return own;
}

static void add(struct split_place *place, enum component component, u64 ns, u64 sum_ns)
{
	place->ns[component] += ns;
	place->sum_ns[component] += sum_ns;
}

/* Adds the service's own components: @wall_ns of @own are on the path. */
static void add_own(struct split_place *place, const struct own *own, const struct span_usage *used,
		    u64 wall_ns)
{
	const u64 cpu = scale(own->usage.cpu_ns, wall_ns, own->wall_ns);
	const u64 runq = scale(own->usage.runq_ns, wall_ns, own->wall_ns);
	const u64 throttled = scale(own->usage.throttled_ns, wall_ns, own->wall_ns);
	const u64 disk = scale(own->usage.disk_ns, wall_ns, own->wall_ns);
	const u64 queue = scale(own->queue_ns, wall_ns, own->wall_ns);

	add(place, COMPONENT_cpu, cpu, used->cpu_ns);
	add(place, COMPONENT_runq, runq, used->runq_ns);
	add(place, COMPONENT_throttled, throttled, used->throttled_ns);
	add(place, COMPONENT_disk, disk, used->disk_ns);
	add(place, COMPONENT_socket_queue, queue, own->queue_ns);
	add(place, COMPONENT_other, wall_ns - cpu - runq - throttled - disk - queue,
	    own->wall_ns - own->queue_ns - usage_sum(&own->usage));
}

/* Splits the time of the call @n that is on the path, and what is below it. */
static void split_call(struct work *w, struct node *n)
{
	struct split_place *place = &w->split->places[n->place];
	const u64 *t = n->t;
	u64 cut[INSTANTS], down_ns, calls_ns = 0;
	struct own own;
	u32 i;

	for (i = CONNECTS; i <= RETURNED; i++)
		cut[i] = ns_max(ns_min(t[i], n->to), n->from);
	add(place, COMPONENT_connect, cut[SENT] - cut[CONNECTS], t[SENT] - t[CONNECTS]);
	add(place, COMPONENT_network, cut[ARRIVED] - cut[SENT] + cut[RETURNED] - cut[ANSWERED],
	    t[ARRIVED] - t[SENT] + t[RETURNED] - t[ANSWERED]);
	add(place, COMPONENT_socket_queue, cut[BEGUN] - cut[ARRIVED], t[BEGUN] - t[ARRIVED]);
	own = find_own(w, n);
	down_ns = share_out(w, n, cut[BEGUN], cut[ANSWERED]);
	add_own(place, &own, &n->record->used, cut[ANSWERED] - cut[BEGUN] - down_ns);
	for (i = n->child; i != NOBODY; i = w->node[i].sibling) {
		calls_ns += w->node[i].t[RETURNED] - w->node[i].t[CONNECTS];
		split_call(w, &w->node[i]);
	}
	add(place, COMPONENT_downstream, down_ns, calls_ns);
}

/* Between the answer's arrival and its read: the client's own part. Its thread's other work is
 * none of this request's, so there is no other sum. */
static void split_client(struct split *split, const struct node *root)
{
	struct split_place *client = &split->places[0];
	struct span_usage used = root->record->caller, on_path = { 0 };
	u64 queue_ns = split_gap(&used, &on_path, root->t[READ] - root->t[RETURNED]);
	u64 down_ns = root->t[RETURNED] - root->t[CONNECTS];

	add(client, COMPONENT_runq, on_path.runq_ns, on_path.runq_ns);
	add(client, COMPONENT_throttled, on_path.throttled_ns, on_path.throttled_ns);
	add(client, COMPONENT_cpu, on_path.cpu_ns, on_path.cpu_ns);
	add(client, COMPONENT_socket_queue, queue_ns, queue_ns);
	add(client, COMPONENT_downstream, down_ns, down_ns);
}

static u32 find_flaws(const struct work *w, const struct span_record *root)
{
	u32 i, flags = root->nr_spans == w->nr ? 0 : SPLIT_MISSING;

	for (i = 0; i < w->nr; i++) {
		flags |= w->node[i].record->flags;
		if (!w->node[i].seen)
			flags |= SPLIT_MISSING;
	}
	return flags & SPLIT_FLAWS;
}

void split_trace(const struct trace *trace, struct split *split)
{
	struct work w = { .split = split };
	struct node *root = &w.node[trace->nr - 1];
	const struct span_record *record = &trace->spans[trace->nr - 1];
	bool has_client = record->sent_ns != 0;

	memset(&split->places[0], 0, sizeof(split->places[0]));
	split->places[0].calls = 1;
	split->places[0].span = trace->nr - 1;
	split->nr_places = 1;
	build_tree(&w, trace);
	find_places(&w, 0, trace->nr - 1);
	split->flags = find_flaws(&w, record);
	split->timed = has_client ? record->returned_ns != 0 : record->answered_ns != 0;
	split->start_ns = root->t[CONNECTS];
	split->total_ns = 0;
	if (!split->timed) {
		split->flags |= SPAN_UNANSWERED;
		return;
	}
	split->total_ns = root->t[has_client ? READ : RETURNED] - root->t[CONNECTS];
	root->from = root->t[CONNECTS];
	root->to = root->t[RETURNED];
	split_call(&w, root);
	if (has_client)
		split_client(split, root);
}
