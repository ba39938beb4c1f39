// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/attribute/address.h"
#include "user/attribute/build.h"
#include "user/collect/procfs.h"

#define DEVICE_NAME_MAX 64

struct build {
	struct phase *phase;
	const struct snapshot *before, *after;
	struct names *names;
};

static u64 minus(u64 now, u64 before)
{
	return now > before ? now - before : 0;
}

static int add_delta(struct hist *into, unsigned int sub_bits, const u64 *now, const u64 *before,
		     u64 sum_now, u64 sum_before)
{
	struct hist part = { 0 };
	int err = hist_from_delta(&part, sub_bits, now, before, sum_now, sum_before);

	if (!err)
		err = hist_merge(into, &part);
	hist_free(&part);
	return err;
}

static int kernel_hist(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		       u64 sum_before)
{
	return add_delta(into, HIST_KERNEL_SUB_BITS, now, before, sum_now, sum_before);
}

static int coarse_hist(struct hist *into, const u64 *now, const u64 *before, u64 sum_now,
		       u64 sum_before)
{
	return add_delta(into, HIST_COARSE_SUB_BITS, now, before, sum_now, sum_before);
}

enum cgroup_tree build_tree(u64 key)
{
	switch (key >> OWNER_TREE_SHIFT) {
	case OWNER_V1_CPU:
		return CGROUP_V1_CPU;
	case OWNER_V1_BLKIO:
		return CGROUP_V1_BLKIO;
	}
	return CGROUP_V2;
}

const char *build_owner_name(const struct snapshot *s, struct names *names, u32 slot,
			     const char **host)
{
	const struct owner_info *info;
	const struct name *name;

	if (host)
		*host = "";
	if (slot == SLOT_UNOWNED)
		return "(unowned)";
	if (slot == SLOT_OVERFLOW || slot >= s->nr_owners)
		return "(overflow)";
	info = &s->owners[slot];
	name = names_of(names, build_tree(info->key), info->key & OWNER_ID_MASK, info->name);
	if (host)
		*host = name->host;
	return name->service;
}

/* What @slot is called; @host may be NULL. The text holds until the next call. */
static const char *name_of(const struct build *b, u32 slot, const char **host)
{
	return build_owner_name(b->after, b->names, slot, host);
}

static struct service *service_of(const struct build *b, u32 slot)
{
	const char *host, *name = name_of(b, slot, &host);
	struct service *service = phase_find_service(b->phase, name, host);

	return service ? service : phase_add_service(b->phase, name, host);
}

static bool same_owner(const struct owner_info *a, const struct owner_info *b)
{
	return a->key == b->key && a->born_ns == b->born_ns;
}

/*
 * Where the owner @index of @after stands in @before, or -1. Mostly at the same place, so the
 * search begins there.
 */
static s64 owner_before(const struct build *b, u32 index)
{
	const struct snapshot *before = b->before;
	u32 i;

	if (index < SLOT_FIRST)
		return index;
	for (i = 0; i < before->nr_owners; i++) {
		u32 at = (index + i) % before->nr_owners;

		if (same_owner(&before->owners[at], &b->after->owners[index]))
			return at;
	}
	return -1;
}

static int add_sched(const struct build *b, u32 index)
{
	static const struct sched_row none;
	const struct sched_row *now = &b->after->sched[index], *was = &none;
	s64 at = owner_before(b, index);
	struct service *service;

	if (at >= 0)
		was = &b->before->sched[at];
	/* A short process is switched from, never to, where it came into its cgroup. */
	if (now->switches == was->switches && now->voluntary == was->voluntary &&
	    now->involuntary == was->involuntary && now->cpu_ns <= was->cpu_ns)
		return 0;
	service = service_of(b, index);
	if (!service)
		return -ENOMEM;
	service->cpu_ns += minus(now->cpu_ns, was->cpu_ns);
	service->switches += minus(now->switches, was->switches);
	service->voluntary += minus(now->voluntary, was->voluntary);
	service->involuntary += minus(now->involuntary, was->involuntary);
	if (kernel_hist(&service->runq_wait_ns, now->wait, was->wait, now->wait_sum_ns,
			was->wait_sum_ns))
		return -ENOMEM;
	return kernel_hist(&service->slice_ns, now->slice, was->slice, now->slice_sum_ns,
			   was->slice_sum_ns);
}

/* Whom the wait is charged to; owners are named as services are. */
static const char *offender_name(const struct build *b, u32 offender)
{
	if (offender == WAIT_BY_IDLE)
		return "(wake-up)";
	if (offender == WAIT_BY_EARLIER)
		return "(earlier)";
	return name_of(b, offender, NULL);
}

static s64 offender_before(const struct build *b, u32 offender)
{
	return offender >= WAIT_BY_EARLIER ? offender : owner_before(b, offender);
}

static u64 wait_before(const struct build *b, u32 index)
{
	const struct wait_sample *wait = &b->after->waits[index];
	s64 victim = owner_before(b, wait->victim), offender = offender_before(b, wait->offender);
	u32 i;

	for (i = 0; i < b->before->nr_waits; i++) {
		const struct wait_sample *was =
			&b->before->waits[(index + i) % b->before->nr_waits];

		if (was->victim == victim && was->offender == offender)
			return was->wait_ns;
	}
	return 0;
}

static int add_wait(const struct build *b, u32 index)
{
	const struct wait_sample *wait = &b->after->waits[index];
	u64 wait_ns = minus(wait->wait_ns, wait_before(b, index));
	struct service *service;

	if (!wait_ns)
		return 0;
	service = service_of(b, wait->victim);
	if (!service)
		return -ENOMEM;
	return tally_add(&service->waited_for_ns, offender_name(b, wait->offender), wait_ns);
}

static const char *op_name(u32 op)
{
	static const char *const names[] = {
		[DISK_READ] = "read",	[DISK_WRITE] = "write", [DISK_DISCARD] = "discard",
		[DISK_FLUSH] = "flush", [DISK_OTHER] = "other",
	};

	return op < DISK_OP_NR ? names[op] : "other";
}

/* The kernel's name of a device number, by its link in sysfs; the number when it is gone. */
static void device_name(char *name, u32 dev)
{
	char path[64], target[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", dev >> 20, dev & 0xfffff);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0) {
		snprintf(name, DEVICE_NAME_MAX, "%u:%u", dev >> 20, dev & 0xfffff);
		return;
	}
	target[len] = '\0';
	snprintf(name, DEVICE_NAME_MAX, "%.*s", DEVICE_NAME_MAX - 1, strrchr(target, '/') + 1);
}

static const struct disk_row *disk_before(const struct build *b, const struct disk_sample *disk)
{
	s64 owner = owner_before(b, disk->owner);
	u32 i;

	for (i = 0; i < b->before->nr_disks; i++) {
		const struct disk_sample *was = &b->before->disks[i];

		if (was->owner == owner && was->op == disk->op && was->dev == disk->dev)
			return &was->row;
	}
	return NULL;
}

static int add_disk(const struct build *b, const struct disk_sample *sample)
{
	static const struct disk_row none;
	const struct disk_row *now = &sample->row, *was = disk_before(b, sample);
	char device[DEVICE_NAME_MAX];
	struct service *service;
	struct disk *disk;

	if (!was)
		was = &none;
	if (now->count == was->count && now->bytes == was->bytes)
		return 0;
	service = service_of(b, sample->owner);
	if (!service)
		return -ENOMEM;
	device_name(device, sample->dev);
	disk = service_find_disk(service, device, op_name(sample->op));
	if (!disk)
		disk = service_add_disk(service, device, op_name(sample->op));
	if (!disk)
		return -ENOMEM;
	disk->count += minus(now->count, was->count);
	disk->bytes += minus(now->bytes, was->bytes);
	disk->errors += minus(now->errors, was->errors);
	if (kernel_hist(&disk->queue_ns, now->queue, was->queue, now->queue_sum_ns,
			was->queue_sum_ns))
		return -ENOMEM;
	return kernel_hist(&disk->device_ns, now->device, was->device, now->device_sum_ns,
			   was->device_sum_ns);
}

static const struct edge_row *edge_before(const struct build *b, u32 index)
{
	const struct edge_sample *edge = &b->after->edges[index];
	s64 client = owner_before(b, edge->client), server = owner_before(b, edge->server);
	const struct edge_key *key = &edge->row.key;
	u32 i;

	for (i = 0; i < b->before->nr_edges; i++) {
		const struct edge_sample *was =
			&b->before->edges[(index + i) % b->before->nr_edges];

		if (was->client == client && was->server == server &&
		    was->row.generation == edge->row.generation && was->row.key.port == key->port &&
		    memcmp(&was->row.key.server, &key->server, sizeof(key->server)) == 0 &&
		    memcmp(&was->row.key.peer, &key->peer, sizeof(key->peer)) == 0)
			return &was->row;
	}
	return NULL;
}

/* Copies what an end of @key's edge is called; the other end's address where it is not here. */
static char *end_name(const struct build *b, u32 slot, const struct addr *addr, u32 port,
		      char **host)
{
	const char *at = "", *name;
	char text[ADDRESS_TEXT];

	if (slot == SLOT_REMOTE)
		name = address_text(text, sizeof(text), addr, port);
	else
		name = name_of(b, slot, &at);
	*host = strdup(at);
	return strdup(name);
}

static struct edge *edge_of(const struct build *b, const struct edge_sample *sample)
{
	char *client, *server, *client_host = NULL, *server_host = NULL, addr[ADDRESS_TEXT];
	const struct edge_key *key = &sample->row.key;
	struct edge *edge = NULL;

	address_text(addr, sizeof(addr), &key->server, key->port);
	client = end_name(b, sample->client, &key->peer, 0, &client_host);
	server = end_name(b, sample->server, &key->server, key->port, &server_host);
	if (client && server && client_host && server_host) {
		edge = phase_find_edge(b->phase, client, server, addr);
		if (!edge)
			edge = phase_add_edge(b->phase, client, server, addr, client_host,
					      server_host);
	}
	free(client);
	free(server);
	free(client_host);
	free(server_host);
	return edge;
}

static int add_edge_hists(struct edge *edge, const struct edge_row *now, const struct edge_row *was)
{
	int err;

	err = coarse_hist(&edge->connect_ns, now->connect, was->connect, now->connect_sum_ns,
			  was->connect_sum_ns);
	if (!err)
		err = kernel_hist(&edge->response_ns, now->response, was->response,
				  now->response_sum_ns, was->response_sum_ns);
	if (!err)
		err = kernel_hist(&edge->service_ns, now->service, was->service,
				  now->service_sum_ns, was->service_sum_ns);
	if (!err)
		err = coarse_hist(&edge->rtt_ns, now->rtt, was->rtt, now->rtt_sum_ns,
				  was->rtt_sum_ns);
	return err;
}

static int add_to_service(const struct build *b, u32 owner, u64 tx, u64 rx)
{
	struct service *service;

	if (owner == SLOT_REMOTE)
		return 0;
	service = service_of(b, owner);
	if (!service)
		return -ENOMEM;
	service->net_tx_bytes += tx;
	service->net_rx_bytes += rx;
	return 0;
}

static bool edge_moved(const struct edge_row *now, const struct edge_row *was)
{
	return now->connections != was->connections || now->responses != was->responses ||
	       now->retransmits != was->retransmits || now->resets != was->resets ||
	       now->bytes_tx != was->bytes_tx || now->bytes_rx != was->bytes_rx ||
	       now->service_sum_ns != was->service_sum_ns || now->open;
}

static int add_edge(const struct build *b, u32 index)
{
	static const struct edge_row none;
	const struct edge_sample *sample = &b->after->edges[index];
	const struct edge_row *now = &sample->row, *was = edge_before(b, index);
	struct edge *edge;
	u64 tx, rx;

	if (!was)
		was = &none;
	if (!edge_moved(now, was))
		return 0;
	edge = edge_of(b, sample);
	if (!edge)
		return -ENOMEM;
	tx = minus(now->bytes_tx, was->bytes_tx);
	rx = minus(now->bytes_rx, was->bytes_rx);
	edge->connections += minus(now->connections, was->connections);
	edge->open += now->open;
	edge->responses += minus(now->responses, was->responses);
	edge->retransmits += minus(now->retransmits, was->retransmits);
	edge->resets += minus(now->resets, was->resets);
	edge->bytes_tx += tx;
	edge->bytes_rx += rx;
	/* The edge's bytes are seen from its client. */
	if (add_edge_hists(edge, now, was) || add_to_service(b, sample->client, tx, rx))
		return -ENOMEM;
	return add_to_service(b, sample->server, rx, tx);
}

void build_network(struct hist *network, const struct hist *response, const struct hist *service)
{
	u64 more = response->count > service->count ? response->count : service->count,
	    less = response->count + service->count - more;
	double mean_ns = hist_mean(response) - hist_mean(service);

	if (!less || (double)(more - less) > 1 + 0.01 * (double)more || mean_ns < 0)
		return;
	network->count = response->count;
	network->sum_ns = (u64)(mean_ns * (double)response->count);
	network->min_ns = HIST_UNKNOWN;
}

static const struct program_stat *stat_before(const struct build *b, const char *name)
{
	static const struct program_stat none;
	u32 i;

	for (i = 0; i < b->before->nr_programs; i++) {
		if (strcmp(b->before->programs[i].name, name) == 0)
			return &b->before->programs[i];
	}
	return &none;
}

static int add_losses(const struct build *b)
{
	u32 i;

	for (i = 0; i < LOSS_NR; i++) {
		u64 lost = minus(b->after->losses[i], b->before->losses[i]);

		if (lost && tally_add(&b->phase->losses, loss_name(i), lost))
			return -ENOMEM;
	}
	return 0;
}

/* The kernel does not run a program that an event has interrupted (since 5.12 it counts these). */
static int add_misses(const struct build *b, const struct program_stat *now)
{
	u64 missed = minus(now->misses, stat_before(b, now->name)->misses);
	char label[64];

	if (!missed)
		return 0;
	snprintf(label, sizeof(label), "%s_interrupted", now->name);
	return tally_add(&b->phase->losses, label, missed);
}

static int add_programs(const struct build *b)
{
	u32 i;

	for (i = 0; i < b->after->nr_programs; i++) {
		const struct program_stat *now = &b->after->programs[i],
					  *was = stat_before(b, now->name);
		struct program *program = phase_add_program(b->phase, now->name);

		if (!program || add_misses(b, now))
			return -ENOMEM;
		program->run_count = minus(now->run_count, was->run_count);
		program->run_ns = minus(now->run_ns, was->run_ns);
	}
	return 0;
}

static int add_fill(struct tally *fill, const char *what, u32 used, u32 max)
{
	char label[32];

	snprintf(label, sizeof(label), "%s of %u", what, max);
	return tally_add(fill, label, used);
}

static int add_fills(const struct build *b)
{
	struct tally *fill = &b->phase->map_fill;

	if (add_fill(fill, "cgroups", b->after->slots_used, SLOTS_MAX - SLOT_FIRST) ||
	    add_fill(fill, "disks", b->after->disks_used, DISK_ROWS_MAX) ||
	    add_fill(fill, "edges", b->after->edges_used, EDGE_ROWS_MAX))
		return -ENOMEM;
	return add_fill(fill, "waits", b->after->waits_used, WAIT_ROWS_MAX);
}

static int add_self(const struct build *b)
{
	struct proc_memory memory;

	b->phase->self_cpu_ns += minus(b->after->self_cpu_ns, b->before->self_cpu_ns);
	if (!procfs_memory("", getpid(), &memory))
		b->phase->self_rss_bytes = memory.rss_bytes;
	b->phase->self_map_bytes = b->after->map_bytes;
	return add_losses(b) || add_fills(b) || add_programs(b) ? -ENOMEM : 0;
}

int build_phase(struct phase *phase, const struct snapshot *before, const struct snapshot *after,
		struct names *names)
{
	struct build b = { phase, before, after, names };
	u32 i;

	for (i = 0; i < after->nr_owners; i++) {
		if (add_sched(&b, i))
			return -ENOMEM;
	}
	for (i = 0; i < after->nr_waits; i++) {
		if (add_wait(&b, i))
			return -ENOMEM;
	}
	for (i = 0; i < after->nr_disks; i++) {
		if (add_disk(&b, &after->disks[i]))
			return -ENOMEM;
	}
	for (i = 0; i < after->nr_edges; i++) {
		if (add_edge(&b, i))
			return -ENOMEM;
	}
	for (i = 0; i < phase->nr_edges; i++)
		build_network(&phase->edges[i].network_ns, &phase->edges[i].response_ns,
			      &phase->edges[i].service_ns);
	if (add_self(&b))
		return -ENOMEM;
	phase->started_at_ns = before->real_ns;
	phase->duration_ns = after->mono_ns - before->mono_ns;
	return 0;
}
