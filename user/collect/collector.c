// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "user/base/clock.h"
#include "user/collect/collector.h"
#include "user/collect/objects.h"
#include "user/collect/spanring.h"

#define LINKS_MAX 24

struct collector {
	struct objects objects;
	struct bpf_link *link[LINKS_MAX];
	size_t nr_links, nr_span_links; /* the latter are the last ones of the former */
	struct recycled recycled;
	int stats_fd;
	bool standby_attached;
};

struct span_ring *collector_span_ring(struct collector *c)
{
	return c->objects.span_ring;
}

/* In the midst of attaching them. */
static void leave_out_spans(struct collector *c, int code)
{
	for (; c->nr_span_links; c->nr_span_links--)
		bpf_link__destroy(c->link[--c->nr_links]);
	objects_leave_out_spans(&c->objects, code);
}

static int attach(struct collector *c, enum feature_state state)
{
	struct bpf_program *program;
	size_t id;

	for (id = 0; id < c->objects.nr; id++) {
		bpf_object__for_each_program (program, c->objects.object[id]) {
			const struct feature *row =
				features_find(&c->objects.features, bpf_program__name(program));
			struct bpf_link *link;

			if (!row || row->state != state)
				continue;
			link = bpf_program__attach(program);
			if (!link && id == OBJECT_SPAN) {
				leave_out_spans(c, -errno);
				return 0;
			}
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

static int load_and_attach(struct collector *c, const struct features *features, bool by_v1_cpu,
			   struct err *err)
{
	int code;

	if (objects_load(&c->objects, features, by_v1_cpu, err))
		return -1;
	code = attach(c, FEATURE_USED);
	return code ? objects_refused(err, "attached", code) : 0;
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
	c->stats_fd = -1;
	if (load_and_attach(c, features, by_v1_cpu, err)) {
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
	if (!c)
		return;
	detach(c);
	if (c->stats_fd >= 0)
		close(c->stats_fd);
	objects_close(&c->objects);
	recycle_forget(&c->recycled);
	free(c);
}

static int read_losses(const struct collector *c, struct snapshot *s)
{
	u64 *per_cpu = calloc(c->objects.rows.cpus, sizeof(*per_cpu));
	unsigned int cpu;
	u32 reason;
	int err = 0;

	if (!per_cpu)
		return -ENOMEM;
	for (reason = 0; reason < LOSS_NR && !err; reason++) {
		err = bpf_map_lookup_elem(c->objects.losses_fd, &reason, per_cpu);
		for (cpu = 0; !err && cpu < c->objects.rows.cpus; cpu++)
			s->losses[reason] += per_cpu[cpu];
	}
	free(per_cpu);
	return err;
}

static void read_stats(const struct collector *c, struct snapshot *s)
{
	struct bpf_program *program;
	size_t id;

	for (id = 0; id < c->objects.nr; id++) {
		bpf_object__for_each_program (program, c->objects.object[id]) {
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

	err = recycle(&c->recycled, &c->objects.rows, &c->objects.numbers, clock_mono_ns());
	if (!err)
		err = drain_rows(&c->objects.rows, s);
	if (!err)
		err = recycle_add(&c->recycled, s);
	if (!err)
		err = read_losses(c, s);
	s->losses[LOSS_SUM_STALE] += c->recycled.stale_calls;
	if (err) {
		snapshot_free(s);
		return err;
	}
	read_stats(c, s);
	s->map_bytes = c->objects.map_bytes;
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
