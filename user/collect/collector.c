// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "bpf/block.skel.h"
#include "bpf/cgroup.skel.h"
#include "bpf/sched.skel.h"
#include "bpf/span.skel.h"
#include "bpf/tcp.skel.h"
#include "user/base/clock.h"
#include "user/collect/collector.h"
#include "user/collect/drain.h"
#include "user/collect/listeners.h"
#include "user/collect/recycle.h"
#include "user/collect/spanring.h"

#define SHARED_PREFIX "shared_"
#define SHARED_MAX    16
#define LINKS_MAX     24

struct shared_map {
	const char *name;
	int fd;
};

struct region {
	void *at;
	size_t size;
};

struct collector {
	struct features features;
	struct cgroup *cgroup;
	struct sched *sched;
	struct block *block;
	struct tcp *tcp;
	struct span *span;
	struct span_ring *span_ring;
	struct bpf_object *object[OBJECT_NR];
	size_t nr_objects; /* those in use; the last one may be left out */
	struct shared_map shared[SHARED_MAX];
	size_t nr_shared;
	struct bpf_link *link[LINKS_MAX];
	size_t nr_links, nr_span_links; /* the latter are the last ones of the former */
	struct region region[16];
	size_t nr_regions;
	struct mapped_rows rows;
	struct number_maps numbers;
	struct recycled recycled;
	u64 map_bytes;
	int losses_fd;
	int stats_fd;
	bool standby_attached;
};

static bool wanted(const struct feature *row)
{
	return row->state == FEATURE_USED || row->state == FEATURE_STANDBY;
}

static struct feature *feature_of(struct collector *c, enum bpf_object_id id, const char *program)
{
	size_t i;

	for (i = 0; i < c->features.nr; i++) {
		struct feature *row = &c->features.row[i];

		if (row->object == id && strcmp(row->program, program) == 0)
			return row;
	}
	return NULL;
}

/* Sets what must stand before the load: which programs, how many CPUs, whose maps. */
static int prepare(struct collector *c, enum bpf_object_id id)
{
	struct bpf_program *program;
	struct bpf_map *map;
	size_t i;
	int err;

	bpf_object__for_each_program (program, c->object[id]) {
		const struct feature *row = feature_of(c, id, bpf_program__name(program));

		bpf_program__set_autoload(program, row && wanted(row));
	}
	bpf_object__for_each_map (map, c->object[id]) {
		for (i = 0; i < c->nr_shared; i++) {
			if (strcmp(bpf_map__name(map), c->shared[i].name) != 0)
				continue;
			err = bpf_map__reuse_fd(map, c->shared[i].fd);
			if (err)
				return err;
		}
	}
	return 0;
}

static bool is_remembered(const struct collector *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nr_shared; i++) {
		if (strcmp(c->shared[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What the objects loaded next use together with this one. */
static void remember_shared(struct collector *c, enum bpf_object_id id)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, c->object[id]) {
		if (strncmp(bpf_map__name(map), SHARED_PREFIX, strlen(SHARED_PREFIX)) != 0 ||
		    !bpf_map__autocreate(map) || is_remembered(c, bpf_map__name(map)))
			continue;
		c->shared[c->nr_shared].name = bpf_map__name(map);
		c->shared[c->nr_shared++].fd = bpf_map__fd(map);
	}
}

static u64 bytes_of_map(const struct bpf_map *map, unsigned int cpus)
{
	u64 value = (bpf_map__value_size(map) + 7) & ~7ULL, key = bpf_map__key_size(map),
	    nr = bpf_map__max_entries(map);

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return nr * value * cpus;
	case BPF_MAP_TYPE_HASH:
		/* A preallocated element's head is 48 bytes (struct htab_elem), a bucket 16. */
		return nr * (48 + ((key + 7) & ~7ULL) + value) + nr * 16;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
		return 0; /* grows with the sockets and threads */
	case BPF_MAP_TYPE_RINGBUF:
		return nr;
	default:
		return nr * value;
	}
}

static u64 bytes_of_object(const struct bpf_object *object, unsigned int cpus, bool with_shared)
{
	const struct bpf_map *map;
	u64 bytes = 0;

	bpf_object__for_each_map (map, object) {
		bool shared =
			strncmp(bpf_map__name(map), SHARED_PREFIX, strlen(SHARED_PREFIX)) == 0;

		if (bpf_map__autocreate(map) && (with_shared || !shared))
			bytes += bytes_of_map(map, cpus);
	}
	return bytes;
}

/* Maps the array @map, writable since rows are taken back; NULL with errno set. */
static void *map_rows(struct collector *c, const struct bpf_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE),
	       size = bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7) & ~7UL);
	struct region *region = &c->region[c->nr_regions];
	void *at;

	size = (size + page - 1) & ~(page - 1);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return NULL;
	region->at = at;
	region->size = size;
	c->nr_regions++;
	return at;
}

/* Hands the numbers @first.. below @end to a queue of free ones. */
static int fill_free(const struct bpf_map *queue, u32 first, u32 end)
{
	u32 number;

	for (number = first; number < end; number++) {
		if (bpf_map_update_elem(bpf_map__fd(queue), NULL, &number, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* The first to be loaded: its maps of owners and losses become everybody's. */
static int load_cgroup(struct collector *c)
{
	int err = prepare(c, OBJECT_CGROUP);

	if (!err)
		err = cgroup__load(c->cgroup);
	if (err)
		return err;
	remember_shared(c, OBJECT_CGROUP);
	c->rows.owners = map_rows(c, c->cgroup->maps.shared_owner_info);
	c->rows.owner_cache = map_rows(c, c->cgroup->maps.shared_owner_cache);
	c->losses_fd = bpf_map__fd(c->cgroup->maps.shared_losses);
	c->numbers.owner_numbers = bpf_map__fd(c->cgroup->maps.shared_owner_numbers);
	c->numbers.owner_free = bpf_map__fd(c->cgroup->maps.shared_owner_free);
	if (!c->rows.owners || !c->rows.owner_cache)
		return -errno;
	return fill_free(c->cgroup->maps.shared_owner_free, SLOT_FIRST, SLOTS_MAX);
}

static int load_sched(struct collector *c, bool by_v1_cpu)
{
	int err;

	c->sched->rodata->owner_by_v1_cpu = by_v1_cpu;
	c->sched->rodata->spans_on = c->nr_objects > OBJECT_SPAN;
	bpf_map__set_autocreate(c->sched->maps.shared_threads, c->nr_objects > OBJECT_SPAN);
	bpf_map__set_autocreate(c->sched->maps.shared_thread_clock, c->nr_objects > OBJECT_SPAN);
	bpf_map__set_max_entries(c->sched->maps.sched_rows, c->rows.cpus * SLOTS_MAX);
	bpf_map__set_max_entries(c->sched->maps.sched_cpus, c->rows.cpus);
	err = prepare(c, OBJECT_SCHED);
	if (!err)
		err = sched__load(c->sched);
	if (err)
		return err;
	remember_shared(c, OBJECT_SCHED);
	c->rows.sched = map_rows(c, c->sched->maps.sched_rows);
	c->rows.cpu = map_rows(c, c->sched->maps.sched_cpus);
	c->rows.waits = map_rows(c, c->sched->maps.wait_rows);
	c->rows.wait_cache = map_rows(c, c->sched->maps.wait_cache);
	c->numbers.wait_numbers = bpf_map__fd(c->sched->maps.wait_numbers);
	c->numbers.wait_free = bpf_map__fd(c->sched->maps.wait_free);
	if (!c->rows.sched || !c->rows.cpu || !c->rows.waits || !c->rows.wait_cache)
		return -errno;
	return fill_free(c->sched->maps.wait_free, 0, WAIT_ROWS_MAX);
}

static int load_block(struct collector *c)
{
	int err;

	bpf_map__set_max_entries(c->block->maps.disk_rows, c->rows.cpus * DISK_ROWS_MAX);
	err = prepare(c, OBJECT_BLOCK);
	if (!err)
		err = block__load(c->block);
	if (err)
		return err;
	c->rows.disks = map_rows(c, c->block->maps.disk_rows);
	c->rows.disk_cache = map_rows(c, c->block->maps.disk_cache);
	c->numbers.disk_numbers = bpf_map__fd(c->block->maps.disk_numbers);
	c->numbers.disk_free = bpf_map__fd(c->block->maps.disk_free);
	if (!c->rows.disks || !c->rows.disk_cache)
		return -errno;
	return fill_free(c->block->maps.disk_free, 0, DISK_ROWS_MAX);
}

static int note_listener(const struct listener_key *key, void *data)
{
	const struct collector *c = data;
	u64 owner = 0; /* not known */

	if (bpf_map_update_elem(bpf_map__fd(c->tcp->maps.tcp_listeners), key, &owner, BPF_ANY) == 0)
		return 0;
	/* A full table is counted when connections show up that it would have told about. */
	return errno == E2BIG ? 0 : -errno;
}

static int load_tcp(struct collector *c, bool in_sk_storage, bool by_v1_cpu)
{
	int err;

	c->tcp->rodata->conn_in_sk_storage = in_sk_storage;
	c->tcp->rodata->owner_by_v1_cpu = by_v1_cpu;
	c->tcp->rodata->spans_on = c->nr_objects > OBJECT_SPAN;
	bpf_map__set_autocreate(in_sk_storage ? c->tcp->maps.conns_by_sock
					      : c->tcp->maps.shared_conns,
				false);
	err = prepare(c, OBJECT_TCP);
	if (!err)
		err = tcp__load(c->tcp);
	if (err)
		return err;
	remember_shared(c, OBJECT_TCP);
	c->rows.edges = map_rows(c, c->tcp->maps.edge_rows);
	c->numbers.edge_numbers = bpf_map__fd(c->tcp->maps.edge_numbers);
	c->numbers.edge_free = bpf_map__fd(c->tcp->maps.edge_free);
	if (!c->rows.edges)
		return -errno;
	err = listeners_each("", note_listener, c);
	return err ? err : fill_free(c->tcp->maps.edge_free, 0, EDGE_ROWS_MAX);
}

static int open_tcp(struct collector *c)
{
	c->tcp = tcp__open();
	c->object[OBJECT_TCP] = c->tcp ? c->tcp->obj : NULL;
	return c->tcp ? 0 : -errno;
}

/* Socket storage in tracing programs is there from 5.11 on: the only probe that tells is a load. */
static int load_tcp_either_way(struct collector *c, bool by_v1_cpu)
{
	int err = load_tcp(c, true, by_v1_cpu);

	if (!err)
		return 0;
	tcp__destroy(c->tcp);
	err = open_tcp(c);
	return err ? err : load_tcp(c, false, by_v1_cpu);
}

static int load_span(struct collector *c, bool by_v1_cpu)
{
	struct span_control control = { 0 };
	int err;

	c->span->rodata->spans_on = true;
	c->span->rodata->owner_by_v1_cpu = by_v1_cpu;
	c->span->rodata->conn_in_sk_storage = true;
	bpf_map__set_autocreate(c->span->maps.conns_by_sock, false);
	err = prepare(c, OBJECT_SPAN);
	if (!err)
		err = span__load(c->span);
	if (err)
		return err;
	control.slow_every = &c->span->bss->span_slow_every;
	control.other_every = &c->span->bss->span_other_every;
	*control.slow_every = 1;
	*control.other_every = 1;
	control.marks_fd = bpf_map__fd(c->span->maps.span_marks);
	/* Number 0 stands for none. */
	err = fill_free(c->span->maps.span_link_free, 1,
			bpf_map__max_entries(c->span->maps.span_link_free));
	if (!err)
		err = fill_free(c->span->maps.span_worker_free, 1,
				bpf_map__max_entries(c->span->maps.span_worker_free));
	if (err)
		return err;
	return span_ring_open(&c->span_ring, bpf_map__fd(c->span->maps.span_ring), &control);
}

struct span_ring *collector_span_ring(struct collector *c)
{
	return c->span_ring;
}

/*
 * Goes on without spans where the kernel refuses them in the end: a part of their programs would
 * tell a part of the truth.
 */
static int leave_out_spans(struct collector *c, int code)
{
	for (; c->nr_span_links; c->nr_span_links--)
		bpf_link__destroy(c->link[--c->nr_links]);
	span_ring_close(c->span_ring);
	c->span_ring = NULL;
	c->nr_objects = OBJECT_SPAN;
	warn("requests are not followed through services: the kernel refused the programs (%s)",
	     strerror(-code));
	return 0;
}

static int attach(struct collector *c, enum feature_state state)
{
	struct bpf_program *program;
	size_t id;

	for (id = 0; id < c->nr_objects; id++) {
		bpf_object__for_each_program (program, c->object[id]) {
			const struct feature *row = feature_of(c, id, bpf_program__name(program));
			struct bpf_link *link;

			if (!row || row->state != state)
				continue;
			link = bpf_program__attach(program);
			if (!link && id == OBJECT_SPAN)
				return leave_out_spans(c, -errno);
			if (!link)
				return -errno;
			c->link[c->nr_links++] = link;
			c->nr_span_links += id == OBJECT_SPAN;
		}
	}
	return 0;
}

/*
 * Runs on each CPU in turn, so that each has switched once and it is known what runs there: a
 * task that never leaves its CPU would else be noticed only at its end.
 */
static void visit_cpus(void)
{
	cpu_set_t before, one;
	int cpu;

	if (sched_getaffinity(0, sizeof(before), &before))
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

static int open_error(struct err *err, const char *what, int code)
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

static int open_objects(struct collector *c)
{
	c->cgroup = cgroup__open();
	c->sched = sched__open();
	c->block = block__open();
	c->span = span__open();
	if (!c->cgroup || !c->sched || !c->block || !c->span)
		return -errno;
	c->object[OBJECT_CGROUP] = c->cgroup->obj;
	c->object[OBJECT_SCHED] = c->sched->obj;
	c->object[OBJECT_BLOCK] = c->block->obj;
	c->object[OBJECT_SPAN] = c->span->obj;
	return open_tcp(c);
}

static int load_all(struct collector *c, bool by_v1_cpu, struct err *err)
{
	size_t id;
	int code;

	code = open_objects(c);
	if (code)
		return open_error(err, "BPF", code);
	code = load_cgroup(c);
	if (code)
		return open_error(err, "cgroup", code);
	code = load_sched(c, by_v1_cpu);
	if (code)
		return open_error(err, "scheduler", code);
	code = load_block(c);
	if (code)
		return open_error(err, "block", code);
	code = load_tcp_either_way(c, by_v1_cpu);
	if (code)
		return open_error(err, "TCP", code);
	code = c->nr_objects > OBJECT_SPAN ? load_span(c, by_v1_cpu) : 0;
	if (code)
		leave_out_spans(c, code);
	for (id = 0; id < c->nr_objects; id++)
		c->map_bytes += bytes_of_object(c->object[id], c->rows.cpus, id == OBJECT_CGROUP);
	code = attach(c, FEATURE_USED);
	return code ? open_error(err, "attached", code) : 0;
}

int collector_open(struct collector **out, const struct features *features, bool by_v1_cpu,
		   struct err *err)
{
	struct collector *c;

	*out = NULL;
	/* Before libbpf finds out in many words. CAP_BPF may do on a hardened machine. */
	if (geteuid() != 0)
		return err_set(err, EXIT_ENVIRONMENT, "measuring needs root: run it with sudo");
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	c->features = *features;
	c->nr_objects = features_spans(features) ? OBJECT_NR : OBJECT_SPAN;
	c->rows.cpus = (unsigned int)libbpf_num_possible_cpus();
	c->stats_fd = -1;
	features_quiet_libbpf();
	if (load_all(c, by_v1_cpu, err)) {
		collector_close(c);
		return -1;
	}
	visit_cpus();
	*out = c;
	return 0;
}

static void detach(struct collector *c)
{
	while (c->nr_links)
		bpf_link__destroy(c->link[--c->nr_links]);
	c->nr_span_links = 0;
	c->standby_attached = false;
}

int collector_switch(struct collector *c, bool on)
{
	detach(c);
	return on ? attach(c, FEATURE_USED) : 0;
}

void collector_close(struct collector *c)
{
	size_t i;

	if (!c)
		return;
	detach(c);
	for (i = 0; i < c->nr_regions; i++)
		munmap(c->region[i].at, c->region[i].size);
	if (c->stats_fd >= 0)
		close(c->stats_fd);
	span_ring_close(c->span_ring);
	span__destroy(c->span);
	tcp__destroy(c->tcp);
	block__destroy(c->block);
	sched__destroy(c->sched);
	cgroup__destroy(c->cgroup);
	recycle_forget(&c->recycled);
	free(c);
}

static int read_losses(const struct collector *c, struct snapshot *s)
{
	u64 *per_cpu = calloc(c->rows.cpus, sizeof(*per_cpu));
	unsigned int cpu;
	u32 reason;
	int err = 0;

	if (!per_cpu)
		return -ENOMEM;
	for (reason = 0; reason < LOSS_NR && !err; reason++) {
		err = bpf_map_lookup_elem(c->losses_fd, &reason, per_cpu);
		for (cpu = 0; !err && cpu < c->rows.cpus; cpu++)
			s->losses[reason] += per_cpu[cpu];
	}
	free(per_cpu);
	return err;
}

static void read_stats(const struct collector *c, struct snapshot *s)
{
	struct bpf_program *program;
	size_t id;

	for (id = 0; id < c->nr_objects; id++) {
		bpf_object__for_each_program (program, c->object[id]) {
			struct program_stat *stat = &s->programs[s->nr_programs];
			struct bpf_prog_info info = { 0 };
			u32 len = sizeof(info);

			if (s->nr_programs == ARRAY_SIZE(s->programs) ||
			    bpf_program__fd(program) < 0 ||
			    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
				continue;
			strncpy(stat->name, bpf_program__name(program), sizeof(stat->name) - 1);
			stat->run_count = info.run_cnt;
			stat->run_ns = info.run_time_ns;
			stat->misses = info.recursion_misses;
			s->nr_programs++;
		}
	}
}

int collector_snapshot(struct collector *c, struct snapshot *s)
{
	int err;

	err = recycle(&c->recycled, &c->rows, &c->numbers, clock_mono_ns());
	if (!err)
		err = drain_rows(&c->rows, s);
	if (!err)
		err = recycle_add(&c->recycled, s);
	if (!err)
		err = read_losses(c, s);
	if (err) {
		snapshot_free(s);
		return err;
	}
	read_stats(c, s);
	s->map_bytes = c->map_bytes;
	s->self_cpu_ns = clock_cpu_ns();
	s->real_ns = clock_real_ns();
	s->mono_ns = clock_mono_ns();
	if (s->losses[LOSS_DISK_NO_STAMP] && !c->standby_attached) {
		c->standby_attached = true;
		err = attach(c, FEATURE_STANDBY);
	}
	return err;
}

void collector_forget(struct collector *c)
{
	recycle_forget(&c->recycled);
}

int collector_sample_cost(struct collector *c, bool on)
{
	if (on && c->stats_fd < 0) {
		c->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		return c->stats_fd < 0 ? -errno : 0;
	}
	if (!on && c->stats_fd >= 0) {
		close(c->stats_fd);
		c->stats_fd = -1;
	}
	return 0;
}

u64 collector_map_bytes(unsigned int cpus)
{
	struct collector c = { 0 };
	u64 bytes = 0;
	size_t id;

	features_quiet_libbpf();
	if (!open_objects(&c)) {
		bpf_map__set_max_entries(c.sched->maps.sched_rows, cpus * SLOTS_MAX);
		bpf_map__set_max_entries(c.sched->maps.sched_cpus, cpus);
		bpf_map__set_max_entries(c.block->maps.disk_rows, cpus * DISK_ROWS_MAX);
		bpf_map__set_autocreate(c.tcp->maps.conns_by_sock, false);
		bpf_map__set_autocreate(c.span->maps.conns_by_sock, false);
		for (id = 0; id < OBJECT_NR; id++)
			bytes += bytes_of_object(c.object[id], cpus, id == OBJECT_CGROUP);
	}
	span__destroy(c.span);
	tcp__destroy(c.tcp);
	block__destroy(c.block);
	sched__destroy(c.sched);
	cgroup__destroy(c.cgroup);
	return bytes;
}
