// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/delta.h"
#include "user/attribute/owner.h"
#include "user/attribute/usage.h"
#include "user/collect/procfs.h"

static bool known(const struct usages *usages, const char *path)
{
	size_t i;

	for (i = 0; i < usages->nr; i++) {
		if (strcmp(usages->item[i].path, path) == 0)
			return true;
	}
	return false;
}

/* What cannot be read is left at zero: a controller that is off, a cgroup that just went. */
static int take(struct usages *usages, const struct cgroupfs *fs, const char *path)
{
	struct usage *grown, *at;

	/* The root's files are the machine's. The same path in two hierarchies is one service. */
	if (strcmp(path, "/") == 0 || known(usages, path))
		return 0;
	grown = realloc(usages->item, (usages->nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	usages->item = grown;
	at = &grown[usages->nr];
	memset(at, 0, sizeof(*at));
	at->path = strdup(path);
	if (!at->path)
		return -ENOMEM;
	usages->nr++;
	if (cgroupfs_cpu(fs, path, &at->cpu))
		at->cpu = (struct cgroup_cpu){ 0 };
	if (cgroupfs_memory(fs, path, &at->memory))
		at->memory = (struct cgroup_memory){ 0 };
	if (cgroupfs_pressure(fs, path, &at->pressure))
		at->pressure = (struct cgroup_pressure){ 0 };
	return 0;
}

int usages_take(struct usages *usages, const struct cgroupfs *fs, const struct snapshot *s,
		const char *const *more, size_t nr_more)
{
	char path[CGROUPFS_PATH_MAX];
	size_t i;

	if (procfs_steal_ns("", &usages->steal_ns))
		usages->steal_ns = 0;
	for (i = 0; i < nr_more; i++) {
		if (take(usages, fs, more[i]))
			return -ENOMEM;
	}
	for (i = SLOT_FIRST; i < s->nr_owners; i++) {
		u64 key = s->owners[i].key;

		if (!key || s->owners[i].removed_ns ||
		    cgroupfs_path(fs, owner_cgroup_tree(key), key & OWNER_ID_MASK, path,
				  sizeof(path)))
			continue;
		if (take(usages, fs, path))
			return -ENOMEM;
	}
	return 0;
}

void usages_free(struct usages *usages)
{
	size_t i;

	for (i = 0; i < usages->nr; i++)
		free(usages->item[i].path);
	free(usages->item);
	*usages = (struct usages){ 0 };
}

/* Mostly at the same place as in the list it comes from, @hint, so the search begins there. */
static const struct usage *find(const struct usages *usages, const char *path, size_t hint)
{
	size_t i;

	for (i = 0; i < usages->nr; i++) {
		const struct usage *at = &usages->item[(hint + i) % usages->nr];

		if (strcmp(at->path, path) == 0)
			return at;
	}
	return NULL;
}

static struct service *service_at(const struct phase *phase, struct names *names, const char *path)
{
	const struct name *name = names_of_path(names, path);

	return phase_find_service(phase, name->service, name->host);
}

/* True when a cgroup above @path is @service too: its numbers have those of @path in them. */
static bool covered(const struct phase *phase, const struct usages *usages, struct names *names,
		    const char *path, const struct service *service)
{
	size_t i, len;

	for (i = 0; i < usages->nr; i++) {
		const char *above = usages->item[i].path;

		len = strlen(above);
		if (strncmp(above, path, len) == 0 && path[len] == '/' &&
		    service_at(phase, names, above) == service)
			return true;
	}
	return false;
}

static void add(struct service *service, const struct usage *now, const struct usage *was)
{
	service->mem_bytes += now->memory.bytes;
	service->mem_peak_bytes += now->memory.peak_bytes;
	service->mem_anon_bytes += now->memory.anon_bytes;
	service->mem_file_bytes += now->memory.file_bytes;
	service->page_faults += delta_u64(now->memory.faults, was->memory.faults);
	service->major_faults += delta_u64(now->memory.major_faults, was->memory.major_faults);
	service->throttled_ns += delta_u64(now->cpu.throttled_ns, was->cpu.throttled_ns);
	service->stall_cpu_ns += delta_u64(now->pressure.cpu_ns, was->pressure.cpu_ns);
	service->stall_io_ns += delta_u64(now->pressure.io_ns, was->pressure.io_ns);
	service->stall_memory_ns += delta_u64(now->pressure.memory_ns, was->pressure.memory_ns);
}

void usages_add(struct phase *phase, const struct usages *before, const struct usages *after,
		struct names *names)
{
	static const struct usage nothing;
	size_t i;

	phase->steal_ns += delta_u64(after->steal_ns, before->steal_ns);
	for (i = 0; i < after->nr; i++) {
		const struct usage *now = &after->item[i], *was = find(before, now->path, i);
		struct service *service = service_at(phase, names, now->path);

		/* One that did nothing in the phase has no row. */
		if (service && !covered(phase, after, names, now->path, service))
			add(service, now, was ? was : &nothing);
	}
}
