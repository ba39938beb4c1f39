// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "bpf/block.skel.h"
#include "bpf/cgroup.skel.h"
#include "bpf/sched.skel.h"
#include "bpf/span.skel.h"
#include "bpf/tcp.skel.h"
#include "user/collect/listeners.h"
#include "user/collect/map.h"
#include "user/collect/objects.h"
#include "user/collect/spanring.h"

static bool wanted(const struct feature *row)
{
	return row->state == FEATURE_USED || row->state == FEATURE_STANDBY;
}

/* Sets what must stand before the load: which programs, how many CPUs, whose maps. */
static int prepare(struct objects *o, enum bpf_object_id id)
{
	struct bpf_program *program;
	struct bpf_map *map;
	size_t i;
	int err;

	bpf_object__for_each_program (program, o->object[id]) {
		const struct feature *row = features_find(&o->features, bpf_program__name(program));

		bpf_program__set_autoload(program, row && wanted(row));
	}
	bpf_object__for_each_map (map, o->object[id]) {
		for (i = 0; i < o->nr_shared; i++) {
			if (strcmp(bpf_map__name(map), o->shared[i].name) != 0)
				continue;
			err = bpf_map__reuse_fd(map, o->shared[i].fd);
			if (err)
				return err;
		}
	}
	return 0;
}

static bool is_remembered(const struct objects *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->nr_shared; i++) {
		if (strcmp(o->shared[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What the objects loaded next use together with this one. */
static void remember_shared(struct objects *o, enum bpf_object_id id)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, o->object[id]) {
		if (!map_is_shared(map) || !bpf_map__autocreate(map) ||
		    is_remembered(o, bpf_map__name(map)))
			continue;
		o->shared[o->nr_shared].name = bpf_map__name(map);
		o->shared[o->nr_shared++].fd = bpf_map__fd(map);
	}
}

/* As map_rows(), unmapped with the objects. */
static void *rows_of(struct objects *o, const struct bpf_map *map)
{
	struct region *region = &o->region[o->nr_regions];

	region->at = map_rows(map, &region->bytes);
	if (!region->at)
		return NULL;
	o->nr_regions++;
	return region->at;
}

/* The first to be loaded: its maps of owners and losses become everybody's. */
static int load_cgroup(struct objects *o)
{
	int err = prepare(o, OBJECT_CGROUP);

	if (!err)
		err = cgroup__load(o->cgroup);
	if (err)
		return err;
	remember_shared(o, OBJECT_CGROUP);
	o->rows.owners = rows_of(o, o->cgroup->maps.shared_owner_info);
	o->rows.owner_cache = rows_of(o, o->cgroup->maps.shared_owner_cache);
	o->losses_fd = bpf_map__fd(o->cgroup->maps.shared_losses);
	o->numbers.owner_numbers = bpf_map__fd(o->cgroup->maps.shared_owner_numbers);
	o->numbers.owner_free = bpf_map__fd(o->cgroup->maps.shared_owner_free);
	if (!o->rows.owners || !o->rows.owner_cache)
		return -errno;
	return map_fill_free(o->cgroup->maps.shared_owner_free, SLOT_FIRST, SLOTS_MAX);
}

static int load_sched(struct objects *o, bool by_v1_cpu)
{
	int err;

	o->sched->rodata->owner_by_v1_cpu = by_v1_cpu;
	o->sched->rodata->spans_on = o->nr > OBJECT_SPAN;
	bpf_map__set_autocreate(o->sched->maps.shared_threads, o->nr > OBJECT_SPAN);
	bpf_map__set_autocreate(o->sched->maps.shared_thread_clock, o->nr > OBJECT_SPAN);
	bpf_map__set_max_entries(o->sched->maps.sched_rows, o->rows.cpus * SLOTS_MAX);
	bpf_map__set_max_entries(o->sched->maps.sched_cpus, o->rows.cpus);
	err = prepare(o, OBJECT_SCHED);
	if (!err)
		err = sched__load(o->sched);
	if (err)
		return err;
	remember_shared(o, OBJECT_SCHED);
	o->rows.sched = rows_of(o, o->sched->maps.sched_rows);
	o->rows.cpu = rows_of(o, o->sched->maps.sched_cpus);
	o->rows.waits = rows_of(o, o->sched->maps.wait_rows);
	o->rows.wait_cache = rows_of(o, o->sched->maps.wait_cache);
	o->numbers.wait_numbers = bpf_map__fd(o->sched->maps.wait_numbers);
	o->numbers.wait_free = bpf_map__fd(o->sched->maps.wait_free);
	if (!o->rows.sched || !o->rows.cpu || !o->rows.waits || !o->rows.wait_cache)
		return -errno;
	return map_fill_free(o->sched->maps.wait_free, 0, WAIT_ROWS_MAX);
}

static int load_block(struct objects *o)
{
	int err;

	bpf_map__set_max_entries(o->block->maps.disk_rows, o->rows.cpus * DISK_ROWS_MAX);
	err = prepare(o, OBJECT_BLOCK);
	if (!err)
		err = block__load(o->block);
	if (err)
		return err;
	o->rows.disks = rows_of(o, o->block->maps.disk_rows);
	o->rows.disk_cache = rows_of(o, o->block->maps.disk_cache);
	o->numbers.disk_numbers = bpf_map__fd(o->block->maps.disk_numbers);
	o->numbers.disk_free = bpf_map__fd(o->block->maps.disk_free);
	if (!o->rows.disks || !o->rows.disk_cache)
		return -errno;
	return map_fill_free(o->block->maps.disk_free, 0, DISK_ROWS_MAX);
}

static int note_listener(const struct listener_key *key, void *data)
{
	const struct objects *o = data;
	u64 owner = 0; /* not known */

	if (bpf_map_update_elem(bpf_map__fd(o->tcp->maps.tcp_listeners), key, &owner, BPF_ANY) == 0)
		return 0;
	/* A full table is counted when connections show up that it would have told about. */
	return errno == E2BIG ? 0 : -errno;
}

static int load_tcp(struct objects *o, bool in_sk_storage, bool by_v1_cpu)
{
	int err;

	o->tcp->rodata->conn_in_sk_storage = in_sk_storage;
	o->tcp->rodata->owner_by_v1_cpu = by_v1_cpu;
	o->tcp->rodata->spans_on = o->nr > OBJECT_SPAN;
	bpf_map__set_autocreate(in_sk_storage ? o->tcp->maps.conns_by_sock
					      : o->tcp->maps.shared_conns,
				false);
	err = prepare(o, OBJECT_TCP);
	if (!err)
		err = tcp__load(o->tcp);
	if (err)
		return err;
	remember_shared(o, OBJECT_TCP);
	o->rows.edges = rows_of(o, o->tcp->maps.edge_rows);
	o->numbers.edge_numbers = bpf_map__fd(o->tcp->maps.edge_numbers);
	o->numbers.edge_free = bpf_map__fd(o->tcp->maps.edge_free);
	if (!o->rows.edges)
		return -errno;
	err = listeners_each("", note_listener, o);
	return err ? err : map_fill_free(o->tcp->maps.edge_free, 0, EDGE_ROWS_MAX);
}

static int open_tcp(struct objects *o)
{
	o->tcp = tcp__open();
	o->object[OBJECT_TCP] = o->tcp ? o->tcp->obj : NULL;
	return o->tcp ? 0 : -errno;
}

/* Socket storage in tracing programs is there from 5.11 on: the only probe that tells is a load. */
static int load_tcp_either_way(struct objects *o, bool by_v1_cpu)
{
	int err = load_tcp(o, true, by_v1_cpu);

	if (!err)
		return 0;
	tcp__destroy(o->tcp);
	err = open_tcp(o);
	return err ? err : load_tcp(o, false, by_v1_cpu);
}

static int load_span(struct objects *o, bool by_v1_cpu)
{
	struct span_control control = { 0 };
	int err;

	o->span->rodata->spans_on = true;
	o->span->rodata->owner_by_v1_cpu = by_v1_cpu;
	o->span->rodata->conn_in_sk_storage = true;
	bpf_map__set_autocreate(o->span->maps.conns_by_sock, false);
	err = prepare(o, OBJECT_SPAN);
	if (!err)
		err = span__load(o->span);
	if (err)
		return err;
	control.slow_every = &o->span->bss->span_slow_every;
	control.other_every = &o->span->bss->span_other_every;
	*control.slow_every = 1;
	*control.other_every = 1;
	control.marks_fd = bpf_map__fd(o->span->maps.span_marks);
	o->rows.sums = rows_of(o, o->span->maps.sum_rows);
	o->rows.sum_cache = rows_of(o, o->span->maps.sum_cache);
	o->numbers.sum_numbers = bpf_map__fd(o->span->maps.sum_numbers);
	o->numbers.sum_free = bpf_map__fd(o->span->maps.sum_free);
	if (!o->rows.sums || !o->rows.sum_cache)
		return -errno;
	/* Number 0 stands for none. */
	err = map_fill_free(o->span->maps.span_link_free, 1,
			    bpf_map__max_entries(o->span->maps.span_link_free));
	if (!err)
		err = map_fill_free(o->span->maps.span_worker_free, 1,
				    bpf_map__max_entries(o->span->maps.span_worker_free));
	if (!err)
		err = map_fill_free(o->span->maps.sum_free, 0, SUM_ROWS_MAX);
	if (err)
		return err;
	return span_ring_open(&o->span_ring, bpf_map__fd(o->span->maps.span_ring), &control);
}

void objects_leave_out_spans(struct objects *o, int code)
{
	span_ring_close(o->span_ring);
	o->span_ring = NULL;
	o->rows.sums = NULL;
	o->nr = OBJECT_SPAN;
	warn("requests are not followed through services: the kernel refused the programs (%s)",
	     strerror(-code));
}

int objects_refused(struct err *err, const char *what, int code)
{
	if (code == -EPERM)
		return err_set(err, EXIT_ENVIRONMENT,
			       "not allowed to load BPF programs: run as root, with CAP_BPF and "
			       "CAP_PERFMON, without lockdown=confidentiality");
	return err_set(err, EXIT_ENVIRONMENT,
		       "the kernel refused the %s programs (%s): run 'situ doctor', or with "
		       "SITU_DEBUG=1 for its words",
		       what, strerror(-code));
}

static int open_objects(struct objects *o)
{
	o->cgroup = cgroup__open();
	o->sched = sched__open();
	o->block = block__open();
	o->span = span__open();
	if (!o->cgroup || !o->sched || !o->block || !o->span)
		return -errno;
	o->object[OBJECT_CGROUP] = o->cgroup->obj;
	o->object[OBJECT_SCHED] = o->sched->obj;
	o->object[OBJECT_BLOCK] = o->block->obj;
	o->object[OBJECT_SPAN] = o->span->obj;
	return open_tcp(o);
}

int objects_load(struct objects *o, const struct features *features, bool by_v1_cpu,
		 struct err *err)
{
	size_t id;
	int code;

	o->features = *features;
	o->nr = features_spans(features) ? OBJECT_NR : OBJECT_SPAN;
	o->rows.cpus = (unsigned int)libbpf_num_possible_cpus();
	features_quiet_libbpf();
	code = open_objects(o);
	if (code)
		return objects_refused(err, "BPF", code);
	code = load_cgroup(o);
	if (code)
		return objects_refused(err, "cgroup", code);
	code = load_sched(o, by_v1_cpu);
	if (code)
		return objects_refused(err, "scheduler", code);
	code = load_block(o);
	if (code)
		return objects_refused(err, "block", code);
	code = load_tcp_either_way(o, by_v1_cpu);
	if (code)
		return objects_refused(err, "TCP", code);
	code = o->nr > OBJECT_SPAN ? load_span(o, by_v1_cpu) : 0;
	if (code)
		objects_leave_out_spans(o, code);
	for (id = 0; id < o->nr; id++)
		o->map_bytes += maps_bytes(o->object[id], o->rows.cpus, id == OBJECT_CGROUP);
	return 0;
}

void objects_close(struct objects *o)
{
	size_t i;

	for (i = 0; i < o->nr_regions; i++)
		munmap(o->region[i].at, o->region[i].bytes);
	span_ring_close(o->span_ring);
	span__destroy(o->span);
	tcp__destroy(o->tcp);
	block__destroy(o->block);
	sched__destroy(o->sched);
	cgroup__destroy(o->cgroup);
}

u64 objects_map_bytes(unsigned int cpus)
{
	struct objects o = { 0 };
	u64 bytes = 0;
	size_t id;

	features_quiet_libbpf();
	if (!open_objects(&o)) {
		bpf_map__set_max_entries(o.sched->maps.sched_rows, cpus * SLOTS_MAX);
		bpf_map__set_max_entries(o.sched->maps.sched_cpus, cpus);
		bpf_map__set_max_entries(o.block->maps.disk_rows, cpus * DISK_ROWS_MAX);
		bpf_map__set_autocreate(o.tcp->maps.conns_by_sock, false);
		bpf_map__set_autocreate(o.span->maps.conns_by_sock, false);
		for (id = 0; id < OBJECT_NR; id++)
			bytes += maps_bytes(o.object[id], cpus, id == OBJECT_CGROUP);
	}
	objects_close(&o);
	return bytes;
}
