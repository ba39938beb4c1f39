/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF objects of a measurement: opened, told what to measure, loaded one after the other, their
 * maps mapped. Internal to collect/; what is attached when is the collector's.
 */
#ifndef SITU_COLLECT_OBJECTS_H
#define SITU_COLLECT_OBJECTS_H

#include <bpf/libbpf.h>

#include "user/collect/features.h"
#include "user/collect/recycle.h"

#define OBJECTS_SHARED_MAX  16
#define OBJECTS_REGIONS_MAX 16

struct span_ring;

/* A map that the objects loaded later use together with the one that has made it. */
struct shared_map {
	const char *name;
	int fd;
};

/* A mapped one, for munmap(). */
struct region {
	void *at;
	size_t bytes;
};

struct objects {
	struct features features;
	struct cgroup *cgroup; /* the skeletons */
	struct sched *sched;
	struct block *block;
	struct tcp *tcp;
	struct span *span;
	struct span_ring *span_ring; /* NULL where no spans are measured */
	struct bpf_object *object[OBJECT_NR];
	size_t nr; /* those in use; the last one may be left out */
	struct shared_map shared[OBJECTS_SHARED_MAX];
	size_t nr_shared;
	struct region region[OBJECTS_REGIONS_MAX];
	size_t nr_regions;
	struct mapped_rows rows;
	struct number_maps numbers;
	u64 map_bytes; /* kernel memory of all maps */
	int losses_fd; /* the map's own: not to be closed */
};

/*
 * Loads what @features allows into the zeroed @o; nothing is attached. @by_v1_cpu: as in
 * collector_open(). Where the kernel refuses spans, goes on without and warns. -1 with @err set on
 * failure; to be closed in any case.
 */
int objects_load(struct objects *o, const struct features *features, bool by_v1_cpu,
		 struct err *err);
void objects_close(struct objects *o);

/*
 * Goes on without spans where the kernel refuses them in the end, with the negative errno @code: a
 * part of their programs would tell a part of the truth. None of them may be attached.
 */
void objects_leave_out_spans(struct objects *o, int code);

/* Sets @err to what the kernel's @code (negative errno) for the @what programs means. -1. */
int objects_refused(struct err *err, const char *what, int code);

/* Kernel memory of all maps for @cpus possible CPUs, computed from their sizes, in bytes. */
u64 objects_map_bytes(unsigned int cpus);

#endif
