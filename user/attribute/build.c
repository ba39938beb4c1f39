// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/attribute/build.h"
#include "user/attribute/build_parts.h"
#include "user/attribute/delta.h"
#include "user/attribute/owner.h"

#define DEVICE_NAME_MAX 64

struct service *build_service(const struct build *b, u32 slot)
{
	const char *host, *name = owner_name(b->after, b->names, slot, &host);
	struct service *service = phase_find_service(b->phase, name, host);

	return service ? service : phase_add_service(b->phase, name, host);
}

static int add_sched(const struct build *b, u32 index)
{
	static const struct sched_row none;
	const struct sched_row *now = &b->after->sched[index], *was = &none;
	s64 at = owner_before(b->before, b->after, index);
	struct service *service;

	if (at >= 0)
		was = &b->before->sched[at];
	/* A short process is switched from, never to, where it came into its cgroup. */
	if (now->switches == was->switches && now->voluntary == was->voluntary &&
	    now->involuntary == was->involuntary && now->cpu_ns <= was->cpu_ns)
		return 0;
	service = build_service(b, index);
	if (!service)
		return -ENOMEM;
	service->cpu_ns += delta_u64(now->cpu_ns, was->cpu_ns);
	service->switches += delta_u64(now->switches, was->switches);
	service->voluntary += delta_u64(now->voluntary, was->voluntary);
	service->involuntary += delta_u64(now->involuntary, was->involuntary);
	if (delta_hist_kernel(&service->runq_wait_ns, now->wait, was->wait, now->wait_sum_ns,
			      was->wait_sum_ns))
		return -ENOMEM;
	return delta_hist_kernel(&service->slice_ns, now->slice, was->slice, now->slice_sum_ns,
				 was->slice_sum_ns);
}

/* Whom the wait is charged to; owners are named as services are. */
static const char *offender_name(const struct build *b, u32 offender)
{
	if (offender == WAIT_BY_IDLE)
		return "(wake-up)";
	if (offender == WAIT_BY_EARLIER)
		return "(earlier)";
	return owner_name(b->after, b->names, offender, NULL);
}

static s64 offender_before(const struct build *b, u32 offender)
{
	return offender >= WAIT_BY_EARLIER ? offender : owner_before(b->before, b->after, offender);
}

static u64 wait_before(const struct build *b, u32 index)
{
	const struct wait_sample *wait = &b->after->waits[index];
	s64 victim = owner_before(b->before, b->after, wait->victim),
	    offender = offender_before(b, wait->offender);
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
	u64 wait_ns = delta_u64(wait->wait_ns, wait_before(b, index));
	struct service *service;

	if (!wait_ns)
		return 0;
	service = build_service(b, wait->victim);
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
	s64 owner = owner_before(b->before, b->after, disk->owner);
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
	service = build_service(b, sample->owner);
	if (!service)
		return -ENOMEM;
	device_name(device, sample->dev);
	disk = service_find_disk(service, device, op_name(sample->op));
	if (!disk)
		disk = service_add_disk(service, device, op_name(sample->op));
	if (!disk)
		return -ENOMEM;
	disk->count += delta_u64(now->count, was->count);
	disk->bytes += delta_u64(now->bytes, was->bytes);
	disk->errors += delta_u64(now->errors, was->errors);
	if (delta_hist_kernel(&disk->queue_ns, now->queue, was->queue, now->queue_sum_ns,
			      was->queue_sum_ns))
		return -ENOMEM;
	return delta_hist_kernel(&disk->device_ns, now->device, was->device, now->device_sum_ns,
				 was->device_sum_ns);
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
		if (build_edge(&b, i))
			return -ENOMEM;
	}
	for (i = 0; i < phase->nr_edges; i++)
		build_network(&phase->edges[i]);
	if (build_self(&b))
		return -ENOMEM;
	phase->started_at_ns = before->real_ns;
	phase->duration_ns = after->mono_ns - before->mono_ns;
	return 0;
}
