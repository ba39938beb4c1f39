// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "user/collect/map.h"

#define SHARED_PREFIX "shared_"

bool map_is_shared(const struct bpf_map *map)
{
	return strncmp(bpf_map__name(map), SHARED_PREFIX, strlen(SHARED_PREFIX)) == 0;
}

static u64 bytes_of(const struct bpf_map *map, unsigned int cpus)
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

u64 maps_bytes(const struct bpf_object *object, unsigned int cpus, bool with_shared)
{
	const struct bpf_map *map;
	u64 bytes = 0;

	bpf_object__for_each_map (map, object) {
		if (bpf_map__autocreate(map) && (with_shared || !map_is_shared(map)))
			bytes += bytes_of(map, cpus);
	}
	return bytes;
}

void *map_rows(const struct bpf_map *map, size_t *bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE),
	       size = bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7) & ~7UL);
	void *at;

	size = (size + page - 1) & ~(page - 1);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return NULL;
	*bytes = size;
	return at;
}

int map_fill_free(const struct bpf_map *queue, u32 first, u32 end)
{
	u32 number;

	for (number = first; number < end; number++) {
		if (bpf_map_update_elem(bpf_map__fd(queue), NULL, &number, BPF_ANY))
			return -errno;
	}
	return 0;
}
